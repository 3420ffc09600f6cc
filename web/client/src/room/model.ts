/** What the room shows, derived: no clocks, no network. Everything here is pure and tested. */
import type { SlotAssignment } from "../media/types";
import type { Merged, Request, Speech, Stage, State } from "../proceedings/state";
import type { FarSite, RosterEntry, SiteLine } from "./wire";

export interface ProgramPicture { siteId: string | null; mid: string | null; paused: boolean }

/** The stage as this room has it: a break of the room above is one here too, while this room follows that one and lets nobody of its own speak. */
export function stageOf({ state, breakAbove }: { state: State; breakAbove: boolean }): Stage {
  const follows = state.links.some((link) => link.side === "upper" && link.status === "open") && (state.floor?.from_above ?? true);
  return breakAbove && follows && state.stage === "convened" ? "suspended" : state.stage;
}

/** The state with that stage: what is on air goes by it. */
export function seen(picture: { state: State; breakAbove: boolean }): State {
  return { ...picture.state, stage: stageOf(picture) };
}

/** Whose picture everybody sees: the floor; in a discussion the one who talks; else, and in a break, the chair. */
export function programSite(state: State, activeSiteId: string | null): string | null {
  if (state.stage === "suspended") return state.chair_site_id;
  if (state.floor) return state.floor.site_id;
  if (state.mode === "discussion" && activeSiteId) return activeSiteId;
  return state.chair_site_id;
}

/** While this room follows the one above, what that one shows: its floor, else its chair; null where it shows nothing, or our own site speaks. */
export function programFromAbove(state: State, slots: readonly SlotAssignment[], far: Readonly<Record<string, FarSite>>, leads: string | null): string | null {
  if ((state.floor && state.stage !== "suspended") || !state.links.some((link) => link.side === "upper" && link.status === "open")) return null;
  const shown = slots.filter((slot) => slot.source === "camera" && slot.site_id && far[slot.site_id]?.above).map((slot) => slot.site_id!);
  return shown.find((siteId) => siteId !== leads) ?? shown[0] ?? null;
}

/**
 * Whom the large place shows: who is on air. Who speaks looks at whoever gave him the floor, else at the chair of his own
 * room, else at any other picture: an empty place only where there is none at all.
 */
export function largeSite(state: State, slots: readonly SlotAssignment[], far: Readonly<Record<string, FarSite>>, leads: string | null, active: string | null, mine: string | null): string | null {
  const onAir = programFromAbove(state, slots, far, leads) ?? programSite(state, active);
  const fromAbove = !!state.floor?.from_above;
  if (onAir === null || onAir !== mine || (mine === state.chair_site_id && !fromAbove)) return onAir;
  const cameras = slots.filter((slot) => slot.source === "camera").map((slot) => slot.site_id);
  const above = fromAbove ? [leads, ...cameras.filter((siteId) => siteId && far[siteId]?.above)] : [];
  const before = [...above, state.chair_site_id, ...cameras].filter((siteId) => siteId !== null && siteId !== mine);
  return before.find((siteId) => cameras.includes(siteId)) ?? before[0] ?? mine;
}

export function slotOf(slots: readonly SlotAssignment[], siteId: string | null, source: SlotAssignment["source"]): SlotAssignment | null {
  return slots.find((slot) => slot.source === source && slot.site_id !== null && slot.site_id === siteId) ?? null;
}

export function presentationSlot(slots: readonly SlotAssignment[]): SlotAssignment | null {
  return slots.find((slot) => slot.source === "presentation" && slot.site_id !== null) ?? null;
}

/** Pictures of sites beside the program, in protocol order. */
export function otherPictures(slots: readonly SlotAssignment[], shown: string | null, roster: readonly RosterEntry[]): SlotAssignment[] {
  const order = new Map(roster.map((entry) => [entry.site_id, entry.order]));
  return slots
    .filter((slot) => slot.source === "camera" && slot.site_id && slot.site_id !== shown)
    .sort((a, b) => (order.get(a.site_id!) ?? 0) - (order.get(b.site_id!) ?? 0));
}

/** Whether this site's microphone is heard now, as web/live/program.py decides: the chair always; the floor alone; in a discussion everybody. */
export function isHeard(state: State, siteId: string | null): boolean {
  if (!siteId) return false;
  if (siteId === state.chair_site_id || leadsAbove(state) === siteId) return true;
  if (state.stage !== "testing" && state.stage !== "convened") return false;
  return state.floor ? siteId === state.floor.site_id : state.mode === "discussion";
}

/** The site of this room, or below it, that has the chair of the room above, while that is linked. */
export function leadsAbove(state: State): string | null {
  const { chair_above } = state;
  return chair_above && state.links.some((link) => link.meeting_id === chair_above.meeting_id && link.status === "open") ? chair_above.site_id : null;
}

/** What the others get of a site on air: its own switches and devices decide, where its line carries anything. */
export type OnAir = "both" | "picture" | "voice" | "nothing" | "cut";

export function onAirOf(connected: boolean, picture: boolean, voice: boolean): OnAir {
  if (!connected) return "cut";
  if (picture) return voice ? "both" : "picture";
  return voice ? "voice" : "nothing";
}

/** Those a request or a speech speaks for, by name; of rooms below with the units between. */
export function namesOf(merged: readonly Merged[], names: { unit: (siteId: string) => string }): string {
  return merged.map((one) => (one.origin ? [one.origin.site_name, ...one.origin.path.slice(1)].join(" › ") : names.unit(one.site_id))).filter(Boolean).join(", ");
}

