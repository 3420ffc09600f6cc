import { describe, expect, it } from "vitest";
import { EMPTY, type Speech, type State } from "../proceedings/state";
import { backoffMs, FINAL_CODES } from "./backoff";
import { floorClock, handedTo, isHeard, isNext, justBegun, largeSite, moved, onAirOf, programFromAbove, programSite, rollSum, seen, slotOf, spokenSums, stageOf } from "./model";

const T0 = Date.parse("2026-11-22T01:00:00.000Z");
const speech = (part: Partial<Speech> = {}): Speech => ({ speech_id: "s1", site_id: "a", item_id: null, speaker: null, started_at: "2026-11-22T01:00:00.000Z", limit_s: 300, request_id: null, ended_at: null, origin: null, from_above: false, merged: [], ...part });
const state = (part: Partial<State>): State => ({ ...EMPTY, stage: "convened", chair_site_id: "chair", ...part });

describe("program", () => {
  it("shows the floor, then who talks in a discussion, then the chair", () => {
    expect(programSite(state({ floor: speech() }), "b")).toBe("a");
    expect(programSite(state({ mode: "discussion" }), "b")).toBe("b");
    expect(programSite(state({ mode: "one_speaker" }), "b")).toBe("chair");
    expect(programSite(state({ floor: speech(), stage: "suspended" }), "b")).toBe("chair");
  });
  it("is that of the room above while this one follows it: its floor, else its chair", () => {
    const link = { meeting_id: "above", side: "upper" as const, node: "n", title: "Tỉnh", status: "open" as const, since: "", missed: null };
    const slot = (site_id: string) => ({ mid: site_id, site_id, source: "camera" as const, paused: false });
    const far = { root: { title: "tỉnh", above: true }, other: { title: "xã khác", above: true }, below: { title: "xã", above: false } };
    const shown = (slots: string[], part: Partial<State> = {}) => programFromAbove(state({ links: [link], ...part }), slots.map(slot), far, "root");
    expect(shown(["chair", "root", "below"])).toBe("root");
    expect(shown(["root", "other"])).toBe("other");
    expect(shown(["chair", "below"])).toBeNull();
    expect(shown(["root"], { floor: speech() })).toBeNull();
    expect(shown(["root"], { links: [{ ...link, status: "away" }] })).toBeNull();
  });
  it("shows who speaks whoever gave him the floor, and an empty place only where there is no picture", () => {
    const slot = (site_id: string | null) => ({ mid: `${site_id}`, site_id, source: "camera" as const, paused: false });
    const far = { root: { title: "tỉnh", above: true }, other: { title: "sở", above: true } };
    const large = (floor: Partial<Speech> | null, slots: (string | null)[], mine = "a") => largeSite(state({ floor: floor && speech(floor) }), slots.map(slot), far, "root", null, mine);
    const granted = { from_above: true };
    expect(large(granted, ["b", "chair", "other", "root"])).toBe("root");
    expect(large(granted, ["b", "chair", "other"])).toBe("other");
    expect(large(granted, ["b", "chair"])).toBe("chair");
    expect(large({}, ["root", "b", "chair"])).toBe("chair");
    expect(large({}, [null, "b"])).toBe("b");
    expect([large(granted, [null]), large({}, [])]).toEqual(["root", "chair"]);
    expect(large({ ...granted, site_id: "chair" }, ["root"], "chair")).toBe("root");
    expect(large({ site_id: "chair" }, ["b"], "chair")).toBe("chair");
  });
  it("shows the others who speaks, with or without a picture", () => {
    const chair = { mid: "0", site_id: "chair", source: "camera" as const, paused: false };
    expect(largeSite(state({ floor: speech() }), [chair], {}, null, null, "b")).toBe("a");
    expect(largeSite(state({}), [], {}, null, null, "b")).toBe("chair");
    expect(largeSite(state({ chair_site_id: null }), [], {}, null, null, null)).toBeNull();
  });
  it("finds a site's slot by source, never an empty one", () => {
    const slots = [{ mid: "5", site_id: "a", source: "presentation", paused: false }, { mid: "6", site_id: "a", source: "camera", paused: true }, { mid: "7", site_id: null, source: "camera", paused: false }] as const;
    expect(slotOf(slots, "a", "camera")?.mid).toBe("6");
    expect(slotOf(slots, null, "camera")).toBeNull();
  });
  it("hears the chair always, others with the floor or in a discussion", () => {
    expect(isHeard(state({ mode: "chair_only" }), "chair")).toBe(true);
    expect(isHeard(state({ floor: speech() }), "a")).toBe(true);
    expect(isHeard(state({}), "b")).toBe(false);
    expect(isHeard(state({ mode: "discussion" }), "b")).toBe(true);
  });
  it("has a break with the room above while it follows that one and lets nobody of its own speak", () => {
    const link = { meeting_id: "above", side: "upper" as const, node: "n", title: "Tỉnh", status: "open" as const, since: "", missed: null };
    const stage = (part: Partial<State>, breakAbove = true) => stageOf({ state: state({ links: [link], ...part }), breakAbove });
    expect(stage({})).toBe("suspended");
    expect(stage({ floor: speech({ from_above: true }) })).toBe("suspended");
    expect(stage({ floor: speech() })).toBe("convened");
    expect(stage({ links: [{ ...link, status: "lost" }] })).toBe("convened");
    expect(stage({}, false)).toBe("convened");
    expect(stage({ stage: "testing" })).toBe("testing");
    const granted = { state: state({ links: [link], floor: speech({ from_above: true }) }), breakAbove: true };
    expect([isHeard(seen(granted), "a"), isHeard(seen(granted), "chair")]).toEqual([false, true]);
  });
  it("hears nobody beside the floor, and in a break the chair alone", () => {
    expect(isHeard(state({ floor: speech(), mode: "discussion" }), "b")).toBe(false);
    expect(["a", "b", "chair"].map((site) => isHeard(state({ floor: speech(), mode: "discussion", stage: "suspended" }), site))).toEqual([false, false, true]);
  });
  it("says what the others get of a site on air", () => {
    expect([onAirOf(true, true, true), onAirOf(true, true, false), onAirOf(true, false, true), onAirOf(true, false, false), onAirOf(false, true, true)]).toEqual(["both", "picture", "voice", "nothing", "cut"]);
  });
});

