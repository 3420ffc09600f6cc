import { describe, expect, it } from "vitest";
import type { Fact } from "../proceedings/facts";
import { correctables, typed } from "./correctable";

const fact = (id: string, type: string, body: object) => ({ id, type, body, personal: { salt: "", values: body }, at: "2026-11-05T01:12:00.000Z" }) as unknown as Fact;

describe("what can be corrected", () => {
  it("is the newest report of each site, as corrected before", () => {
    const facts = [
      fact("1", "HeadCountReported", { site_id: "a", head_count: 2, people: [] }),
      fact("2", "HeadCountReported", { site_id: "a", head_count: 3, people: [{ name: "Lù Thị Mai", post: "Công chức" }] }),
      fact("3", "Corrected", { fact_id: "2", field: "head_count", old: "3", new: "4", reason: "đếm sót" }),
    ];
    const found = correctables(facts);
    expect(found.map((one) => [one.factId, one.what, one.now])).toEqual([["2", "head_count", "4"], ["2", "people", "Lù Thị Mai, Công chức"]]);
  });

  it("takes only what the field can hold", () => {
    expect(typed("number", " 12 ")).toBe(12);
    expect(typed("number", "mười")).toBeUndefined();
    expect(typed("date", "30/11/2026")).toBe("2026-11-30");
    expect(typed("date", "2026")).toBeUndefined();
    expect(typed("text", "  ")).toBeUndefined();
    expect(typed("people", "Lù Thị Mai, Công chức Văn hóa\n\nTẩn A Chúa")).toEqual([{ name: "Lù Thị Mai", post: "Công chức Văn hóa" }, { name: "Tẩn A Chúa", post: "" }]);
  });
});
