import { describe, expect, it } from "vitest";
import { lineFigures, lineText } from "./line-fields";

describe("the figures of a line", () => {
  it("are written in Mbps, with a comma or a point, and may be unknown", () => {
    expect(lineText({ line_down_kbps: 20_000, line_up_kbps: 7500 })).toEqual({ down: "20", up: "7,5" });
    expect(lineFigures({ down: "20", up: "7,5" })).toEqual({ line_down_kbps: 20_000, line_up_kbps: 7500 });
    expect(lineFigures({ down: "", up: " 4.2 " })).toEqual({ line_down_kbps: null, line_up_kbps: 4200 });
    expect(lineText({ line_down_kbps: null })).toEqual({ down: "", up: "" });
  });
  it("are refused when they are no numbers", () => {
    expect(lineFigures({ down: "fast", up: "" })).toBeNull();
    expect(lineFigures({ down: "-1", up: "" })).toBeNull();
  });
});
