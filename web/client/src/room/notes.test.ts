import { describe, expect, it } from "vitest";
import { stamped } from "./notes";

describe("a time-stamped note", () => {
  it("begins a line of its own", () => {
    expect(stamped("", "09:12", "xã Bát Đại Sơn – Giàng A Páo")).toBe("09:12 xã Bát Đại Sơn – Giàng A Páo: ");
    expect(stamped("09:10: mở đầu\n", "09:12", "")).toBe("09:10: mở đầu\n09:12: ");
  });
});
