/** Minutes, recording and dossier as the API tells them. */
import type { MeetingCard, Somebody } from "../rest/types";

export type MinutesStatus = "none" | "draft" | "review" | "waiting_secretary" | "waiting_chair" | "signed" | "issued" | "recalled";

export interface LockedSpeech { speech_id: string; site_title: string; speaker: Somebody | string | null; started_at: string; seconds: number; recording_ms: number | null }
export interface LockedItem {
  opened_at: string | null; closed_at: string | null; seconds?: number; status?: string; presenter?: string;
  speeches: LockedSpeech[];
  papers: { paper_id: string; title: string; pages?: number[] }[];
  conclusions: { id?: string; text: string }[];
  tasks: { what: string; lead: string; with: string[]; due: string | null }[];
}
export interface Section { item_id: string; title: string; locked: LockedItem; opinions: string; conclusion: string }

export interface Correction { field: string; old: unknown; new: unknown; reason: string; at: string; by: string }

export interface Locked {
  started_at?: string | null; ended_at?: string | null;
  chair?: Somebody; secretary?: Somebody;
  attendance?: {
    present: { site_id: string; title: string; head_count: number; people: Somebody[]; deputy: Somebody | null }[];
    excused: { site_id: string; title: string; reason: string }[];
    absent: { site_id: string; title: string; reason: string }[];
  };
  corrections?: Correction[];
  recording?: { id: string; sha256: string | null; duration_ms: number | null } | null;
}

export interface Minutes {
  id: string | null; status: MinutesStatus; revision: number; number: string | number | null; notation: string; issued_on: string | null;
  locked: Locked; sections: Section[]; opening: string; closing: string; recipients: string[];
  signatures: { role: string; name: string; at: string; test_certificate: boolean; valid: boolean }[];
  files: { pdf: string | null; docx: string | null; html: string | null; signed_pdf: string | null };
  return_reason?: string; may: string[];
}

export interface MinutesText { sections: { item_id: string; opinions: string; conclusion: string }[]; opening: string; closing: string; recipients: string[] }

export function textOf(minutes: Minutes): MinutesText {
  return {
    sections: minutes.sections.map(({ item_id, opinions, conclusion }) => ({ item_id, opinions, conclusion })),
    opening: minutes.opening, closing: minutes.closing, recipients: minutes.recipients,
  };
}

export interface Chapter { start_ms: number; end_ms: number; kind: "item" | "speech" | "pause" | "gap"; title: string; site_id: string | null; item_id: string | null; speech_id: string | null }
export interface Recording {
  id: string | null; state: "none" | "capturing" | "preparing" | "playable" | "archived" | "failed"; progress: number; duration_ms: number | null; sha256: string | null;
  segments: { url: string; start_ms: number; duration_ms: number; media_type: string }[];
  mp4: { url: string; size_bytes: number } | null;
  chapters: Chapter[];
  papers: { start_ms: number; paper_id: string | null; page: number }[];
  gaps: { start_ms: number; end_ms: number; cause: string }[];
}

export interface Dossier {
  file_code: string; title: string; so_ky_hieu: string; trich_yeu: string; ngay: string | null;
  documents: { kind: string; name: string; sha256: string; size_bytes: number }[];
  deliveries: { id: string; recipient: string; status: string; at: string; error: string | null; next_try: string | null }[];
  zip_url: string | null;
}

export interface Hit { kind: "meeting" | "item" | "minutes" | "paper"; meeting: MeetingCard; title: string; snippet: string; at_ms?: number | null }
