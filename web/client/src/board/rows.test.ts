import { describe, expect, it } from "vitest";
import type { Board, BoardRow } from "../rest/linked";
import { countsOf, keepEqual, sectionsOf } from "./rows";

export const row = (site_id: string, part: Partial<BoardRow> = {}): BoardRow => ({
  site_id, room_id: "root", unit_title: `xã ${site_id}`, site_name: "Phòng họp", level: "commune", role: "required", phone: "0219 000 0001", reply: "accepted", reply_reason: "", delivery: "sent", tested_at: null,
  state: "invited", problems: [], audio: false, video: false, loss: 0, rtt_ms: 0, step: "full", head_count: null, on_air: false, asks: false, clock_s: 0, check: null, ...part,
});
export const board = (rows: BoardRow[]): Board => ({ now: "2026-11-23T01:00:00Z", title: "Giao ban", starts_at: "2026-11-23T01:30:00Z", stage: "testing", rows, rooms: [{ id: "root", parent_id: null, stage: "testing", unit_title: "tỉnh Hà Giang" }, { id: "quanba", parent_id: "root", stage: "testing", unit_title: "huyện Quản Bạ" }] });

describe("the rows of the board", () => {
  it("stay the same objects while nothing changed", () => {
    const before = board([row("a"), row("b")]);
    const after = keepEqual(before, board([row("a"), row("b", { state: "joined" })]));
    expect([after.rows[0] === before.rows[0], after.rows[1] === before.rows[1]]).toEqual([true, false]);
  });
  it("stand by room, and can be narrowed to those with problems or by name without marks", () => {
    const all = board([row("Lùng Tám", { problems: ["no_sound"] }), row("Quản Bạ", { room_id: "quanba" })]);
    const names = (badOnly: boolean, text = "") => sectionsOf(all, { badOnly, text }).map((s) => [s.room.id, s.depth, s.rows.length]);
    expect(names(false)).toEqual([["root", 0, 1], ["quanba", 1, 1]]);
    expect(names(true)).toEqual([["root", 0, 1]]);
    expect(names(false, "quan ba")).toEqual([["quanba", 1, 1]]);
  });
  it("are counted", () => {
    expect(countsOf([row("a", { state: "joined", head_count: 3 }), row("b", { state: "tested", problems: ["x"] })])).toEqual({ all: 2, joined: 1, tested: 1, bad: 1, heads: 3 });
  });
});
