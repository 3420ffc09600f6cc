// @vitest-environment happy-dom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Fact } from "../proceedings/facts";
import type { Link, Request } from "../proceedings/state";
import { room, show, welcome } from "../testing";
import { vi } from "../words/vi";
import { announcementOf } from "./announcer";
import { FloorBar } from "./floor-bar";
import { LinkLine } from "./link-line";
import { QueuePanel } from "./panels/queue";

const link = (part: Partial<Link> = {}): Link => ({ meeting_id: "m0", side: "upper", node: "", title: "Giao ban toàn tỉnh", status: "open", since: new Date().toISOString(), missed: null, ...part });
const may = (...names: string[]) => ({ welcome: { ...welcome(), may: names } });
const line = () => screen.getByTestId("link-line").textContent;

describe("the line about the room above", () => {
  it("says that the room is linked, cut off, and back with what was missed", () => {
    const { store, inside } = room({ links: [link()] });
    const view = show(inside(<LinkLine />));
    expect(line()).toBe("Đang theo chương trình chung: Giao ban toàn tỉnh.");
    view.unmount();
    store.set({ state: { ...store.get().state, links: [link({ status: "lost", since: "2026-11-23T01:05:00Z" })] } });
    const lost = show(inside(<LinkLine />));
    expect(line()).toContain("Mất kết nối với cấp trên (Giao ban toàn tỉnh) từ 08:05");
    lost.unmount();
    store.set({ state: { ...store.get().state, links: [link({ missed: { seconds: 360, items: [], speeches: 2 } })] } });
    const back = show(inside(<LinkLine />));
    expect(line()).toBe("Đã nối lại với cấp trên. Đã lỡ 6 phút, 2 lượt phát biểu.");
    back.unmount();
    store.set({ state: { ...store.get().state, links: [link({ missed: { seconds: 360, items: ["i3"], speeches: 2 } })] } });
    show(inside(<LinkLine />));
    expect(line()).toBe("Đã nối lại với cấp trên. Đã lỡ 6 phút, 1 nội dung, 2 lượt phát biểu.");
  });
  it("says that the common program has a break", () => {
    const { store, inside } = room({ links: [link()] });
    store.set({ breakAbove: true });
    show(inside(<LinkLine />));
    expect(line()).toBe("Chương trình chung tạm nghỉ: Giao ban toàn tỉnh.");
  });
  it("says what a room below did while it was cut off", () => {
    const { inside } = room({ links: [link({ side: "lower", title: "Huyện Quản Bạ", missed: { seconds: 360, items: ["i3"], speeches: 2 } })] });
    show(inside(<LinkLine />));
    expect(screen.getByTestId("links-below").textContent).toContain("Huyện Quản Bạ đã nối lại sau 6 phút họp riêng, 1 nội dung, 2 lượt phát biểu.");
  });
  it("lets the chair leave for a closed discussion only when he says so twice, and come back", () => {
    const { did, inside, store } = room({ links: [link()] }, may("leave_program", "rejoin_program"));
    const view = show(inside(<LinkLine />));
    fireEvent.click(screen.getByTestId("leave-program"));
    expect(did).toEqual([]);
    fireEvent.click(screen.getByTestId("leave-sure"));
    expect(did).toEqual([["leave_program", {}]]);
    view.unmount();
    store.set({ state: { ...store.get().state, links: [link({ status: "away" })] } });
    show(inside(<LinkLine />));
    fireEvent.click(screen.getByTestId("rejoin-program"));
    expect(did.at(-1)).toEqual(["rejoin_program", {}]);
  });
});

