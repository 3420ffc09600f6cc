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
  node_id: string | null; state: string; error: string; wished: string[]; need: Need | null; sites: SeatedSite[];
}

export interface Warned { code: string; count: number; names: string[] }

export interface Tree {
  meeting_id: string; version: number; may_plan: boolean; site_count: number; rooms: TreeRoom[];
  server: Need & { line: Line; strain: Strain }; per_site: Need & { program_kbps: number }; warnings: Warned[];
}

export interface Candidate {
  id: string; parent_id: string | null; title: string; level: { code: string; name: string; rank: number }; head: Named | null; sites: Named[];
}

export interface HostIn { unit_id: string; chair_person_id?: string; deputy_person_id?: string; secretary_person_id?: string; node_id?: string }
