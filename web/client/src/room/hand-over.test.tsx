// @vitest-environment happy-dom
import { fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { BoardRow } from "../rest/linked";
import type { Link, SiteState, State } from "../proceedings/state";
import { FakeApi, room, show, welcome } from "../testing";
import { HandedDialog } from "./handed";
import { HandOver } from "./hand-over";
import { LinkLine } from "./link-line";
import { isHeard } from "./model";
import { DeskPanel } from "./panels/desk";
import type { Desk } from "./wire";

const link = (part: Partial<Link> = {}): Link => ({ meeting_id: "m2", side: "lower", node: "", title: "Huyện Quản Bạ", status: "open", since: new Date().toISOString(), missed: null, ...part });
const here = (site_id: string): SiteState => ({ site_id, expected: true, connection_id: "c", joined_at: null, first_joined_at: null, left_at: null, head_count: null, people: [], attendance: "unknown", reason: "", deputy: null });
const row = (site_id: string, room_id: string, state: BoardRow["state"] = "joined") => ({ site_id, room_id, state, unit_title: `xã ${site_id}` }) as BoardRow;
const FAR = { meeting_id: "m2", site_name: "xã Lùng Tám", chair: { name: "Giàng Mí Sính", post: "" }, lent_by: { person_id: "p1", site_id: "chair" } };
const ABOVE = { meeting_id: "m0", person_id: "p9", site_id: "a", through: null, chair: { name: "Giàng Mí Sính", post: "" } };

describe("the hand-over", () => {
  const board = { rooms: [{ id: "m1", unit_title: "tỉnh" }, { id: "m2", unit_title: "huyện Quản Bạ" }, { id: "m3", unit_title: "huyện Vị Xuyên" }], rows: [row("a", "m1"), row("far", "m2"), row("gone", "m2", "tested"), row("gone2", "m3", "invited")] };
  it("offers the sites of rooms below that are there, and hands them the chair without naming anybody", async () => {
    const { did, inside } = room({ links: [link()], sites: { a: here("a") } });
    show(inside(<HandOver onClose={() => undefined} />), { api: new FakeApi({ "GET /api/meetings/m1/board": board }) });
    const option = await screen.findByText<HTMLOptionElement>("xã far");
    expect(screen.queryByText("xã gone")).toBeNull();
    expect([...document.querySelectorAll("optgroup")].map((group) => group.label)).toEqual(["Phòng huyện Quản Bạ"]);
    fireEvent.change(screen.getByTestId("hand-over-site"), { target: { value: option.value } });
    expect(screen.queryByTestId("hand-over-person")).toBeNull();
    fireEvent.click(screen.getByTestId("hand-over-confirm"));
    expect(did).toEqual([["lend_chair", { site_id: "far" }]]);
  });
  it("asks for a person at a site of the room, and nobody for the board while no room is below", () => {
    const api = new FakeApi();
    const { inside } = room({ sites: { a: here("a") } });
    show(inside(<HandOver onClose={() => undefined} />), { api });
    expect(screen.getByTestId("hand-over-person")).toBeTruthy();
    expect(screen.getByTestId<HTMLButtonElement>("hand-over-confirm").disabled).toBe(true);
    expect(api.asked.map((one) => one.path)).not.toContain("/api/meetings/m1/board");
  });
  it("is taken back by who may", () => {
    const { did, inside } = room({ far_chair: FAR, chair_site_id: "far", links: [link()] }, { welcome: { ...welcome(), may: ["return_chair"] } });
    show(inside(<LinkLine />));
    fireEvent.click(screen.getByTestId("take-chair-back"));
    expect(did).toEqual([["return_chair", {}]]);
  });
});

describe("the line about the chair", () => {
  const said = (state: Partial<State>, testid: string) => {
    const view = show(room(state).inside(<LinkLine />));
    const text = screen.getByTestId(testid).textContent;
    view.unmount();
    return text;
  };
  it("says where the chair is, who goes on when he is cut off, and to the room below that it has him", () => {
    expect(said({ far_chair: FAR, chair_site_id: "far", links: [link()] }, "far-chair")).toBe("Chủ trì tại xã Lùng Tám: Giàng Mí Sính.");
    const cut = { far_chair: FAR, chair_site_id: "chair", absent_chair: { person_id: "p9", site_id: "far" }, links: [link({ status: "lost" })] };
    expect(said(cut, "far-chair")).toBe("Mất kết nối với chủ tọa tại xã Lùng Tám. huyện Quản Bạ chủ trì tạm thời.");
    expect(said({ chair_above: ABOVE, links: [link({ meeting_id: "m0", side: "upper", title: "Giao ban tỉnh" })] }, "chair-above")).toBe("thị trấn Tam Sơn (Giàng Mí Sính) đang chủ trì cuộc họp cấp trên: Giao ban tỉnh.");
  });
});

describe("the far chair", () => {
  const linked = { chair_above: ABOVE, links: [link({ meeting_id: "m0", side: "upper" as const, title: "Giao ban tỉnh" })] };
  const desk: Desk = {
    title: "Giao ban tỉnh", now: new Date().toISOString(), stage: "convened", mode: "one_speaker", may: ["grant_next"], waiting: 2, sites: [{ id: "s1", title: "Sở Y tế" }], items: [{ id: "i1", title: "Kinh tế", status: "waiting" }],
    floor: { speech_id: "s", site_id: "s2", title: "Sở Tài chính", speaker: null, started_at: new Date().toISOString(), limit_s: 300 },
    queue: ["r1", "r2"].map((request_id) => ({ request_id, site_id: request_id, title: `xã ${request_id}`, path: [], kind: "speech", speaker: null, at: "", put_off: false, with: [] })),
  };
  it("is heard, while the rooms are linked", () => {
    const state = room(linked).store.get().state;
    expect(isHeard(state, "a")).toBe(true);
    expect(isHeard({ ...state, links: [link({ meeting_id: "m0", side: "upper", status: "lost" })] }, "a")).toBe(false);
    expect(isHeard({ ...state, chair_above: null }, "a")).toBe(false);
  });
  it("has the chair's buttons for the room above", () => {
    const { did, inside } = room(linked, { desk });
    show(inside(<DeskPanel />));
    expect(screen.getByTestId("desk-floor").textContent).toContain("Sở Tài chính");
    fireEvent.click(screen.getByTestId("desk-grant-next"));
    fireEvent.click(screen.getAllByTestId("desk-grant")[1]!);
    fireEvent.click(screen.getAllByTestId("desk-up")[1]!);
    fireEvent.click(screen.getByTestId("desk-open-item"));
    fireEvent.change(screen.getByTestId("desk-call"), { target: { value: "s1" } });
    fireEvent.click(screen.getByTestId("desk-call-grant"));
    fireEvent.click(screen.getByTestId("desk-return"));
    expect(did).toEqual([
      ["above", "grant_next", {}], ["above", "grant_floor", { site_id: "r2", request_id: "r2" }], ["above", "reorder", { request_ids: ["r2", "r1"] }],
      ["above", "open_item", { item_id: "i1" }], ["above", "grant_floor", { site_id: "s1" }], ["above", "return_chair", {}],
    ]);
  });
  it("is told so", () => {
    show(room(linked).inside(<HandedDialog handed="above" dismiss={() => undefined} />));
    expect(screen.getByTestId("handed-above").textContent).toContain("Giao ban tỉnh");
  });
});
