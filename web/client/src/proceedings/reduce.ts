/**
 * `apply(state, fact)`: the twin of scheduler/proceedings/fold.py, tried on the same vectors (tests/vectors).
 * Pure: never changes its arguments, never looks at a clock.
 */
import { content, type Bodies, type FactType, type Told } from "./facts";
import { LINKED } from "./reduce-linked";
import type { Item, ItemStatus, RecordingState, Request, SiteState, Speech, State } from "./state";

const CHAT_KEPT = 200;

type Fold<T extends FactType> = (state: State, body: Bodies[T], at: string) => State;

/** The state after this fact. */
export function apply(state: State, fact: Told): State {
  const fold = FOLDS[fact.type] as Fold<FactType> | undefined;
  if (!fold) throw new Error(`unknown type of fact: ${fact.type}`);
  return { ...fold(state, content(fact), fact.at), seq: fact.seq };
}

/** Milliseconds between two instants; never negative, even when the wall clock was set back. */
export function elapsedMs(start: string, end: string): number {
  return Math.max(0, Date.parse(end) - Date.parse(start));
}

// -- presence -----------------------------------------------------------------------------------------------------

function newSite(siteId: string): SiteState {
  return {
    site_id: siteId,
    expected: false,
    connection_id: null,
    joined_at: null,
    first_joined_at: null,
    left_at: null,
    head_count: null,
    people: [],
    attendance: "unknown",
    reason: "",
    deputy: null,
  };
}

function siteOf(state: State, siteId: string): SiteState {
  return Object.hasOwn(state.sites, siteId) ? (state.sites[siteId] as SiteState) : newSite(siteId);
}

function withSite(state: State, siteId: string, change: Partial<SiteState>): State {
  return { ...state, sites: { ...state.sites, [siteId]: { ...siteOf(state, siteId), ...change } } };
}

function testingOpened(state: State, body: Bodies["TestingOpened"], at: string): State {
  const sites: Record<string, SiteState> = {};
  for (const id of body.expected_site_ids) sites[id] = { ...siteOf(state, id), expected: true };
  for (const site of Object.values(state.sites)) {
    if (!Object.hasOwn(sites, site.site_id)) sites[site.site_id] = { ...site, expected: false };
  }
  return {
    ...state,
    stage: "testing",
    mode: body.mode,
    absent_chair: null, far_chair: null,
    chair_person_id: body.chair_person_id,
    chair_site_id: body.chair_site_id,
    secretary_person_id: body.secretary_person_id,
    testing_at: at,
    sites,
    items: body.item_ids.map(newItem),
    current_item_id: null,
    queue: [],
    floor: null,
    speeches: [],
  };
}

function siteJoined(state: State, body: Bodies["SiteJoined"], at: string): State {
  const first = siteOf(state, body.site_id).first_joined_at ?? at;
  const here = { connection_id: body.connection_id, joined_at: at, first_joined_at: first, left_at: null };
  return withSite(state, body.site_id, here);
}

function siteLeft(state: State, body: Bodies["SiteLeft"], at: string): State {
  if (siteOf(state, body.site_id).connection_id !== body.connection_id) return state;
  return withSite(state, body.site_id, { connection_id: null, joined_at: null, left_at: at });
}

function rollCalled(state: State, roll: Bodies["RollCalled"], at: string): State {
  for (const id of roll.present) state = withSite(state, id, { attendance: "present" });
  for (const id of roll.excused) state = withSite(state, id, { attendance: "excused" });
  for (const id of roll.absent) state = withSite(state, id, { attendance: "absent" });
  return { ...state, roll: { at, present: roll.present, excused: roll.excused, absent: roll.absent } };
}

// -- agenda -------------------------------------------------------------------------------------------------------

function newItem(itemId: string): Item {
  return { item_id: itemId, status: "waiting", opened_at: null, spent_ms: 0 };
}

function itemOpened(state: State, body: Bodies["ItemOpened"], at: string): State {
  const known = state.items.some((item) => item.item_id === body.item_id);
  const items = known ? state.items : [...state.items, newItem(body.item_id)];
  const opened = items.map((i): Item => (i.item_id === body.item_id ? { ...i, status: "open", opened_at: at } : i));
  return { ...state, items: opened, current_item_id: body.item_id };
}