describe("clock of the floor", () => {
  it("is calm, then orange in the last 30 seconds, then over", () => {
    expect(floorClock(speech(), T0 + 100_000)).toEqual({ spentS: 100, leftS: 200, tone: "calm" });
    expect(floorClock(speech(), T0 + 270_000).tone).toBe("last");
    expect(floorClock(speech(), T0 + 301_000)).toEqual({ spentS: 301, leftS: -1, tone: "over" });
    expect(floorClock(speech({ limit_s: 0 }), T0 + 9_000_000).leftS).toBeNull();
  });
  it("has just begun for five seconds", () => {
    expect([0, 4_999, 5_000].map((ms) => justBegun(speech(), T0 + ms))).toEqual([true, true, false]);
  });
  it("sums times and seconds spoken, the present speech included", () => {
    const ended = speech({ speech_id: "s0", ended_at: "2026-11-22T01:01:00.000Z" });
    expect(spokenSums(state({ speeches: [ended], floor: speech() }), T0 + 30_000).get("a")).toEqual({ times: 2, totalS: 90 });
  });
});

describe("queue and roll", () => {
  it("moves a request to a place and stays inside the list", () => {
    const queue = ["x", "y", "z"].map((request_id) => ({ request_id, site_id: request_id, kind: "speech" as const, speaker: null, at: "", put_off: false, origin: null, forwarded: "no" as const, merged: [], joined: "" }));
    expect(moved(queue, "z", 0)).toEqual(["z", "x", "y"]);
    expect(moved(queue, "x", 99)).toEqual(["y", "z", "x"]);
    expect(moved(queue, "unknown", 0)).toEqual(["x", "y", "z"]);
  });
  it("counts the roll as called", () => {
    expect(rollSum(state({ roll: { at: "", present: ["a", "b"], excused: ["c"], absent: [] } }))).toEqual({ present: 2, excused: 1, absent: 0, expected: 3 });
  });
});

describe("who is next", () => {
  const queue = [{ request_id: "x", site_id: "b", kind: "speech" as const, speaker: null, at: "", put_off: false, origin: null, forwarded: "no" as const, merged: [], joined: "" }];
  it("is told while the floor is free, and in the last minute of the one before", () => {
    expect(isNext(state({ queue }), "b", T0)).toBe(true);
    expect(isNext(state({ queue, floor: speech() }), "b", T0 + 200_000)).toBe(false);
    expect(isNext(state({ queue, floor: speech() }), "b", T0 + 241_000)).toBe(true);
    expect(isNext(state({ queue, floor: speech({ limit_s: 0 }) }), "b", T0)).toBe(true);
  });
  it("is nobody who was put off, nor in a break, nor further behind", () => {
    expect(isNext(state({ queue: [{ ...queue[0]!, put_off: true }] }), "b", T0)).toBe(false);
    expect(isNext(state({ queue, stage: "suspended" }), "b", T0)).toBe(false);
    expect(isNext(state({ queue: [{ ...queue[0]!, site_id: "a" }, ...queue] }), "b", T0)).toBe(false);
  });
});

describe("hand-over of the chair", () => {
  const before = state({ chair_person_id: "old" });
  it("means something else to each side", () => {
    const to = (person_id: string | null, site_id: string | null) => handedTo({ person_id: "new", site_id: "a" }, before, { person_id, site_id });
    expect(to("new", "a")).toBe("me");
    expect(to(null, "a")).toBe("here");
    expect(to("old", "chair")).toBe("from_me");
    expect(to(null, "b")).toBe("other");
    expect(to("secretary", null)).toBe("other");
  });
});

describe("coming back", () => {
  it("waits from 0.3 s to 5 s, spread", () => {
    expect([0, 1, 2, 10].map((n) => backoffMs(n, 1))).toEqual([300, 600, 1200, 5000]);
    expect(backoffMs(10, 0)).toBe(2500);
  });
  it("never comes back by itself after a refusal or a take-over", () => {
    expect([4401, 4403, 4409, 4410].every((code) => FINAL_CODES.has(code))).toBe(true);
    expect(FINAL_CODES.has(1006)).toBe(false);
  });
});
