/** The plan as the form holds it: text fields, not yet a PlanIn. */
import type { Meeting, Mode, PlanIn } from "../rest/types";
import { dateOf, parseEnd, parseMoment, timeOf } from "../words/when";
import { isSecret } from "./secrecy";

/** `note`: what the item brings along, such as the last meeting's conclusions; undefined when it brings nothing. */
export interface DraftItem { key: string; id?: string; title: string; minutes: string; presenter_name: string; presenter_unit_id?: string; note?: string }

export interface Draft {
  title: string; kind: string; date: string; from: string; to: string;
  host_unit_id: string; issuing_unit_id: string; chair_person_id: string; chair_site_id: string; deputy_person_id: string; secretary_person_id: string;
  place: string; contact_phone: string; note: string; mode: Mode; limit_minutes: string; record: boolean; security_marking: string;
  site_ids: string[]; items: DraftItem[];
}

let keys = 0;
export const newItem = (): DraftItem => ({ key: `new-${keys++}`, title: "", minutes: "15", presenter_name: "" });

export function emptyDraft(now: number): Draft {
  const tomorrow = now + 86_400_000;
  return {
    title: "", kind: "giao_ban", date: dateOf(tomorrow), from: "08:00", to: "10:00", host_unit_id: "", issuing_unit_id: "", chair_person_id: "", chair_site_id: "", deputy_person_id: "",
    secretary_person_id: "", place: "", contact_phone: "", note: "", mode: "one_speaker", limit_minutes: "5", record: true, security_marking: "none", site_ids: [], items: [newItem()],
  };
}

export function draftOf(meeting: Meeting): Draft {
  return {
    title: meeting.title, kind: meeting.kind, date: dateOf(meeting.starts_at), from: timeOf(meeting.starts_at), to: timeOf(meeting.ends_at),
    host_unit_id: meeting.host_unit_id, issuing_unit_id: meeting.issuing_unit_id, chair_person_id: meeting.chair_person_id, chair_site_id: meeting.chair_site_id, deputy_person_id: meeting.deputy?.id ?? "",
    secretary_person_id: meeting.secretary_person_id, place: meeting.place, contact_phone: meeting.contact_phone, note: meeting.note, mode: meeting.mode,
    limit_minutes: String(meeting.speech_limit_s / 60), record: meeting.record, security_marking: meeting.security_marking,
    site_ids: meeting.sites.filter((s) => s.role !== "chair").map((s) => s.site_id),
    items: [...meeting.items].sort((a, b) => a.position - b.position).map((i) => ({ key: i.id, id: i.id, title: i.title, minutes: String(i.minutes), presenter_name: i.presenter_name, presenter_unit_id: i.presenter_unit_id ?? undefined, note: i.note || undefined })),
  };
}

export type Problems = Partial<Record<"title" | "date" | "to" | "limit", "titleNeeded" | "badDate" | "endBeforeStart">>;

export function problemsOf(draft: Draft): Problems {
  const start = parseMoment(draft.date, draft.from);
  const end = parseEnd(draft.date, draft.from, draft.to);
  return {
    ...(!draft.title.trim() && { title: "titleNeeded" as const }),
    ...((!start || !end) && { date: "badDate" as const }),
    ...(start && end && end <= start && { to: "endBeforeStart" as const }),
  };
}

/** What is sent; ids left empty are filled by the server from the host unit. */
export function planOf(draft: Draft): PlanIn {
  const ids = { host_unit_id: draft.host_unit_id, issuing_unit_id: draft.issuing_unit_id, chair_person_id: draft.chair_person_id, chair_site_id: draft.chair_site_id, deputy_person_id: draft.deputy_person_id, secretary_person_id: draft.secretary_person_id };
  const given = Object.fromEntries(Object.entries(ids).filter(([, id]) => id));
  const text = Object.fromEntries(Object.entries({ place: draft.place, contact_phone: draft.contact_phone }).filter(([, value]) => value.trim()));
  return {
    title: draft.title.trim(), kind: draft.kind, starts_at: parseMoment(draft.date, draft.from) ?? undefined, ends_at: parseEnd(draft.date, draft.from, draft.to) ?? undefined,
    note: draft.note, mode: draft.mode, speech_limit_s: Math.round(Number(draft.limit_minutes.replace(",", ".")) * 60) || 0, record: draft.record && !isSecret(draft.security_marking), security_marking: draft.security_marking,
    site_ids: draft.site_ids, ...given, ...text,
    items: draft.items.filter((i) => i.title.trim()).map((i) => ({ ...(i.id && { id: i.id }), title: i.title.trim(), minutes: Math.round(Number(i.minutes)) || 0, presenter_name: i.presenter_name.trim(), ...(i.presenter_unit_id && { presenter_unit_id: i.presenter_unit_id }), ...(i.note !== undefined && { note: i.note }) })),
  };
}

export function agendaSum(items: readonly { minutes: string }[]): number {
  return items.reduce((sum, item) => sum + (Math.round(Number(item.minutes)) || 0), 0);
}

export function slotMinutes(draft: Pick<Draft, "date" | "from" | "to">): number {
  const start = parseMoment(draft.date, draft.from);
  const end = parseEnd(draft.date, draft.from, draft.to);
  return start && end ? Math.max(Math.round((Date.parse(end) - Date.parse(start)) / 60_000), 0) : 0;
}