function itemEnded(state: State, itemId: string, status: ItemStatus, at: string): State {
  const item = state.items.find((other) => other.item_id === itemId);
  if (!item) return state;
  const spent = item.status === "open" && item.opened_at ? elapsedMs(item.opened_at, at) : 0;
  const ended = { ...item, status, spent_ms: item.spent_ms + spent };
  const items = state.items.map((other) => (other.item_id === itemId ? ended : other));
  return { ...state, items, current_item_id: state.current_item_id === itemId ? null : state.current_item_id };
}

function agendaAmended(state: State, body: Bodies["AgendaAmended"]): State {
  const known = new Map(state.items.map((item) => [item.item_id, item]));
  const items = body.item_ids.map((id) => known.get(id) ?? newItem(id));
  const current = state.current_item_id;
  return { ...state, items, current_item_id: current !== null && body.item_ids.includes(current) ? current : null };
}

// -- floor --------------------------------------------------------------------------------------------------------

function floorRequested(state: State, body: Bodies["FloorRequested"], at: string): State {
  const { request_id, site_id, kind, speaker } = body;
  const request: Request = { request_id, site_id, kind, speaker, at, put_off: false, origin: null, forwarded: "no", merged: [], joined: "" };
  const waiting = state.queue.filter((other) => !other.put_off);
  return { ...state, queue: [...waiting, request, ...state.queue.filter((other) => other.put_off)] };
}

function without(queue: Request[], requestId: string | null): Request[] {
  return queue.filter((request) => request.request_id !== requestId);
}

function floorEnded(state: State, at: string): State {
  if (!state.floor) return state;
  return { ...state, floor: null, speeches: [...state.speeches, { ...state.floor, ended_at: at }] };
}

function floorGranted(state: State, body: Bodies["FloorGranted"], at: string): State {
  const request = state.queue.find((other) => other.request_id === body.request_id);
  const floor: Speech = {
    speech_id: body.speech_id,
    site_id: body.site_id,
    item_id: state.current_item_id,
    speaker: request?.speaker ?? null,
    started_at: at,
    limit_s: body.limit_s,
    request_id: body.request_id,
    ended_at: null,
    origin: request?.origin ?? null,
    from_above: request !== undefined && request.forwarded !== "no",
    merged: request?.merged ?? [],
  };
  return { ...floorEnded(state, at), floor, queue: without(state.queue, body.request_id) };
}

function speechEnded(state: State, body: { speech_id: string }, at: string): State {
  return state.floor?.speech_id === body.speech_id ? floorEnded(state, at) : state;
}

function requestReordered(state: State, body: Bodies["RequestReordered"]): State {
  const byId = new Map(state.queue.map((request) => [request.request_id, request]));
  const pick = (ids: string[], put_off: boolean): Request[] =>
    ids.flatMap((id) => byId.get(id) ?? []).map((request) => ({ ...request, put_off }));
  const first = pick(body.request_ids, false);
  const last = pick(body.put_off.filter((id) => !body.request_ids.includes(id)), true);
  const named = new Set([...body.request_ids, ...body.put_off]);
  const rest = state.queue.filter((request) => !named.has(request.request_id));
  const waiting = rest.filter((request) => !request.put_off);
  return { ...state, queue: [...first, ...waiting, ...last, ...rest.filter((request) => request.put_off)] };
}

function changeSpeech(state: State, speechId: string, change: (speech: Speech) => Partial<Speech>): State {
  const changed = (speech: Speech): Speech =>
    speech.speech_id === speechId ? { ...speech, ...change(speech) } : speech;
  return { ...state, floor: state.floor && changed(state.floor), speeches: state.speeches.map(changed) };
}

// -- room and outcome ---------------------------------------------------------------------------------------------

function recording(state: State, recordingId: string, now: RecordingState, byBreak = false): State {
  if (state.recording_id !== recordingId) return state;
  return { ...state, recording: now, paused_by_break: byBreak };
}

/** The same id again replaces, in its place. */
function put<T>(list: T[], made: T, same: (old: T) => boolean): T[] {
  return list.some(same) ? list.map((old) => (same(old) ? made : old)) : [...list, made];
}

