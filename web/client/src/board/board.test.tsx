// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { FakeApi, show } from "../testing";
import { BoardView } from "./page";
import { board, row } from "./rows.test";

const BOARD = board([row("Lùng Tám", { state: "joined", problems: ["no_sound"], video: true }), row("Thanh Vân", { room_id: "quanba", state: "tested" })]);
const names = () => screen.getAllByTestId("board-row").map((line) => line.dataset.siteId);

describe("the board", () => {
  it("shows only sites with problems, each with the number to call", async () => {
    show(<BoardView id="root" board={BOARD} stale={false} />);
    expect(names()).toEqual(["Lùng Tám", "Thanh Vân"]);
    fireEvent.click(screen.getByTestId("bad-only"));
    await waitFor(() => expect(names()).toEqual(["Lùng Tám"]));
    expect(screen.getByRole("link", { name: "Gọi cán bộ kỹ thuật trực xã Lùng Tám, số 0219 000 0001" }).getAttribute("href")).toBe("tel:02190000001");
  });
  it("writes to a site and puts it on air, also one that another server holds", async () => {
    const api = new FakeApi({ "POST /api/meetings/root/board/Lùng Tám/message": {}, "POST /api/meetings/root/board/Lùng Tám/air": {} });
    show(<BoardView id="root" board={BOARD} stale={false} />, { api });
    fireEvent.click(screen.getByRole("button", { name: "xã Lùng Tám" }));
    fireEvent.change(screen.getByTestId("site-message"), { target: { value: "Bật micro" } });
    fireEvent.click(screen.getByTestId("send-message"));
    await waitFor(() => expect(api.asked.at(-1)).toMatchObject({ method: "POST", body: { text: "Bật micro" } }));
    fireEvent.click(screen.getByTestId("put-on-air"));
    await waitFor(() => expect(api.asked.at(-1)?.path).toContain("/air"));
    cleanup();
    show(<BoardView id="root" board={board([row("Thanh Vân", { room_id: "quanba", state: "joined", far: true })])} stale={false} />, { api });
    fireEvent.click(screen.getByRole("button", { name: "xã Thanh Vân" }));
    expect(screen.getByTestId("put-on-air").textContent).toBe("Đưa lên phát");
    expect(screen.getByTestId("look")).toBeTruthy();
  });
  it("warns of a clock that is wrong, with how many seconds, also while the site is not in yet", () => {
    const check = { at: "2026-11-23T00:40:00Z", is_ready: false, microphone: true, camera: true, down_kbps: 9000, up_kbps: 4000, rtt_ms: 20, loss: 0, clock_ms: -91_400 };
    const rows = [row("Lùng Tám", { state: "joined", problems: ["clock"], clock_s: 90, audio: true, video: true }), row("Thanh Vân", { problems: ["check_clock"], check })];
    show(<BoardView id="root" board={board(rows)} stale={false} />);
    expect(screen.getAllByTestId("board-row").map((line) => line.lastElementChild?.textContent)).toEqual(["Đồng hồ máy nhanh 90 giây ☎ 0219 000 0001", "Kiểm tra: đồng hồ máy chậm 91 giây ☎ 0219 000 0001"]);
    fireEvent.click(screen.getByRole("button", { name: "xã Lùng Tám" }));
    expect(document.querySelector("[data-problem=clock]")?.textContent).toBe("Đồng hồ máy nhanh 90 giây");
  });
  it("says that all is well", async () => {
    show(<BoardView id="root" board={board([row("a", { state: "joined" })])} stale={false} />);
    fireEvent.click(screen.getByTestId("bad-only"));
    await waitFor(() => expect(screen.getByText("Không có điểm cầu nào có vấn đề.")).toBeTruthy());
  });
});
