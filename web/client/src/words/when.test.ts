import { describe, expect, it } from "vitest";
import { chapterAt, sourceAt } from "../minutes/timeline";
import type { Recording } from "../minutes/types";
import { agendaSum, slotMinutes } from "../plan/draft";
import { clockOf, dateOf, momentOf, parseDate, parseEnd, parseMoment, weekdayOf } from "./when";

describe("dates", () => {
  it("are those of Hà Nội whatever the machine says", () => {
    expect(momentOf("2026-11-05T07:00:00Z")).toBe("14:00 ngày 05/11/2026");
    expect(dateOf("2026-11-05T18:00:00Z")).toBe("06/11/2026");
    expect(weekdayOf("2026-11-22T05:00:00Z")).toBe("Chủ nhật");
  });
  it("are read as people type them and refused when there is no such day", () => {
    expect(parseMoment("5/11/2026", "14h")).toBe("2026-11-05T07:00:00.000Z");
    expect(parseMoment("05-11-2026", "08:30")).toBe("2026-11-05T01:30:00.000Z");
    expect(parseEnd("05/11/2026", "14:00", "16:00")).toBe("2026-11-05T09:00:00.000Z");
    expect(parseEnd("05/11/2026", "23:30", "00:45")).toBe("2026-11-05T17:45:00.000Z"); // a flood at night
    expect(parseEnd("05/11/2026", "14:00", "09:00")).toBe("2026-11-05T02:00:00.000Z"); // a slip, which the form refuses
    expect([parseMoment("31/02/2026", "08:00"), parseMoment("05/11/2026", "25:00"), parseMoment("", "")]).toEqual([null, null, null]);
    expect(parseDate("30/11/2026")).toBe("2026-11-30");
  });
  it("show clocks with minutes and hours", () => {
    expect([clockOf(5), clockOf(65), clockOf(3700), clockOf(-3)]).toEqual(["0:05", "1:05", "1:01:40", "−0:03"]);
  });
});

describe("agenda and recording", () => {
  it("sums what can be summed", () => {
    expect(agendaSum([{ minutes: "45" }, { minutes: "x" }, { minutes: "30" }])).toBe(75);
    expect(slotMinutes({ date: "05/11/2026", from: "08:00", to: "10:00" })).toBe(120);
  });
  it("jumps over a gap to the next segment and names the speech, not the item around it", () => {
    const segments = [{ url: "0", start_ms: 0, duration_ms: 1000, media_type: "" }, { url: "1", start_ms: 5000, duration_ms: 1000, media_type: "" }];
    const recording = { mp4: null, segments, duration_ms: 6000 } as unknown as Recording;
    expect(sourceAt(recording, 2000)?.url).toBe("1");
    const chapter = (kind: "item" | "speech", start_ms: number, end_ms: number) => ({ kind, start_ms, end_ms, title: kind, site_id: null, item_id: null, speech_id: null });
    expect(chapterAt([chapter("item", 0, 100), chapter("speech", 10, 20)], 15)?.kind).toBe("speech");
  });
});
