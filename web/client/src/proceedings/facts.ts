/**
 * Facts as they come over the socket: the twin of scheduler/proceedings/facts.py.
 * Personal values stand apart from the body; `content` puts them together again (empty values when erased).
 */

export type Mode = "discussion" | "one_speaker" | "chair_only";
export type RequestKind = "speech" | "question" | "reply" | "point_of_order";
export type LinkSide = "upper" | "lower";
export type ForwardStatus = "waiting" | "failed" | "gone";
export type LeaveReason = "left" | "lost" | "moved" | "restarted" | "removed";

export interface Somebody {
  name: string;
  post: string;
}

export interface By {
  person_id: string | null;
  site_id: string | null;
  on_behalf_of: string | null;
}

export interface LogId {
  origin: string;
  meeting_id: string;
  epoch: number;
}

/** What each type of fact says, personal values included. */
export interface Bodies {
  TestingOpened: {
    expected_site_ids: string[];
    chair_person_id: string;
    chair_site_id: string;
    secretary_person_id: string;
    mode: Mode;
    item_ids: string[];
  };
  Convened: Record<never, never>;
  Suspended: { reason: string };
  Resumed: Record<never, never>;
  Adjourned: Record<never, never>;
  ModeChanged: { mode: Mode };
  ChairHandedOver: { person_id: string; site_id: string };
  SecretaryAppointed: { person_id: string };
  SiteJoined: { site_id: string; connection_id: string };
  SiteLeft: { site_id: string; connection_id: string; reason: LeaveReason };
  HeadCountReported: { site_id: string; head_count: number; people: Somebody[] };
  AttendanceConfirmed: { site_id: string };
  AbsenceExcused: { site_id: string; excused: boolean; reason: string };
  DeputyAccepted: { site_id: string; deputy: Somebody };
  RollCalled: { present: string[]; excused: string[]; absent: string[] };
  ItemOpened: { item_id: string };
  ItemClosed: { item_id: string };
  ItemPostponed: { item_id: string; reason: string };
  AgendaAmended: { item_ids: string[] };
  PaperShown: { paper_id: string | null; page: number };
  FloorRequested: { request_id: string; site_id: string; kind: RequestKind; speaker: Somebody | null };
  FloorWithdrawn: { request_id: string };
  FloorGranted: { speech_id: string; site_id: string; request_id: string | null; limit_s: number };
  FloorRevoked: { speech_id: string };
  FloorReturned: { speech_id: string };
  RequestReordered: { request_ids: string[]; put_off: string[] };
  SpeakerNamed: { speech_id: string; speaker: Somebody };
  TimeExtended: { speech_id: string; by_s: number };
  ChatPosted: { message_id: string; site_id: string | null; name: string; text: string };
  RecordingStarted: { recording_id: string };
  RecordingPaused: { recording_id: string };
  RecordingResumed: { recording_id: string };
  RecordingInterrupted: { recording_id: string; from_at: string; cause: string };
  RecordingStopped: { recording_id: string };
  RecordingSealed: { recording_id: string; sha256: string; duration_ms: number };
  PresentationStarted: { site_id: string };
  PresentationStopped: { site_id: string };
  ConclusionRecorded: { conclusion_id: string; item_id: string | null; text: string };
  TaskAssigned: {
    task_id: string;
    item_id: string | null;
    what: string;
    lead_unit_id: string;
    with_unit_ids: string[];
    due: string | null;
  };
  RequestsMerged: { request_id: string; merged: string[] };
  RequestAnswered: { request_id: string; text: string };
  RequestJoined: { request_id: string; site_name: string };
  RequestSpoken: { request_id: string };
  FloorForwarded: { request_id: string; meeting_id: string };
  ForwardFollowed: { request_id: string; status: ForwardStatus };
  FloorClimbed: {
    request_id: string;
    site_id: string;
    kind: RequestKind;
    meeting_id: string;
    site_name: string;
    path: string[];
    asked_at: string;
    speaker: Somebody | null;
  };
  LinkOpened: { meeting_id: string; side: LinkSide; node: string; title: string };
  LinkLost: { meeting_id: string; reason: string };
  LinkRestored: { meeting_id: string; lost_s: number };
  CaughtUp: { meeting_id: string; missed_s: number; items: string[]; speeches: number; facts: number };
  LinkClosed: { meeting_id: string };
  ChairLent: { person_id: string; site_id: string; meeting_id: string; site_name: string; chair: Somebody };
  ChairBorrowed: { person_id: string; site_id: string; meeting_id: string; through: string | null; chair: Somebody };
  ChairGivenBack: { meeting_id: string };
  DeputyPresided: { person_id: string; site_id: string; meeting_id: string };
  ChairResumed: { person_id: string; site_id: string };
  ProgramLeft: { meeting_id: string };
  ProgramRejoined: { meeting_id: string };
  Corrected: { fact_id: string; field: string; old: string; new: string; reason: string };
}

export type FactType = keyof Bodies;

/** What stands in the place of personal values that were erased. */
export const ERASED = {
  HeadCountReported: { people: [] },
  DeputyAccepted: { deputy: { name: "", post: "" } },
  FloorRequested: { speaker: null },
  FloorClimbed: { speaker: null },
  ChairLent: { chair: { name: "", post: "" } },
  ChairBorrowed: { chair: { name: "", post: "" } },
  SpeakerNamed: { speaker: { name: "", post: "" } },
  ChatPosted: { name: "", text: "" },
  Corrected: { old: "", new: "" },
} as const satisfies { [T in FactType]?: Partial<Bodies[T]> };

type PersonalKey<T extends FactType> = T extends keyof typeof ERASED ? keyof (typeof ERASED)[T] : never;

/** What the fold needs of a fact. */
export interface Told<T extends FactType = FactType> {
  seq: number;
  at: string;
  type: T;
  body: Omit<Bodies[T], PersonalKey<T>>;
  personal: { salt: string; values: Pick<Bodies[T], PersonalKey<T> & keyof Bodies[T]> } | null;
}

export interface Fact<T extends FactType = FactType> extends Told<T> {
  schema: number;
  id: string;
  log: LogId;
  prev_hash: string;
  clock_offset_ms: number;
  by: By;
  commitments: Record<string, string>;
  hash: string;
}

/** The whole content of a fact. */
export function content<T extends FactType>(fact: Told<T>): Bodies[T] {
  const erased = (ERASED as Record<string, object>)[fact.type] ?? {};
  return { ...fact.body, ...(fact.personal?.values ?? erased) } as unknown as Bodies[T];
}