/** The request that speaks for this site's own, and the own one; null: nobody's does. */
export function speaksFor(state: State, siteId: string | null): { request: Request; mine: Merged } | null {
  for (const request of state.queue) {
    const mine = request.merged.find((one) => siteId && one.site_id === siteId && !one.origin);
    if (mine) return { request, mine };
  }
  return null;
}

export interface SpokenSum { times: number; totalS: number }

/** How often and how long each site has spoken, from ended speeches and the one going on. */
export function spokenSums(state: State, now: number): Map<string, SpokenSum> {
  const sums = new Map<string, SpokenSum>();
  for (const speech of [...state.speeches, ...(state.floor ? [state.floor] : [])]) {
    const sum = sums.get(speech.site_id) ?? { times: 0, totalS: 0 };
    sums.set(speech.site_id, { times: sum.times + 1, totalS: sum.totalS + speechSeconds(speech, now) });
  }
  return sums;
}

export function speechSeconds(speech: Speech, now: number): number {
  const end = speech.ended_at ? Date.parse(speech.ended_at) : now;
  return Math.max((end - Date.parse(speech.started_at)) / 1000, 0);
}

export interface FloorClock { spentS: number; leftS: number | null; tone: "calm" | "last" | "over" }

const LAST_SECONDS = 30;

/** Orange in the last seconds, red when over; without a limit the clock only counts up. */
export function floorClock(speech: Speech, now: number): FloorClock {
  const spentS = speechSeconds(speech, now);
  if (!speech.limit_s) return { spentS, leftS: null, tone: "calm" };
  const leftS = speech.limit_s - spentS;
  return { spentS, leftS, tone: leftS < 0 ? "over" : leftS <= LAST_SECONDS ? "last" : "calm" };
}

const FRESH_SECONDS = 5;

/** The first seconds of a speech: the site is on air already and is told to begin. */
export function justBegun(speech: Speech, now: number): boolean {
  return speechSeconds(speech, now) < FRESH_SECONDS;
}

const NEXT_NOTICE_SECONDS = 60;

/** First in the queue, and the floor is free or soon will be: it may be on air at any moment. */
export function isNext(state: State, siteId: string | null, now: number): boolean {
  const first = state.queue[0];
  if (!siteId || first?.site_id !== siteId || first.put_off || state.stage === "suspended") return false;
  if (!state.floor) return true;
  const { leftS } = floorClock(state.floor, now);
  return leftS === null || leftS <= NEXT_NOTICE_SECONDS;
}

/** What a hand-over of the chair means to this machine. */
export type Handed = "me" | "here" | "from_me" | "other" | "above";

export function handedTo(body: { person_id: string; site_id: string }, before: State, me: { person_id: string | null; site_id: string | null }): Handed {
  if (me.person_id && me.person_id === body.person_id) return "me";
  if (me.site_id && me.site_id === body.site_id && me.site_id !== before.chair_site_id) return "here";
  return me.person_id && me.person_id === before.chair_person_id ? "from_me" : "other";
}

export function itemSeconds(state: State, itemId: string, now: number): number {
  const item = state.items.find((i) => i.item_id === itemId);
  if (!item) return 0;
  const open = item.status === "open" && item.opened_at ? Math.max(now - Date.parse(item.opened_at), 0) : 0;
  return (item.spent_ms + open) / 1000;
}

/** The queue with one request moved; what is put off stays behind the others. */
export function moved(queue: readonly Request[], requestId: string, to: number): string[] {
  const ids = queue.map((r) => r.request_id);
  const from = ids.indexOf(requestId);
  if (from < 0) return ids;
  ids.splice(from, 1);
  ids.splice(Math.min(Math.max(to, 0), ids.length), 0, requestId);
  return ids;
}

export type SiteStatus = "none" | "tested" | "joined" | "good" | "noVideo" | "noAudio" | "weak" | "lost" | "excused" | "absent";

export function siteStatus(state: State, entry: RosterEntry, line: SiteLine | undefined): SiteStatus {
  const site = state.sites[entry.site_id];
  if (site?.connection_id) {
    if (!line) return "joined";
    if (line.quality === "bad" || (line.quality === "weak" && !line.video)) return "weak";
    if (!line.video) return "noVideo";
    return line.audio ? "good" : "noAudio";
  }
  if (site?.attendance === "excused") return "excused";
  if (site?.attendance === "absent") return "absent";
  if (site?.first_joined_at && state.stage !== "adjourned") return "lost";
  return entry.tested_at ? "tested" : "none";
}

export interface RollSum { present: number; expected: number; excused: number; absent: number }

/** "Có mặt 12/13 điểm cầu, 1 vắng có lý do": the roll as called, or as it stands now. */
export function rollSum(state: State): RollSum {
  if (state.roll) {
    const { present, excused, absent } = state.roll;
    return { present: present.length, excused: excused.length, absent: absent.length, expected: present.length + excused.length + absent.length };
  }
  const expected = Object.values(state.sites).filter((site) => site.expected);
  const excused = expected.filter((site) => site.attendance === "excused" && !site.connection_id).length;
  const present = expected.filter((site) => site.connection_id || site.attendance === "present").length;
  return { present, excused, absent: 0, expected: expected.length };
}
