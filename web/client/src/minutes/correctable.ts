/** Which recorded facts can be corrected on screen, how they read now, and how a typed value is sent. Pure. */
import { content, type Bodies, type Fact, type FactType } from "../proceedings/facts";
import type { Somebody } from "../rest/types";
import { parseDate, showDate, timeOf } from "../words/when";

export type Kind = "number" | "text" | "date" | "somebody" | "people";
export type What = "head_count" | "people" | "reason" | "speaker" | "conclusion" | "task_what" | "task_due";

/** One line of the choice: this field of this fact. */
export interface Correctable { key: string; factId: string; field: string; kind: Kind; what: What; siteId: string | null; at: string; now: string }

const personText = (person: Somebody | null | undefined) => (person ? [person.name, person.post].filter(Boolean).join(", ") : "");

/** The whole body of a fact if it is of this type. */
function bodyOf<T extends FactType>(fact: Fact, type: T): Bodies[T] | null {
  return fact.type === type ? content(fact as unknown as Fact<T>) : null;
}

/** What was corrected before ("fact field" → value), and at which site each speech is. */
function context(facts: readonly Fact[]): { newer: Map<string, unknown>; sites: Map<string, string> } {
  const newer = new Map<string, unknown>();
  const sites = new Map<string, string>();
  for (const fact of facts) {
    const granted = bodyOf(fact, "FloorGranted");
    const corrected = bodyOf(fact, "Corrected");
    if (granted) sites.set(granted.speech_id, granted.site_id);
    if (corrected) newer.set(`${corrected.fact_id} ${corrected.field}`, parsed(corrected.new));
  }
  return { newer, sites };
}

type Line = [thing: string, what: What, field: string, kind: Kind, siteId: string | null, value: unknown];

function linesOf(fact: Fact, sites: ReadonlyMap<string, string>): Line[] {
  const report = bodyOf(fact, "HeadCountReported");
  if (report) return [[report.site_id, "head_count", "head_count", "number", report.site_id, report.head_count], [report.site_id, "people", "people", "people", report.site_id, report.people]];
  const excused = bodyOf(fact, "AbsenceExcused");
  if (excused) return [[excused.site_id, "reason", "reason", "text", excused.site_id, excused.reason]];
  const asked = bodyOf(fact, "FloorRequested");
  if (asked?.speaker) return [[asked.request_id, "speaker", "speaker", "somebody", asked.site_id, asked.speaker]];
  const named = bodyOf(fact, "SpeakerNamed");
  if (named) return [[named.speech_id, "speaker", "speaker", "somebody", sites.get(named.speech_id) ?? null, named.speaker]];
  const concluded = bodyOf(fact, "ConclusionRecorded");
  if (concluded) return [[concluded.conclusion_id, "conclusion", "text", "text", null, concluded.text]];
  const task = bodyOf(fact, "TaskAssigned");
  if (task) return [[task.task_id, "task_what", "what", "text", null, task.what], [task.task_id, "task_due", "due", "date", null, task.due]];
  return [];
}

/** What can be corrected, as it stands after earlier corrections; only the newest word on each thing counts. */
export function correctables(facts: readonly Fact[]): Correctable[] {
  const found = new Map<string, Correctable>();
  const { newer, sites } = context(facts);
  for (const fact of facts) {
    for (const [thing, what, field, kind, siteId, value] of linesOf(fact, sites)) {
      const key = `${fact.id} ${field}`;
      found.set(`${what} ${thing}`, { key, factId: fact.id, field, kind, what, siteId, at: timeOf(fact.at), now: shown(kind, newer.has(key) ? newer.get(key) : value) });
    }
  }
  return [...found.values()];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A value as one reads and types it. */
export function shown(kind: Kind, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (kind === "somebody") return personText(value as Somebody);
  if (kind === "people") return (value as Somebody[]).map(personText).join("\n");
  if (kind === "date") return showDate(String(value as string));
  return String(value as string | number);
}

function person(line: string): Somebody {
  const [name = "", ...post] = line.split(",");
  return { name: name.trim(), post: post.join(",").trim() };
}

/** What was typed, as the fact needs it; undefined when it makes no sense. */
export function typed(kind: Kind, text: string): unknown {
  const clean = text.trim();
  if (kind === "number") return /^\d{1,3}$/.test(clean) ? Number(clean) : undefined;
  if (kind === "date") return parseDate(clean) ?? undefined;
  if (kind === "somebody") return person(clean).name ? person(clean) : undefined;
  if (kind === "people") return clean.split("\n").filter((line) => line.trim()).map(person);
  return clean || undefined;
}
