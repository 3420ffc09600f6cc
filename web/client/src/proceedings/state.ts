/** The state of a room: the twin of scheduler/proceedings/state.py, and the shape of the snapshot on the wire. */
import type { LinkSide, Mode, RequestKind, Somebody } from "./facts";

export type { Mode, RequestKind, Somebody } from "./facts";

export type Stage = "waiting" | "testing" | "convened" | "suspended" | "adjourned";
export type Attendance = "unknown" | "present" | "excused" | "absent";
export type ItemStatus = "waiting" | "open" | "closed" | "postponed";
export type Forwarded = "no" | "sent" | "waiting" | "failed";
export type LinkStatus = "open" | "away" | "lost";
export type RecordingState = "off" | "on" | "paused" | "interrupted";

export interface SiteState {
  site_id: string;
  expected: boolean;
  connection_id: string | null;
  joined_at: string | null;
  first_joined_at: string | null;
  left_at: string | null;
  head_count: number | null;
  people: Somebody[];
  attendance: Attendance;
  reason: string;
  deputy: Somebody | null;
}

export interface Item {
  item_id: string;
  status: ItemStatus;
  opened_at: string | null;
  spent_ms: number;
}

export interface Request {
  request_id: string;
  site_id: string;
  kind: RequestKind;
  speaker: Somebody | null;
  at: string;
  put_off: boolean;
  /** null: of this room. */
  origin: Origin | null;
  /** To the room above. */
  forwarded: Forwarded;
  /** For whom he speaks too. */
  merged: Merged[];
  /** Who speaks for it in a room above. */
  joined: string;
}

/** A request that another one speaks for. */
export interface Merged {
  request_id: string;
  site_id: string;
  kind: RequestKind;
  speaker: Somebody | null;
  at: string;
  origin: Origin | null;
}

/** Where a request from below came from. */
export interface Origin {
  meeting_id: string;
  site_name: string;
  path: string[];
  asked_at: string;
}

export interface Answer {
  request_id: string;
  site_id: string;
  text: string;
  at: string;
}

export interface Missed {
  seconds: number;
  items: string[];
  speeches: number;
}

/** A room above or below that this one is linked with. */
export interface Link {
  meeting_id: string;
  side: LinkSide;
  node: string;
  title: string;
  status: LinkStatus;
  since: string;
  missed: Missed | null;
}

export interface Speech {
  speech_id: string;
  site_id: string;
  item_id: string | null;
  speaker: Somebody | null;
  started_at: string;
  limit_s: number;
  request_id: string | null;
  ended_at: string | null;
  origin: Origin | null;
  from_above: boolean;
  merged: Merged[];
}

export interface Roll {
  at: string;
  present: string[];
  excused: string[];
  absent: string[];
}

export interface ShownPaper {
  paper_id: string;
  page: number;
}

export interface Message {
  message_id: string;
  at: string;
  site_id: string | null;
  name: string;
  text: string;
}

export interface Conclusion {
  conclusion_id: string;
  item_id: string | null;
  text: string;
  at: string;
}

export interface Task {
  task_id: string;
  item_id: string | null;
  what: string;
  lead_unit_id: string;
  with_unit_ids: string[];
  due: string | null;
}

export interface Chair {
  person_id: string;
  site_id: string;
}

/** The chair is lent to a site of a room below; `meeting_id`: the room directly below, on the way to it. */
export interface FarChair {
  meeting_id: string;
  site_name: string;
  chair: Somebody;
  lent_by: Chair;
}

/** The chair of the room above is with a site of this room, or of one below it (`through`). */
export interface ChairAbove {
  meeting_id: string;
  person_id: string;
  site_id: string;
  through: string | null;
  chair: Somebody;
}

export interface State {
  stage: Stage;
  mode: Mode;
  chair_person_id: string | null;
  chair_site_id: string | null;
  secretary_person_id: string | null;
  testing_at: string | null;
  convened_at: string | null;
  suspended_at: string | null;
  adjourned_at: string | null;
  sites: Record<string, SiteState>;
  items: Item[];
  current_item_id: string | null;
  queue: Request[];
  floor: Speech | null;
  speeches: Speech[];
  paper: ShownPaper | null;
  presentation_site_id: string | null;
  recording_id: string | null;
  recording: RecordingState;
  paused_by_break: boolean;
  roll: Roll | null;
  chat: Message[];
  conclusions: Conclusion[];
  tasks: Task[];
  answers: Answer[];
  links: Link[];
  absent_chair: Chair | null;
  far_chair: FarChair | null;
  chair_above: ChairAbove | null;
  seq: number;
}

/** A room nobody has opened. */
export const EMPTY: State = {
  stage: "waiting",
  mode: "one_speaker",
  chair_person_id: null,
  chair_site_id: null,
  secretary_person_id: null,
  testing_at: null,
  convened_at: null,
  suspended_at: null,
  adjourned_at: null,
  sites: {},
  items: [],
  current_item_id: null,
  queue: [],
  floor: null,
  speeches: [],
  paper: null,
  presentation_site_id: null,
  recording_id: null,
  recording: "off",
  paused_by_break: false,
  roll: null,
  chat: [],
  conclusions: [],
  tasks: [],
  answers: [],
  links: [],
  absent_chair: null,
  far_chair: null,
  chair_above: null,
  seq: 0,
};
