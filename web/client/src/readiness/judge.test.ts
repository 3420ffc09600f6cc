import { describe, expect, it } from "vitest";
import { clockOff, hears, kbps, lossOf, median, moves, transferMs } from "./judge";

const picture = (value: number, spot = value) => Uint8ClampedArray.from({ length: 64 }, (_, n) => (n === 1 ? spot : value));

describe("a check of a site", () => {
  it("sees a picture that moves, if only by the noise of a camera, and one that stands still", () => {
    expect([moves([picture(90), picture(90, 92)]), moves([picture(90), picture(90)]), moves([])]).toEqual([true, false, false]);
  });
  it("hears its own loudspeaker or a voice", () => {
    expect([hears(-70, -45, 0), hears(-50, -48, 0.1), hears(-50, -48, 0.4)]).toEqual([true, false, true]);
  });
  it("measures a line", () => {
    expect([transferMs(500, 40), transferMs(30, 37)]).toEqual([460, 15]); // faster than the usual round trip
    expect([kbps(1_000_000, 1000), median([9, 1, 5]), lossOf([20, 21, 22, 20, 400]), lossOf([])]).toEqual([8000, 5, 0.2, 0]);
  });
  it("knows how wrong its clock is", () => {
    expect(clockOff(1_000_000, 1_090_000 - 50, 1_090_000 + 50)).toBe(90_000);
  });
});
