/** The part of the fold that is about other rooms: the twin of scheduler/proceedings/fold_linked.py. */
import type { Bodies } from "./facts";
import type { Forwarded, Link, Merged, Request, State } from "./state";

const ANSWERS_KEPT = 50;

function changeRequest(state: State, requestId: string, change: (request: Request) => Partial<Request>): State {
  const queue = state.queue.map((one) => (one.request_id === requestId ? { ...one, ...change(one) } : one));
  return { ...state, queue };
}

function requestsMerged(state: State, body: Bodies["RequestsMerged"]): State {
  if (!state.queue.some((one) => one.request_id === body.request_id)) return state;
  const isMerged = (one: Request): boolean =>
    one.request_id !== body.request_id && body.merged.includes(one.request_id);
  const behind = state.queue.filter(isMerged).flatMap((one) => [mergedOf(one), ...one.merged]);
  const left = { ...state, queue: state.queue.filter((one) => !isMerged(one)) };
  return changeRequest(left, body.request_id, (one) => ({ merged: [...one.merged, ...behind] }));
}

function mergedOf({ request_id, site_id, kind, speaker, at, origin }: Request): Merged {
  return { request_id, site_id, kind, speaker, at, origin };
}

function requestAnswered(state: State, body: Bodies["RequestAnswered"], at: string): State {
  const request = state.queue.find((one) => one.request_id === body.request_id);
  if (!request) return state;
  const told = [request, ...request.merged].map(({ request_id, site_id }) => ({ request_id, site_id, text: body.text, at }));
  const queue = state.queue.filter((one) => one.request_id !== body.request_id);
  return { ...state, answers: [...state.answers, ...told].slice(-ANSWERS_KEPT), queue };
}

function forwarded(state: State, requestId: string, now: Forwarded): State {
  return changeRequest(state, requestId, (one) => ({ forwarded: now, joined: now === "no" || now === "sent" ? "" : one.joined }));
}

function floorClimbed(state: State, body: Bodies["FloorClimbed"], at: string): State {
  const { request_id, site_id, kind, speaker, meeting_id, site_name, path, asked_at } = body;
  const origin = { meeting_id, site_name, path, asked_at };
  const request: Request = {
    request_id, site_id, kind, speaker, at, put_off: false, origin, forwarded: "no", merged: [], joined: "",
  };
  const waiting = state.queue.filter((other) => !other.put_off);
  return { ...state, queue: [...waiting, request, ...state.queue.filter((other) => other.put_off)] };
}

function linkOpened(state: State, body: Bodies["LinkOpened"], at: string): State {
  const { meeting_id, side, node, title } = body;
  const link: Link = { meeting_id, side, node, title, status: "open", since: at, missed: null };
  return { ...state, links: [...state.links.filter((one) => one.meeting_id !== meeting_id), link] };
}

function changeLink(state: State, meetingId: string, change: Partial<Link>): State {
  return { ...state, links: state.links.map((one) => (one.meeting_id === meetingId ? { ...one, ...change } : one)) };
}

function deputyPresided(state: State, body: Bodies["DeputyPresided"]): State {
  const { chair_person_id: person_id, chair_site_id: site_id } = state;
  const absent_chair = state.absent_chair ?? (person_id !== null && site_id !== null ? { person_id, site_id } : null);
  return { ...state, chair_person_id: body.person_id, chair_site_id: body.site_id, absent_chair };
}

function linkClosed(state: State, { meeting_id }: Bodies["LinkClosed"]): State {
  const isUpper = state.links.some((link) => link.meeting_id === meeting_id && link.side === "upper");
  const queue = state.queue
    .filter((one) => one.origin?.meeting_id !== meeting_id)
    .map((one) => ({ ...one, merged: one.merged.filter((other) => other.origin?.meeting_id !== meeting_id) }))
    .map((one): Request => (isUpper ? { ...one, forwarded: "no", joined: "" } : one));
  const links = state.links.filter((link) => link.meeting_id !== meeting_id);
  return { ...state, links, queue, chair_above: isUpper ? null : state.chair_above };
}

function chairLent(state: State, body: Bodies["ChairLent"]): State {
  const { person_id, site_id, meeting_id, site_name, chair } = body;
  const here = { person_id: state.chair_person_id ?? "", site_id: state.chair_site_id ?? "" };
  const far_chair = { meeting_id, site_name, chair, lent_by: state.far_chair?.lent_by ?? here };
  return { ...state, chair_person_id: person_id, chair_site_id: site_id, absent_chair: null, far_chair };
}

export const LINKED = {
  RequestsMerged: requestsMerged,
  RequestJoined: (state: State, body: Bodies["RequestJoined"]): State =>
    changeRequest(state, body.request_id, () => ({ joined: body.site_name })),
  RequestSpoken: (state: State, body: Bodies["RequestSpoken"]): State =>
    ({ ...state, queue: state.queue.filter((one) => one.request_id !== body.request_id) }),
  RequestAnswered: requestAnswered,
  FloorForwarded: (state: State, body: Bodies["FloorForwarded"]) => forwarded(state, body.request_id, "sent"),
  ForwardFollowed: (state: State, body: Bodies["ForwardFollowed"]) =>
    forwarded(state, body.request_id, body.status === "gone" ? "no" : body.status),
  FloorClimbed: floorClimbed,
  LinkOpened: linkOpened,
  LinkLost: (state: State, body: Bodies["LinkLost"], at: string) =>
    changeLink(state, body.meeting_id, { status: "lost", since: at }),
  LinkRestored: (state: State, body: Bodies["LinkRestored"], at: string) =>
    changeLink(state, body.meeting_id, { status: "open", since: at, missed: null }),
  CaughtUp: (state: State, { meeting_id, missed_s, items, speeches }: Bodies["CaughtUp"]) =>
    changeLink(state, meeting_id, { missed: { seconds: missed_s, items, speeches } }),
  LinkClosed: linkClosed,
  ChairLent: chairLent,
  ChairBorrowed: (state: State, { meeting_id, person_id, site_id, through, chair }: Bodies["ChairBorrowed"]): State =>
    ({ ...state, chair_above: { meeting_id, person_id, site_id, through, chair } }),
  ChairGivenBack: (state: State): State => ({ ...state, chair_above: null }),
  DeputyPresided: deputyPresided,
  ChairResumed: (state: State, body: Bodies["ChairResumed"]): State =>
    ({ ...state, chair_person_id: body.person_id, chair_site_id: body.site_id, absent_chair: null }),
  ProgramLeft: (state: State, body: Bodies["ProgramLeft"], at: string) =>
    changeLink(state, body.meeting_id, { status: "away", since: at }),
  ProgramRejoined: (state: State, body: Bodies["ProgramRejoined"], at: string) =>
    changeLink(state, body.meeting_id, { status: "open", since: at }),
};
