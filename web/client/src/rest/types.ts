/** The shapes of web/api/API.md. Instants are RFC 3339 text in UTC. */

export type Language = "vi" | "en";
export type Stage =
  | "draft" | "sent" | "testing" | "convened" | "suspended" | "adjourned"
  | "minuted" | "signed" | "published" | "filed" | "postponed" | "cancelled";
export type Reply = "needs_action" | "accepted" | "delegated" | "declined";
export type Delivery = "none" | "queued" | "sent" | "failed";
export type MainAction = "edit" | "send" | "test" | "join" | "minutes" | "sign" | "issue" | "file" | "read" | null;
export type Mode = "discussion" | "one_speaker" | "chair_only";

export interface Somebody { name: string; post: string }

export interface Session {
  person: { id: string; name: string; posts: { unit_id: string; unit_title: string; name: string }[] } | null;
  site: { id: string; name: string; unit_title: string } | null;
  roles: { role: string; unit_id: string }[];
  csrf: string;
  language: Language;
  banner: string | null;
  installation: { name: string; demo: boolean };
  /** Declared isolated: meetings up to Mật are taken in. */
  isolated_network?: boolean;
  /** Bytes of the largest file that is taken. */
  upload_limit?: number;
  /** Somebody else knows the password: nothing but a new one is accepted. */
  must_change_password?: boolean;
  version: string;
}

export interface MeetingCard {
  id: string;
  title: string;
  kind: string;
  stage: Stage;
  starts_at: string;
  ends_at: string;
  host: { id: string; title: string };
  chair: { id: string; name: string };
  my_roles: string[];
  site_count: number;
  main_action: MainAction;
}

export interface Today { now: string; meetings: MeetingCard[] }
export interface Page<T> { items: T[]; next: string | null }

export interface AgendaItem {
  id: string;
  position: number;
  title: string;
  minutes: number;
  presenter_unit_id: string | null;
  presenter_name: string;
  note: string;
}

export interface Attendee {
  site_id: string;
  site_name: string;
  unit_id: string;
  unit_title: string;
  level: string;
  order: number;
  role: "chair" | "required" | "optional";
  reply: Reply;
  reply_reason: string;
  deputy: Somebody | null;
  replied_at: string | null;
  delivery: Delivery;
  delivery_error: string;
  tested_at: string | null;
  phone: string;
  link?: string | null;
}

export interface Paper {
  id: string;
  title: string;
  file_name: string;
  media_type: string;
  size_bytes: number;
  sha256: string;
  page_count: number | null;
  item_id: string | null;
  position: number;
  uploaded_by: string;
  uploaded_at: string;
  viewable: boolean;
}

export interface Plan {
  title: string;
  kind: string;
  starts_at: string;
  ends_at: string;
  host_unit_id: string;
  issuing_unit_id: string;
  chair_person_id: string;
  chair_site_id: string;
  secretary_person_id: string;
  place: string;
  contact_phone: string;
  note: string;
  mode: Mode;
  speech_limit_s: number;
  record: boolean;
  security_marking: string;
}

export interface Meeting extends Plan {
  id: string;
  stage: Stage;
  version: number;
  items: AgendaItem[];
  sites: Attendee[];
  papers: Paper[];
  minutes_sum: number;
  slot_minutes: number;
  my_roles: string[];
  may: string[];
  cloned_from: string | null;
  sequence: number;
  host?: { id: string; title: string };
  chair?: { id: string; name: string };
  secretary?: { id: string; name: string };
  deputy?: { id: string; name: string } | null;
  /** Who could chair this room when it is cut off, while nobody is named; for whoever may name one. */
  proposed_deputy?: { id: string; name: string } | null;
  /** The meeting above, whose program this room shows. */
  parent?: ParentPlan | null;
  room_count?: number;
}

/** For an encoder (into the room) or a player (of its program); the token is there once, when it is given. */
export interface ForeignTicket {
  id: string; kind: "ingest" | "playback"; site_id: string | null; label: string; url: string; revoked_at: string | null; in_use: number; token?: string;
}

export interface ParentPlan {
  meeting_id: string; title: string; host_title: string; chair_name: string; contact_phone: string; starts_at: string; ends_at: string; items: string[]; node_id: string | null;
}

export interface PlanIn extends Partial<Plan> {
  title: string;
  version?: number;
  site_ids?: string[];
  items?: (Partial<AgendaItem> & { title: string; minutes: number })[];
}

export interface SiteLink {
  site_id: string;
  site_name: string;
  unit_title: string;
  meeting: {
    id: string; title: string; starts_at: string; ends_at: string; stage: Stage;
    chair: { name: string } | string | null; host: { title: string } | string | null; moved_from?: string | null;
  } | null;
  reply: Reply | null;
  state: "valid" | "expired" | "revoked";
  contact_phone: string;
}

export interface RoomEntry {
  meeting: MeetingCard;
  may_enter: boolean;
  role: string;
  refusal: { code: string; message: string } | null;
}

export interface Level { id: string; rank: number; code: string; name: string }
export interface Unit {
  id: string; title: string; name: string; kind: string; level: string | Level; level_id?: string;
  parent_id: string | null; code: string | null; children?: number; organ_name?: string; notation?: string; place?: string;
  organ_id?: string | null; protocol_order?: number; valid_from?: string | null; valid_to?: string | null;
}
export interface Person { id: string; name: string; email: string | null; phone: string | null; active: boolean; posts?: { unit_id: string; unit_title: string; name: string }[]; roles?: { role: string; unit_id: string }[]; may_administer?: boolean }
export interface Site { id: string; unit_id: string; unit_title?: string; name: string; email: string | null; technician_phone: string; technician_person_id?: string | null; protocol_order?: number; active: boolean; level?: string; line_down_kbps?: number | null; line_up_kbps?: number | null }
export interface UnitDetail extends Unit {
  above: { id: string; title: string }[];
  posts: { id: string; name: string; order: number; person: { id: string; name: string } | null }[];
  people: Person[];
  sites: Site[];
  may_administer: boolean;
}