describe("a request over levels", () => {
  const request = (part: Partial<Request> = {}): Request => ({ request_id: "r1", site_id: "a", kind: "speech", speaker: null, at: new Date().toISOString(), put_off: false, origin: null, forwarded: "no", merged: [], joined: "", ...part });
  it("is forwarded, and shows where it stands", () => {
    const { did, inside } = room({ links: [link()], queue: [request(), request({ request_id: "r2", site_id: "b", forwarded: "waiting" })] }, may("forward_request", "answer_request"));
    show(inside(<QueuePanel />));
    fireEvent.click(screen.getByTestId("forward-request"));
    expect(did).toEqual([["forward_request", { request_ids: ["r1"] }]]);
    expect(screen.getByTestId("forwarded").textContent).toBe("Đang chờ ở cấp trên");
  });
  it("is merged with others by the secretary; one that went up is not", () => {
    const { did, inside } = room({ links: [link()], queue: [request(), request({ request_id: "r2", site_id: "b" }), request({ request_id: "r3", site_id: "c", forwarded: "waiting" })] }, may("merge_requests"));
    show(inside(<QueuePanel />));
    const boxes = screen.getAllByTestId("pick-request");
    expect(boxes).toHaveLength(2);
    expect(screen.getByTestId<HTMLButtonElement>("merge-requests").disabled).toBe(true);
    for (const box of [...boxes].reverse()) fireEvent.click(box);
    expect(screen.getByTestId("merge-requests").textContent).toBe("Gộp 2 đăng ký");
    fireEvent.click(screen.getByTestId("merge-requests"));
    expect(did).toEqual([["merge_requests", { request_ids: ["r1", "r2"] }]]);
  });
  it("names those it speaks for, with their way, and who speaks for it above", () => {
    const origin = { meeting_id: "m2", site_name: "xã Lùng Tám", path: ["xã Lùng Tám", "huyện Quản Bạ"], asked_at: "" };
    const merged = [{ request_id: "r8", site_id: "b", kind: "speech" as const, speaker: null, at: "", origin: null }, { request_id: "r9", site_id: "far", kind: "speech" as const, speaker: null, at: "", origin }];
    show(room({ queue: [request({ merged, joined: "xã Nghĩa Thuận", forwarded: "waiting" })] }).inside(<QueuePanel />));
    expect(screen.getByTestId("with-others").textContent).toBe("nói thay cho xã Bát Đại Sơn, xã Lùng Tám › huyện Quản Bạ");
    expect(screen.getByTestId("joined").textContent).toBe("Ở cấp trên được gộp với đăng ký của xã Nghĩa Thuận");
  });
  it("that is merged with another says so to its site, which may still withdraw it", () => {
    const mine = { request_id: "r8", site_id: "a", kind: "speech" as const, speaker: null, at: "", origin: null };
    const { did, inside, store } = room({ queue: [request({ site_id: "b", merged: [mine] })] }, may("request_floor"));
    const view = show(inside(<FloorBar />));
    expect(screen.getByTestId("merged-into").textContent).toBe("Đăng ký được gộp, xã Bát Đại Sơn phát biểu thay");
    fireEvent.click(screen.getByTestId("withdraw-request"));
    expect(did).toEqual([["withdraw_request", { request_id: "r8" }]]);
    view.unmount();
    const before = store.get().state;
    const told = (type: "FloorGranted" | "FloorWithdrawn", body: object) => announcementOf({ type, body } as unknown as Fact, before, vi, { unit: () => "xã Bát Đại Sơn", item: () => "", mine: "a" })?.text;
    expect(told("FloorGranted", { request_id: "r1", site_id: "b" })).toBe("xã Bát Đại Sơn đang phát biểu, thay cả điểm cầu của bạn.");
    expect(told("FloorWithdrawn", { request_id: "r1" })).toBe("Đăng ký chung với điểm cầu của bạn đã được rút khỏi danh sách.");
    expect(told("FloorWithdrawn", { request_id: "r8" })).toBeUndefined();
  });
  it("from below names its way", () => {
    const origin = { meeting_id: "m2", site_name: "xã Lùng Tám", path: ["xã Lùng Tám", "huyện Quản Bạ"], asked_at: new Date().toISOString() };
    const { inside } = room({ queue: [request({ site_id: "far", origin })] });
    show(inside(<QueuePanel />));
    expect(screen.getByText("xã Lùng Tám")).toBeTruthy();
    expect(screen.getByTestId("origin").textContent).toContain("huyện Quản Bạ");
    cleanup();
    const speech = { speech_id: "s", site_id: "far", item_id: null, speaker: null, started_at: new Date().toISOString(), limit_s: 0, request_id: null, ended_at: null, origin, from_above: false, merged: [] };
    show(room({ floor: speech }).inside(<FloorBar />));
    expect(screen.getByTestId("floor-bar").textContent).toContain("xã Lùng Tám");
  });
});
