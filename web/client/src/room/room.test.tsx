// @vitest-environment happy-dom
import { act, fireEvent, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Speech } from "../proceedings/state";
import { room, show, welcome } from "../testing";
import { CoursePanel } from "./course";
import { HandedDialog, HandedNotice } from "./handed";
import { useInterruption, Strips } from "./interruptions";
import { OnAirBanner } from "./on-air";
import type { RoomController } from "./controller";
import { Picture } from "./picture";
import { Stage } from "./stage";
import { TopBar } from "./top-bar";

const floor = (part: Partial<Speech> = {}): Speech => ({ speech_id: "s1", site_id: "a", item_id: null, speaker: null, started_at: new Date().toISOString(), limit_s: 300, request_id: null, ended_at: null, origin: null, from_above: false, merged: [], ...part });

describe("the banner of a site on air", () => {
  it("says at once that everybody hears and sees it, and counts nothing down", () => {
    const { inside } = room({ floor: floor() });
    show(inside(<OnAirBanner />));
    expect(screen.getByTestId("on-air-text").textContent).toBe("ĐANG PHÁT – cả hội nghị đang nghe, nhìn thấy thị trấn Tam Sơn");
    expect(screen.getByTestId("on-air-now").textContent).toBe("Hình và tiếng đã phát. Mời phát biểu ngay.");
    expect(screen.getByTestId("on-air").textContent).not.toMatch(/còn \d+ giây/);
  });
  it("does not claim to be heard with the microphone switched off, and switches it on", () => {
    const { inside, did } = room({ floor: floor({ started_at: "2026-11-22T01:00:00.000Z" }) }, { micOn: false });
    show(inside(<OnAirBanner />));
    expect(screen.getByTestId("on-air-text").textContent).toContain("chưa nghe thấy tiếng");
    expect(screen.queryByTestId("on-air-now")).toBeNull();
    fireEvent.click(screen.getByTestId("on-air-mic"));
    expect(did).toEqual([["microphone", true]]);
    expect(screen.getByTestId("on-air-text").dataset.sent).toBe("both");
  });
  it("does not let anybody speak to nobody while picture and sound are cut off", () => {
    const { inside } = room({ floor: floor() }, { media: "reconnecting" });
    show(inside(<OnAirBanner />));
    expect(screen.getByTestId("on-air-text").textContent).toContain("Chờ nối lại rồi nói tiếp");
    expect(screen.queryByTestId("on-air-now")).toBeNull();
  });
  it("is not there in a break: the floor is kept, nothing is on air", () => {
    const { inside } = room({ floor: floor(), stage: "suspended" });
    show(inside(<OnAirBanner />));
    expect(screen.queryByTestId("on-air")).toBeNull();
    expect(screen.getByTestId("floor-kept").textContent).toContain("không phát hình và tiếng");
  });
  it("warns the first of the queue before, not after, it is on air", () => {
    const { inside } = room({ queue: [{ request_id: "r", site_id: "a", kind: "speech", speaker: null, at: "", put_off: false, origin: null, forwarded: "no" as const, merged: [], joined: "" }] });
    show(inside(<OnAirBanner />));
    expect(screen.getByTestId("next-up").textContent).toContain("Khi được mời, hình và tiếng phát ngay");
  });
});

describe("the large place", () => {
  it("is, for a commune that the room above gave the floor, the chair above and not its own, who has no picture", () => {
    const link = { meeting_id: "m0", side: "upper" as const, node: "n", title: "Tỉnh", status: "open" as const, since: "", missed: null };
    const slots = [{ mid: "7", site_id: "root", source: "camera" as const, paused: false }];
    const { inside } = room({ floor: floor({ from_above: true }), links: [link] }, { slots, far: { root: { title: "tỉnh Hà Giang", above: true } }, leads: "root" });
    show(inside(<Stage preview={null} />));
    const large = screen.getByTestId("program-video");
    expect([large.dataset.siteId, large.dataset.slot, large.getAttribute("aria-label")]).toEqual(["root", "7", "tỉnh Hà Giang"]);
    expect(large.closest("figure")?.textContent).toContain("Chủ tọa");
    expect(screen.getByTestId("self-video").dataset.siteId).toBe("a");
    expect(screen.queryByTestId("site-video")).toBeNull();
  });
});

