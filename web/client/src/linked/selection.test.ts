import { describe, expect, it } from "vitest";
import type { Candidate } from "../rest/linked";
import { countByRoom, planOf, roomOf, sitesBelow, unitsOf, withHosts, withSites, type Selection } from "./selection";

const unit = (id: string, parent_id: string | null, code: string, rank: number): Candidate => ({ id, parent_id, title: id, level: { code, name: code, rank }, head: { id: `head-${id}`, name: id }, sites: [{ id: `s-${id}`, name: id }], node: null });
const ITEMS = [unit("tinh", "above", "province", 1), unit("quanba", "tinh", "district", 2), unit("tamson", "quanba", "commune", 3), unit("dongvan", "tinh", "district", 2), unit("lungcu", "dongvan", "commune", 3)];
const units = unitsOf(ITEMS);
const none: Selection = { hosts: new Map(), sites: new Set() };

describe("picking units of all levels", () => {
  it("knows the levels and the root from data", () => {
    expect([units.root, units.levels.map((l) => [l.code, l.units.length])]).toEqual(["tinh", [["district", 2], ["commune", 2]]]);
  });
  it("takes all below a unit at any depth", () => {
    expect(sitesBelow(units, "tinh").sort()).toEqual(["s-dongvan", "s-lungcu", "s-quanba", "s-tamson"]);
  });
  it("brings each site to its nearest hosting unit, and a host to its own room", () => {
    const picked = withSites(withHosts(none, [ITEMS[1]!], true), ["s-tamson", "s-lungcu"], true);
    expect(roomOf(units, picked.hosts, "tamson")).toBe("quanba");
    expect([...countByRoom(units, picked)]).toEqual([["quanba", 2], ["tinh", 1]]);
    expect(planOf(picked).hosts).toEqual([{ unit_id: "quanba", chair_person_id: "head-quanba", deputy_person_id: undefined, secretary_person_id: undefined, node_id: undefined }]);
    expect(withHosts(picked, [ITEMS[1]!], false).sites.has("s-quanba")).toBe(true);
  });
  it("asks a unit with an installation of its own to hold its room there", () => {
    const picked = withHosts(none, [{ ...ITEMS[1]!, node: { id: "node-1", name: "Quản Bạ" } }], true);
    expect(planOf(picked).hosts).toEqual([{ unit_id: "quanba", chair_person_id: undefined, deputy_person_id: undefined, secretary_person_id: undefined, node_id: "node-1" }]);
  });
  it("does not hang on units in a circle", () => {
    const circle = unitsOf([unit("root", null, "x", 0), unit("a", "b", "x", 1), unit("b", "a", "x", 1)]);
    expect(roomOf(circle, new Map(), "a")).toBe("root");
  });
});
