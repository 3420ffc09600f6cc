/** The messages of web/signalling/PROTOCOL.md. */
import type { SlotAssignment } from "../media/types";
import type { Fact } from "../proceedings/facts";
import type { ItemStatus, Mode, RequestKind, Somebody, Stage, State } from "../proceedings/state";
import type { AgendaItem, Paper } from "../rest/types";

export type Role = "chair" | "secretary" | "site" | "hall";
export type Cursor = Record<string, number>;

export interface RosterEntry { site_id: string; unit_title: string; site_name: string; level: string; level_name?: string; order: number; phone: string; unit_id?: string; tested_at?: string | null }

export interface RoomPlan {
  id: string;
  title: string;
  kind: string;
  starts_at: string;
  ends_at: string;
  host: { id: string; title: string } | null;
  items: AgendaItem[];
  papers: Paper[];
  contact_phone?: string;
  speech_limit_s?: number;
  record?: boolean;
  security_marking?: string;
}

export interface Welcome {
  type: "welcome";
  version: number;
  connection_id: string;
  role: Role;
  site_id: string | null;
  person_id: string | null;
  now: string;
  boot_id: string;
  snapshot: State;
  cursor: Cursor;
  roster: RosterEntry[];
  meeting: RoomPlan;
  may: string[];
  ice_servers: RTCIceServer[];
  media_kept?: boolean;
  people?: { head_count: number | null; people: Somebody[] } | null;
  break_above?: boolean;
}

/** A site that was not invited to this room and is seen in it over a link; `above`: from the room above, or beyond it. */
export interface FarSite { title: string; above: boolean }

export interface SiteLine { audio: boolean; video: boolean; presentation: boolean; loss: number; rtt_ms: number; quality: "good" | "weak" | "bad" }

/** How far down a weak line has brought the pictures of this page. */
export type Step = "full" | "medium" | "small" | "slow" | "still" | "slides" | "audio" | "text";

export interface DeskRequest { request_id: string; site_id: string; title: string; path: string[]; kind: RequestKind; speaker: Somebody | null; at: string; put_off: boolean; with: string[] }

/** What somebody in this room sees of the room above, whose chair he has. */
export interface Desk {
  title: string;
  now: string;
  stage: Exclude<Stage, "waiting">;
  mode: Mode;
  may: string[];
  queue: DeskRequest[];
  waiting: number;
  floor: { speech_id: string; site_id: string; title: string; speaker: Somebody | null; started_at: string; limit_s: number } | null;
  items: { id: string; title: string; status: ItemStatus }[];
  sites: { id: string; title: string }[];
}

export type FromServer =
  | Welcome
  | { type: "facts"; facts: Fact[] }
  | { type: "plan"; meeting: RoomPlan }
  | { type: "slots"; slots: SlotAssignment[] }
  | { type: "media"; boot_id: string }
  | { type: "connections"; sites: Record<string, SiteLine>; active_site_id: string | null }
  | { type: "encodings"; active: string[] }
  | { type: "ladder"; step: Step }
  | { type: "stills"; wanted: boolean; every_s: number }
  | { type: "still"; site_id: string; jpeg: string }
  | { type: "names"; sites: Record<string, FarSite>; leads: string | null }
  | { type: "break_above"; is_on: boolean }
  | { type: "desk"; desk: Desk | null }
  | { type: "notice"; id: string; text: string; at: string }
  | { type: "occupied" }
  | { type: "taken_over" }
  | { type: "goodbye"; reason: "ended" | "restarting" | "removed" }
  | { type: "pong"; t: number; now: string }
  | { type: "reply"; id: number; ok?: Record<string, unknown>; error?: { code: string; message: string; who?: string[] | string } };

export class Refusal extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}
