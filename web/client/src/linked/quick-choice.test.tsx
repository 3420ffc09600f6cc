// @vitest-environment happy-dom
import { fireEvent, screen } from "@testing-library/react";
import { useState } from "react";
import { expect, it } from "vitest";
import type { Candidate } from "../rest/linked";
import { show } from "../testing";
import { QuickChoice } from "./quick-choice";
import { unitsOf, type Selection } from "./selection";

const unit = (id: string, parent_id: string | null, code: string, rank: number): Candidate => ({ id, parent_id, title: id, level: { code, name: code, rank }, head: { id: `head-${id}`, name: id }, sites: [{ id: `s-${id}`, name: id }], node: null });
const units = unitsOf([unit("tinh", "above", "province", 1), unit("quanba", "tinh", "district", 2), unit("tamson", "quanba", "commune", 3), unit("dongvan", "tinh", "district", 2), unit("lungcu", "dongvan", "commune", 3)]);
let now: Selection;

function Page({ sites }: { sites: string[] }) {
  const [selection, setSelection] = useState<Selection>({ hosts: new Map(), sites: new Set(sites) });
  now = selection;
  return <QuickChoice units={units} selection={selection} change={setSelection} />;
}

const press = (button: string, level: string) => fireEvent.click(screen.getAllByTestId(button).find((one) => one.dataset.level === level)!);
const picked = () => [[...now.hosts.keys()], [...now.sites].sort()];

it("takes out again what came with the rooms of a level, and leaves what was picked before", () => {
  show(<Page sites={["s-quanba", "s-lungcu"]} />);
  press("rooms-level", "district");
  expect(picked()).toEqual([["quanba", "dongvan"], ["s-dongvan", "s-lungcu", "s-quanba"]]);
  press("rooms-level", "district");
  expect(picked()).toEqual([[], ["s-lungcu", "s-quanba"]]);
});

it("takes out all sites of a level again", () => {
  show(<Page sites={[]} />);
  press("all-level", "commune");
  expect(picked()).toEqual([[], ["s-lungcu", "s-tamson"]]);
  press("all-level", "commune");
  expect(picked()).toEqual([[], []]);
});
