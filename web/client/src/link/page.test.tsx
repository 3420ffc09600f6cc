// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { FakeApi, SESSION, show } from "../testing";
import LinkPage from "./page";

vi.mock("../readiness/run", () => ({ runCheck: () => Promise.resolve({ microphone: true, camera: true, down_kbps: 9000, up_kbps: 4000, rtt_ms: 20, loss: 0, clock_ms: 5 }) }));

const SITE = { id: "s1", name: "Phòng họp", unit_title: "xã Bát Đại Sơn" };
const CHECK = { at: "2026-11-22T01:00:00.000Z", microphone: true, camera: true, down_kbps: 9000, up_kbps: 4000, rtt_ms: 20, loss: 0, clock_ms: 5, head_count: null, problems: [], is_ready: true };

function page(session: typeof SESSION | null) {
  const starts = new Date(Date.now() + 30 * 60_000).toISOString();
  const meeting = { id: "m1", title: "Giao ban", starts_at: starts, ends_at: starts, stage: "sent", chair: null, host: null };
  const api = new FakeApi({
    "GET /api/site-links/": { site_id: "s1", site_name: "Phòng họp", unit_title: SITE.unit_title, meeting, reply: "needs_action", state: "valid", contact_phone: "" },
    "POST /api/session/site": { ...SESSION, person: null, roles: [], site: SITE },
    "POST /api/meetings/m1/readiness": { check: CHECK },
  });
  show(<LinkPage />, { api, session });
  return api;
}

it("keeps what was typed and what was found when it takes the site's session", async () => {
  page(null);
  fireEvent.click(await screen.findByTestId("reply-declined"));
  fireEvent.change(screen.getByTestId("reply-reason"), { target: { value: "Sạt lở đường" } });
  fireEvent.click(await screen.findByTestId("run-readiness"));
  await waitFor(() => expect(screen.getByTestId("readiness-result").dataset.ready).toBe("true"));
  expect((screen.getByTestId("reply-reason") as HTMLInputElement).value).toBe("Sạt lở đường");
});

it("checks by itself where the machine was let in as this site before, and nowhere else", async () => {
  const stranger = page({ ...SESSION, person: null, site: { ...SITE, id: "s2" } } as unknown as typeof SESSION);
  await screen.findByTestId("run-readiness");
  await act(async () => { await Promise.resolve(); });
  expect(stranger.asked.filter((one) => one.method === "POST")).toEqual([]);
  const known = page({ ...SESSION, person: null, site: SITE } as unknown as typeof SESSION);
  await waitFor(() => expect(known.asked.map((one) => `${one.method} ${one.path}`)).toContain("POST /api/meetings/m1/readiness"));
});
