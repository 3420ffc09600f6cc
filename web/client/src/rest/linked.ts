/** Shapes of linked meetings: the tree of rooms and the site board. */
import type { Stage } from "./types";

export type Strain = "fits" | "tight" | "over" | "unknown";
export interface Named { id: string; name: string }
export interface Line { down_kbps: number | null; up_kbps: number | null }
export interface Need { down_kbps: number; up_kbps: number }

export interface SeatedSite {
  site_id: string; name: string; unit_id: string; unit_title: string; level: string; role: string; reply: string; delivery: string; line: Line; strain: Strain;
}

export interface TreeRoom {
  meeting_id: string | null; parent_id: string | null; unit: { id: string; title: string; level: string }; stage: Stage;
  chair: Named & { site_id: string }; deputy: Named | null; secretary: Named;
  node_id: string | null; state: string; error: string; wished: string[]; wished_site_ids: string[]; far_sites: number; need: Need | null; line?: Line | null; strain?: Strain; sites: SeatedSite[];
}

export interface Warned { code: string; count: number; names: string[] }

export interface Tree {
  meeting_id: string; version: number; may_plan: boolean; site_count: number; rooms: TreeRoom[];
  server: Need & { line: Line; strain: Strain }; per_site: Need & { program_kbps: number }; warnings: Warned[];
}

export interface Candidate {
  id: string; parent_id: string | null; title: string; level: { code: string; name: string; rank: number }; head: Named | null; sites: Named[]; node: Named | null;
}

export interface HostIn { unit_id: string; chair_person_id?: string; deputy_person_id?: string; secretary_person_id?: string; node_id?: string }

export type BoardState = "invited" | "tested" | "joined" | "declined";
export interface BoardCheck { at: string; is_ready: boolean; microphone: boolean; camera: boolean; down_kbps: number; up_kbps: number; rtt_ms: number; loss: number; clock_ms: number }

export interface BoardRow {
  site_id: string; room_id: string; unit_title: string; site_name: string; level: string; role: string; phone: string; reply: string; reply_reason: string; delivery: string;
  tested_at: string | null; state: BoardState; problems: string[]; audio: boolean; video: boolean; loss: number; rtt_ms: number; step: string; head_count: number | null; on_air: boolean; asks: boolean; clock_s: number; check: BoardCheck | null; far?: boolean;
}

export interface BoardRoom { id: string; parent_id: string | null; stage: string; unit_title: string; link?: string }
export interface Board { now: string; title: string; starts_at: string; stage: Stage; rooms: BoardRoom[]; rows: BoardRow[] }

export interface ReadinessCheck { at: string; microphone: boolean; camera: boolean; down_kbps: number; up_kbps: number; rtt_ms: number; loss: number; clock_ms: number; head_count: number | null; problems: string[]; is_ready: boolean }