const FOLDS: { [T in FactType]: Fold<T> } = {
  TestingOpened: testingOpened,
  Convened: (state, _, at) => ({ ...state, stage: "convened", convened_at: at, queue: [], floor: null, speeches: [] }),
  Suspended: (state, _, at) => ({ ...state, stage: "suspended", suspended_at: at }),
  Resumed: (state) => ({ ...state, stage: "convened", suspended_at: null }),
  Adjourned: (state, _, at) => ({ ...state, stage: "adjourned", adjourned_at: at, suspended_at: null, queue: [] }),
  ModeChanged: (state, body) => ({ ...state, mode: body.mode }),
  ChairHandedOver: (state, body) => ({ ...state, chair_person_id: body.person_id, chair_site_id: body.site_id, absent_chair: null, far_chair: null }),
  SecretaryAppointed: (state, body) => ({ ...state, secretary_person_id: body.person_id }),
  SiteJoined: siteJoined,
  SiteLeft: siteLeft,
  HeadCountReported: (state, { site_id, head_count, people }) => withSite(state, site_id, { head_count, people }),
  AttendanceConfirmed: (state, body) => withSite(state, body.site_id, { attendance: "present", reason: "" }),
  AbsenceExcused: (state, { site_id, excused, reason }) =>
    withSite(state, site_id, { attendance: excused ? "excused" : "absent", reason }),
  DeputyAccepted: (state, body) => withSite(state, body.site_id, { deputy: body.deputy }),
  RollCalled: rollCalled,
  ItemOpened: itemOpened,
  ItemClosed: (state, body, at) => itemEnded(state, body.item_id, "closed", at),
  ItemPostponed: (state, body, at) => itemEnded(state, body.item_id, "postponed", at),
  AgendaAmended: agendaAmended,
  PaperShown: (state, { paper_id, page }) => ({ ...state, paper: paper_id === null ? null : { paper_id, page } }),
  FloorRequested: floorRequested,
  FloorWithdrawn: (state, body) => ({ ...state, queue: without(state.queue, body.request_id).map((one) => ({ ...one, merged: one.merged.filter((other) => other.request_id !== body.request_id) })) }),
  FloorGranted: floorGranted,
  FloorRevoked: speechEnded,
  FloorReturned: speechEnded,
  RequestReordered: requestReordered,
  SpeakerNamed: (state, body) => changeSpeech(state, body.speech_id, () => ({ speaker: body.speaker })),
  TimeExtended: (state, body) =>
    changeSpeech(state, body.speech_id, (speech) => ({ limit_s: speech.limit_s + body.by_s })),
  ChatPosted: (state, { message_id, site_id, name, text }, at) => ({
    ...state,
    chat: [...state.chat, { message_id, at, site_id, name, text }].slice(-CHAT_KEPT),
  }),
  RecordingStarted: (state, body) => ({
    ...state,
    recording_id: body.recording_id,
    recording: "on",
    paused_by_break: false,
  }),
  RecordingPaused: (state, body) => recording(state, body.recording_id, "paused", state.stage === "suspended"),
  RecordingResumed: (state, body) => recording(state, body.recording_id, "on"),
  RecordingInterrupted: (state, body) => recording(state, body.recording_id, "interrupted"),
  RecordingStopped: (state, body) => recording(state, body.recording_id, "off"),
  RecordingSealed: (state) => state,
  PresentationStarted: (state, body) => ({ ...state, presentation_site_id: body.site_id }),
  PresentationStopped: (state, body) =>
    state.presentation_site_id === body.site_id ? { ...state, presentation_site_id: null } : state,
  ConclusionRecorded: (state, { conclusion_id, item_id, text }, at) => ({
    ...state,
    conclusions: put(state.conclusions, { conclusion_id, item_id, text, at }, (old) => old.conclusion_id === conclusion_id),
  }),
  TaskAssigned: (state, { task_id, item_id, what, lead_unit_id, with_unit_ids, due }) => ({
    ...state,
    tasks: put(state.tasks, { task_id, item_id, what, lead_unit_id, with_unit_ids, due }, (old) => old.task_id === task_id),
  }),
  Corrected: (state) => state,
  ...LINKED,
};
