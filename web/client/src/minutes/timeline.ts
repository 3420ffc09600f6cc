/** Which file, chapter and paper belong to a moment of the recording. Pure. */
import type { Chapter, Recording } from "./types";

export interface Source { url: string; start_ms: number; duration_ms: number }

/** The archive when it is there; before that the segment that holds this moment (or the next one after a gap). */
export function sourceAt(recording: Recording, ms: number): Source | null {
  if (recording.mp4) return { url: recording.mp4.url, start_ms: 0, duration_ms: recording.duration_ms ?? 0 };
  const inside = recording.segments.find((s) => ms >= s.start_ms && ms < s.start_ms + s.duration_ms);
  return inside ?? recording.segments.find((s) => s.start_ms >= ms) ?? recording.segments.at(-1) ?? null;
}

/** The innermost chapter: a speech rather than the item around it. */
export function chapterAt(chapters: readonly Chapter[], ms: number): Chapter | null {
  const open = chapters.filter((c) => ms >= c.start_ms && ms < c.end_ms);
  return open.find((c) => c.kind !== "item") ?? open[0] ?? null;
}

export function paperAt(papers: Recording["papers"], ms: number): Recording["papers"][number] | null {
  return papers.filter((p) => p.start_ms <= ms).at(-1) ?? null;
}
