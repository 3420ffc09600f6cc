// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { ForeignTicket, Meeting } from "../rest/types";
import { FakeApi, show } from "../testing";
import { ForeignDevices } from "./foreign";

const meeting = { id: "m1", sites: [{ site_id: "s1", site_name: "", unit_title: "xã Lùng Tám" }] } as Meeting;
const ticket: ForeignTicket = { id: "t1", kind: "ingest", site_id: "s1", label: "Bộ mã hóa", url: "https://h/api/whip/m1", revoked_at: null, in_use: 1 };

describe("tickets for other devices", () => {
  it("are given for a site, with the token shown until it is copied", async () => {
    const api = new FakeApi({ "GET /api/meetings/m1/tickets": { items: [] }, "POST /api/meetings/m1/tickets": { ...ticket, token: "secret" } });
    show(<ForeignDevices meeting={meeting} />, { api });
    fireEvent.change(screen.getByTestId("ticket-label"), { target: { value: " Bộ mã hóa " } });
    fireEvent.click(screen.getByTestId("give-ticket"));
    expect((await screen.findByTestId("ticket-token")).textContent).toBe("secret");
    expect(screen.getByTestId("ticket-url").textContent).toBe("https://h/api/whip/m1");
    expect(api.asked.find((one) => one.method === "POST")?.body).toEqual({ kind: "ingest", label: "Bộ mã hóa", site_id: "s1" });
    fireEvent.click(screen.getByText("Đã chép xong"));
    expect(screen.queryByTestId("ticket-token")).toBeNull();
  });
  it("for the program need no site, and are revoked after a question", async () => {
    const api = new FakeApi({ "GET /api/meetings/m1/tickets": { items: [ticket, { ...ticket, id: "t2", revoked_at: "2026-11-22T01:00:00Z" }] }, "DELETE /api/meetings/m1/tickets/t1": "" });
    show(<ForeignDevices meeting={meeting} />, { api });
    expect(await screen.findAllByTestId("ticket")).toHaveLength(2);
    fireEvent.change(screen.getByTestId("ticket-kind"), { target: { value: "playback" } });
    expect(screen.queryByTestId("ticket-site")).toBeNull();
    fireEvent.click(screen.getByTestId("revoke-ticket"));
    fireEvent.click(screen.getByTestId("revoke-ticket-confirm"));
    await waitFor(() => expect(api.asked.some((one) => one.method === "DELETE")).toBe(true));
  });
});
