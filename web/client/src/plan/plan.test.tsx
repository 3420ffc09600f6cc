// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { FakeApi, SESSION, show } from "../testing";
import { agendaSum, draftOf, emptyDraft, planOf, slotMinutes } from "./draft";
import { AgendaEditor } from "./agenda-editor";
import { MarkingField } from "./edit";
import { NoDeputy } from "./page";
import type { Meeting } from "../rest/types";
import { SecretNotice } from "./secret-notice";
import { markings } from "./secrecy";

const options = () => [...screen.getByTestId("plan-marking").querySelectorAll("option")].map((option) => [option.value, option.disabled]);

describe("the marking of a meeting", () => {
  it("cannot be Mật on a network, and the form says why", () => {
    show(<MarkingField value="none" change={() => undefined} />);
    expect(options()).toEqual([["none", false], ["internal", false], ["mat", true], ["toi_mat", true], ["tuyet_mat", true]]);
    expect(screen.getByText("Không chọn được Mật, Tối mật, Tuyệt mật: hệ thống này nối mạng nên không tiếp nhận bí mật nhà nước.")).toBeTruthy();
  });
  it("can be Mật and nothing above on an isolated network", () => {
    show(<MarkingField value="mat" change={() => undefined} />, { session: { ...SESSION, isolated_network: true } });
    expect(options().filter(([, disabled]) => disabled).map(([marking]) => marking)).toEqual(["toi_mat", "tuyet_mat"]);
    expect(markings(true).filter((one) => one.taken)).toHaveLength(3);
  });
  it("says in one sentence what is switched off, and never asks to record", () => {
    show(<><SecretNotice marking="internal" /><SecretNotice marking="mat" /></>);
    expect(screen.getAllByTestId("secret-notice")).toHaveLength(1);
    expect(planOf({ ...emptyDraft(0), title: "Họp", security_marking: "mat", record: true }).record).toBe(false);
    expect(planOf({ ...emptyDraft(0), title: "Họp", record: true }).record).toBe(true);
  });
});

describe("the agenda", () => {
  const items = [["Kinh tế", "30"], ["Chống rét", "60"], ["Kết luận", "45"]].map(([title, minutes], n) => ({ key: String(n), title: title!, minutes: minutes!, presenter_name: "" }));
  it("shows its sum against the slot, and what is too much", () => {
    const slot = slotMinutes({ date: "22/11/2026", from: "08:00", to: "10:00" });
    show(<AgendaEditor items={items} slot={slot} change={() => undefined} />);
    expect([agendaSum(items), slot]).toEqual([135, 120]);
    expect(screen.getByTestId("agenda-sum").textContent).toBe("Tổng 135 phút trên 120 phút của cuộc họp · Quá 15 phút");
  });
});

describe("a room below another without a deputy", () => {
  const meeting = { id: "m", title: "Giao ban", version: 3, stage: "sent", may: ["edit"], proposed_deputy: { id: "p2", name: "Sùng Mí Na" } } as unknown as Meeting;
  it("says so, and names the one who is proposed", async () => {
    const api = new FakeApi({ "PUT /api/meetings/m": {} });
    show(<NoDeputy meeting={meeting} />, { api });
    expect(screen.getByTestId("no-deputy").textContent).toContain("chưa có người được ủy quyền chủ trì");
    fireEvent.click(screen.getByRole("button", { name: "Ủy quyền đồng chí Sùng Mí Na" }));
    await waitFor(() => expect(api.asked.at(-1)).toMatchObject({ method: "PUT", body: { title: "Giao ban", deputy_person_id: "p2", version: 3 } }));
  });
});

describe("errors", () => {
  it("of fields are named as on screen", async () => {
    const { ApiError } = await import("../rest/request");
    const { ErrorNotice } = await import("../ui/notice");
    show(<ErrorNotice error={new ApiError(422, "invalid", "Có mục chưa đúng.", { site_ids: "Còn thiếu.", "body.items.0.minutes": "Phải lớn hơn 0.", unknown: "?" })} />, { api: new FakeApi() });
    expect([...screen.getByRole("alert").querySelectorAll("li")].map((line) => line.textContent)).toEqual(["Điểm cầu: Còn thiếu.", "Số phút: Phải lớn hơn 0."]);
  });
});

it("keeps what an item brings along", () => {
  const item = { id: "i1", position: 1, title: "Kết luận kỳ trước", minutes: 10, presenter_unit_id: "quanba", presenter_name: "", note: "1. Chống rét" };
  const other = { ...item, id: "i2", position: 2, note: "", presenter_unit_id: null };
  const meeting = { ...emptyDraft(0), starts_at: "2026-11-05T01:00:00Z", ends_at: "2026-11-05T03:00:00Z", deputy: null, speech_limit_s: 300, sites: [], items: [other, item] };
  const items = planOf(draftOf(meeting as unknown as Meeting)).items;
  expect(items?.map((one) => [one.id, one.note, one.presenter_unit_id])).toEqual([["i1", "1. Chống rét", "quanba"], ["i2", undefined, undefined]]);
});
