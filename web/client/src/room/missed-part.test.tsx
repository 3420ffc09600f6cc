// @vitest-environment happy-dom
import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Link } from "../proceedings/state";
import { FakeApi, room, show } from "../testing";
import { LinkLine } from "./link-line";

const SINCE = "2026-11-23T01:10:00.000Z";
const link = (part: Partial<Link> = {}): Link => ({ meeting_id: "m0", side: "upper", node: "province", title: "Giao ban toàn tỉnh", status: "open", since: SINCE, missed: { seconds: 60, items: [], speeches: 1 }, ...part });
const part = (end: string) => ({
  begin_ms: Date.parse(end) - 60_000, end_ms: Date.parse(end),
  segments: [{ url: "/one.webm", duration_ms: 40_000 }, { url: "/two.mp4", duration_ms: 20_000 }],
  chapters: [{ start_ms: 0, kind: "item", title: "Phòng chống rét" }, { start_ms: 45_000, kind: "speech", title: "Xã Lùng Tám" }],
});
const server = (...items: unknown[]) => new FakeApi({ "GET /api/meetings/m1/missed": { items } });
const source = () => screen.getByTestId("missed-player").getAttribute("src");

class NoServer extends FakeApi {
  protected override send<T>(method: string, path: string, body?: unknown): Promise<T> {
    void super.send(method, path, body);
    return Promise.reject(new Error("offline"));
  }
}

afterEach(() => vi.useRealTimers());

describe("what was missed of the recording above", () => {
  it("plays once it is here, from the chapter chosen", async () => {
    const { inside } = room({ links: [link()] });
    show(inside(<LinkLine />), { api: server(part("2026-11-23T01:08:30.000Z")) }); // the clock above is 90 s behind
    fireEvent.click(await screen.findByTestId("watch-missed"));
    expect(screen.getByTestId("missed-part").textContent).toContain("Cuộc họp vẫn tiếp tục");
    expect(source()).toBe("/one.webm");
    const [item, speech] = screen.getAllByTestId("missed-chapter");
    expect(item!.textContent).toContain("Phòng chống rét");
    fireEvent.click(speech!);
    expect(source()).toBe("/two.mp4");
  });
  it("goes from one file to the next", async () => {
    const { inside } = room({ links: [link()] });
    show(inside(<LinkLine />), { api: server(part(SINCE)) });
    fireEvent.click(await screen.findByTestId("watch-missed"));
    fireEvent.ended(screen.getByTestId("missed-player"));
    expect(source()).toBe("/two.mp4");
  });
  it("goes on when the link drops again, until it is closed", async () => {
    const { inside, store } = room({ links: [link()] });
    show(inside(<LinkLine />), { api: server(part(SINCE)) });
    fireEvent.click(await screen.findByTestId("watch-missed"));
    fireEvent.ended(screen.getByTestId("missed-player"));
    const player = screen.getByTestId("missed-player");
    act(() => store.set({ state: { ...store.get().state, links: [link({ status: "lost", missed: null })] } }));
    expect(screen.getByTestId("link-line").dataset.status).toBe("lost");
    expect(screen.getByTestId("missed-player")).toBe(player);
    expect(source()).toBe("/two.mp4");
    expect(screen.queryByTestId("watch-missed")).toBeNull();
    fireEvent.click(screen.getAllByRole("button", { name: "Đóng" })[0]!);
    expect(screen.queryByTestId("missed-part")).toBeNull();
  });
  it("is not that of an earlier cut, nor there without one", async () => {
    const { inside, store } = room({ links: [link()] });
    const api = server(part("2026-11-23T00:30:00.000Z"));
    const view = show(inside(<LinkLine />), { api });
    await Promise.resolve();
    expect(api.asked).toHaveLength(1);
    expect(screen.queryByTestId("watch-missed")).toBeNull();
    view.unmount();
    for (const other of [link({ status: "lost" }), link({ missed: null }), link({ node: "" })]) {
      store.set({ state: { ...store.get().state, links: [other] } });
      const quiet = server(part(SINCE));
      const line = show(inside(<LinkLine />), { api: quiet });
      expect(quiet.asked).toEqual([]);
      line.unmount();
    }
  });
  it("is given up after a while, also where each answer is an error", async () => {
    vi.useFakeTimers();
    const { inside } = room({ links: [link()] });
    const api = new NoServer();
    show(inside(<LinkLine />), { api });
    await act(() => vi.advanceTimersByTimeAsync(20 * 60_000));
    const asked = api.asked.length;
    expect(asked).toBeGreaterThan(100);
    await act(() => vi.advanceTimersByTimeAsync(20 * 60_000));
    expect(api.asked).toHaveLength(asked);
  });
});