describe("a weak line", () => {
  it("is told in plain words, with what is left", () => {
    const { inside } = room({}, { media: "connected", step: "still" });
    show(inside(<Strips refusal="" dismiss={() => undefined} />));
    expect(screen.getByTestId("weak-line").textContent).toBe("Đường truyền rất yếu: chỉ còn tiếng và ảnh người phát biểu, vài giây đổi một lần.");
  });
  it("says nothing while all is well", () => {
    const { inside } = room({}, { media: "connected" });
    show(inside(<Strips refusal="" dismiss={() => undefined} />));
    expect(screen.queryByTestId("weak-line")).toBeNull();
  });
  it("shows the photo of the one whose picture does not get through", () => {
    const { inside } = room({}, { media: "connected", step: "still", stills: { a: "data:image/jpeg;base64,/9j/4P/Z" } });
    show(inside(<><Picture title="Tam Sơn" siteId="a" paused /><Picture title="Quản Bạ" siteId="b" paused /></>));
    const photo = screen.getByTestId<HTMLImageElement>("still");
    expect([photo.alt, photo.src]).toEqual(["Ảnh của Tam Sơn", "data:image/jpeg;base64,/9j/4P/Z"]);
    expect(screen.getAllByText("Quản Bạ").length).toBe(2); // its card and its name
  });
});

describe("a meeting marked Mật", () => {
  const may = ["start_recording", "adjourn", "suspend"];
  it("says what is switched off and does not offer to record", () => {
    const { inside } = room({ recording: "off" }, { welcome: welcome({ role: "chair", may }, "mat") });
    show(inside(<><TopBar /><Strips refusal="" dismiss={() => undefined} /><CoursePanel /></>));
    expect(screen.getByTestId("secret-notice").textContent).toBe("Cuộc họp Mật: hệ thống không ghi hình, không gửi thư điện tử, không xuất tệp hay hồ sơ ra ngoài và không đưa vào tìm kiếm.");
    expect(screen.getByTestId("marking").textContent).toBe("Mật");
    expect(screen.queryByTestId("start-recording")).toBeNull();
  });
  it("others record when asked to", () => {
    const { inside, did } = room({ recording: "off" }, { welcome: welcome({ role: "chair", may }) });
    show(inside(<><Strips refusal="" dismiss={() => undefined} /><CoursePanel /></>));
    expect(screen.queryByTestId("secret-notice")).toBeNull();
    fireEvent.click(screen.getByTestId("start-recording"));
    expect(did[0]?.[0]).toBe("start_recording");
  });
});

describe("a plan that changes during the meeting", () => {
  it("is shown at once", () => {
    const { inside, store } = room({});
    show(inside(<TopBar />));
    act(() => store.set({ welcome: welcome({ meeting: { ...welcome().meeting, title: "Giao ban tháng 11" } }) }));
    expect(screen.getByRole("heading").textContent).toBe("Giao ban tháng 11");
  });
});

describe("hand-over of the chair", () => {
  it("tells the new chair in a dialog that stays until it is read", () => {
    let gone = false;
    const { inside } = room({ chair_site_id: "a" }, { welcome: welcome({ role: "chair", person_id: "p2" }) });
    show(inside(<HandedDialog handed="me" dismiss={() => (gone = true)} />));
    expect(screen.getByRole("dialog", { name: "Đồng chí là chủ tọa từ bây giờ" })).toBeTruthy();
    fireEvent.click(screen.getByTestId("handed-understood"));
    expect(gone).toBe(true);
  });
  it("asks a site that came by its link to log in as the new chair", () => {
    const { inside } = room({ chair_site_id: "a" });
    show(inside(<HandedDialog handed="here" dismiss={() => undefined} />));
    expect(screen.getByTestId("handed-log-in").getAttribute("href")).toBe("/login?next=%2Frooms%2Fm1");
  });
  it("tells the former chair and everybody else in one line", () => {
    const { inside } = room({ chair_site_id: "a" });
    const shown = show(inside(<HandedNotice handed="from_me" dismiss={() => undefined} />));
    expect(screen.getByTestId("chair-handed").textContent).toContain("Đã chuyển quyền chủ trì sang thị trấn Tam Sơn");
    shown.unmount();
    show(inside(<HandedNotice handed="other" dismiss={() => undefined} />));
    expect(screen.getByTestId("chair-handed").textContent).toBe("Quyền chủ trì đã chuyển sang thị trấn Tam Sơn.");
  });
});

describe("one site, two computers", () => {
  const Page = ({ controller }: { controller: RoomController }) => useInterruption(controller, "Giao ban");
  it("asks on the second and takes over by one click", () => {
    const { inside, did, controller } = room({}, { phase: "occupied" });
    show(inside(<Page controller={controller} />));
    expect(screen.getByTestId("occupied").textContent).toContain("Điểm cầu đang mở ở máy khác. Chuyển sang máy này?");
    fireEvent.click(screen.getByTestId("take-over"));
    expect(did).toEqual([["take"]]);
  });
  it("tells the first, which can take it back", () => {
    const { inside, controller } = room({}, { phase: "taken_over" });
    show(inside(<Page controller={controller} />));
    expect(screen.getByTestId("taken_over").textContent).toContain("không còn phát hình và tiếng");
    expect(screen.getByTestId("take-over").textContent).toBe("Chuyển lại máy này");
  });
});
