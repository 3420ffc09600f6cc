// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Tree, TreeRoom } from "../rest/linked";
import { show } from "../testing";
import { Lines, Warnings } from "./lines";

const need = { down_kbps: 5200, up_kbps: 4000 };
const room = (id: string, part: Partial<TreeRoom>) => ({ unit: { id, title: `huyện ${id}`, level: "district" }, need: null, ...part }) as TreeRoom;
const tree: Tree = {
  meeting_id: "m", version: 1, may_plan: true, site_count: 2, per_site: { ...need, program_kbps: 5200 }, server: { ...need, line: { down_kbps: 90_000, up_kbps: 90_000 }, strain: "fits" },
  rooms: [room("A", {}), room("B", { need, line: { down_kbps: 20_000, up_kbps: 3000 }, strain: "over" }), room("C", { need, line: { down_kbps: null, up_kbps: null }, strain: "unknown" })],
  warnings: [{ code: "link_over", count: 1, names: ["huyện B"] }],
};

it("compares each link with the line it runs on, and says which does not carry it", () => {
  show(<><Lines tree={tree} /><Warnings tree={tree} stale={false} /></>);
  expect(screen.getByText("Không đủ").closest("div")?.textContent).toMatch(/huyện B.*5,2 Mbps.*4 Mbps.*20 Mbps.*3 Mbps/);
  expect(screen.getByText("Chưa khai báo").closest("div")?.textContent).toContain("huyện C");
  expect(screen.getByTestId("tree-warnings").textContent).toContain("Đường liên kết với máy chủ của đơn vị không đủ");
});
