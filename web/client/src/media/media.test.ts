import { describe, expect, it } from "vitest";
import { wantedCodecs } from "./codecs";
import { problemOf } from "./devices";
import { encodingsFor, withActive } from "./encodings";
import { FakeMedia } from "./fake";
import { playLater } from "./lateness";
import { levelOf } from "./level";
import { LineMeter } from "./line";
import { LOOK_MS, PathWatch } from "./path";

describe("simulcast", () => {
  it("sends a small camera at half and full size, f off", () => {
    expect(encodingsFor(640, 360).map((e) => [e.rid, e.scaleResolutionDownBy, e.active])).toEqual([["q", 2, true], ["h", 1, true], ["f", 1, false]]);
    expect(encodingsFor(320, 180).map((e) => [e.rid, e.scaleResolutionDownBy, e.active])).toEqual([["q", 1, true], ["h", 1, false], ["f", 1, false]]);
    expect(encodingsFor(1280, 720).map((e) => e.scaleResolutionDownBy)).toEqual([4, 2, 1]);
  });
  it("switches off what nobody watches, never the lowest, never on what a small camera cannot", () => {
    expect(withActive(encodingsFor(1280, 720), ["h"]).map((e) => e.active)).toEqual([true, true, false]);
    expect(withActive(encodingsFor(640, 360), ["f"]).map((e) => e.active)).toEqual([true, false, false]);
  });
});

describe("offer", () => {
  it("asks for VP8, one H.264, their repair, and Opus", () => {
    const all = [{ mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=42e01f" }, { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=0;profile-level-id=42e01f" }, { mimeType: "video/VP8" }, { mimeType: "video/rtx" }, { mimeType: "video/AV1" }, { mimeType: "audio/opus" }, { mimeType: "audio/PCMU" }];
    expect(wantedCodecs(all).map((c) => c.mimeType)).toEqual(["video/VP8", "video/H264", "video/rtx", "audio/opus"]);
  });
  it("goes through the signalling, the fake too", async () => {
    const media = new FakeMedia({ offer: async () => ({ sdp: "", slots: [{ mid: "3", kind: "audio" }] }), restartIce: async () => ({ sdp: "" }) });
    await media.connect();
    expect([media.state, media.slots.length, media.calls]).toEqual(["connected", 1, ["connect"]]);
  });
});

describe("lateness", () => {
  it("is held back as the browser takes it, and not where there is none", () => {
    const receivers = [{ jitterBufferTarget: null }, { playoutDelayHint: null }, {}];
    for (const receiver of receivers) playLater(receiver, 250);
    expect(receivers).toEqual([{ jitterBufferTarget: 250 }, { playoutDelayHint: 0.25 }, {}]);
    for (const receiver of receivers) playLater(receiver, 0);
    expect(receivers).toEqual([{ jitterBufferTarget: null }, { playoutDelayHint: null }, {}]);
  });
});

describe("devices and line", () => {
  it("names what a person can do something about", () => {
    const error = (name: string, message = "") => Object.assign(new Error(message), { name });
    expect(problemOf(error("NotAllowedError"), "noCamera")).toBe("denied");
    expect(problemOf(error("NotAllowedError", "Permission denied by system"), "noCamera")).toBe("deniedSystem");
    expect(problemOf(error("NotReadableError"), "noCamera")).toBe("busy");
    expect(problemOf(error("NotFoundError"), "noMicrophone")).toBe("noMicrophone");
  });
  it("measures loudness from -60 dB to full scale", () => {
    expect(levelOf(new Float32Array(8))).toBe(0);
    expect(levelOf(new Float32Array(8).fill(1))).toBe(1);
  });
  it("tells loss and freezes since the last reading only", () => {
    const meter = new LineMeter();
    const report = (lost: number, received: number, frozen: number) => [{ type: "inbound-rtp", packetsLost: lost, packetsReceived: received, totalFreezesDuration: frozen, bytesReceived: received * 100 }];
    meter.read(report(10, 100, 1), 0);
    expect(meter.read(report(15, 195, 1.5), 1000)).toMatchObject({ loss: 0.05, frozen_ms: 500, bitrate_in: 76_000 });
  });
});

describe("path", () => {
  const pairs = (...bytes: number[]) => bytes.map((bytesReceived) => ({ type: "candidate-pair", bytesReceived, responsesReceived: 1 }));
  it("is found dead within 5 s of its last sign of life, and once per attempt", () => {
    const path = new PathWatch();
    const told: Record<string, string> = {};
    for (let at = 0; at <= 12_000; at += LOOK_MS) told[at] = path.read(pairs(at < 3_000 ? at : 3_000), at);
    const dead = Object.entries(told).filter(([, what]) => what === "dead").map(([at]) => Number(at)).sort((a, b) => a - b);
    expect(dead).toEqual([6_000, 11_000]);
  });
  it("is alive with nothing but an answer to a check every 2.5 s", () => {
    const path = new PathWatch();
    for (let at = 0; at <= 20_000; at += LOOK_MS) expect(path.read(pairs(Math.ceil((at + 1) / 2_500)), at)).not.toBe("dead");
  });
  it("counts a restart's new pairs from where they begin, and answers to checks as life", () => {
    const path = new PathWatch();
    path.read(pairs(9_000), 0);
    expect(path.read(pairs(10), 1_000)).toBe("silent");
    expect(path.read(pairs(11), 2_000)).toBe("alive");
    expect(path.read([], 60_000)).toBe("silent");
  });
});
