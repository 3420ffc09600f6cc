/** How good the line is, from two readings of getStats: loss since the last, round trip, how long pictures stood still. */
import type { LineStats } from "./types";

interface Totals { lost: number; received: number; frozenS: number; bytesIn: number; bytesOut: number }

export class LineMeter {
  private last: (Totals & { at: number }) | null = null;

  read(report: { forEach(visit: (entry: Record<string, unknown>) => void): void }, at: number): LineStats {
    const now: Totals = { lost: 0, received: 0, frozenS: 0, bytesIn: 0, bytesOut: 0 };
    let rtt = 0;
    report.forEach((entry) => {
      const number = (name: string) => (typeof entry[name] === "number" ? (entry[name] as number) : 0);
      if (entry.type === "inbound-rtp") {
        now.lost += number("packetsLost");
        now.received += number("packetsReceived");
        now.frozenS += number("totalFreezesDuration");
        now.bytesIn += number("bytesReceived");
      }
      if (entry.type === "outbound-rtp") now.bytesOut += number("bytesSent");
      if (entry.type === "candidate-pair" && entry.nominated) rtt = Math.max(rtt, number("currentRoundTripTime") * 1000);
    });
    const before = this.last ?? { ...now, at: at - 1 };
    this.last = { ...now, at };
    const seconds = Math.max((at - before.at) / 1000, 0.001);
    const lost = Math.max(now.lost - before.lost, 0);
    const expected = lost + Math.max(now.received - before.received, 0);
    return {
      loss: expected ? Math.round((lost / expected) * 1000) / 1000 : 0,
      rtt_ms: Math.round(rtt),
      frozen_ms: Math.round(Math.max(now.frozenS - before.frozenS, 0) * 1000),
      bitrate_in: Math.round((Math.max(now.bytesIn - before.bytesIn, 0) * 8) / seconds),
      bitrate_out: Math.round((Math.max(now.bytesOut - before.bytesOut, 0) * 8) / seconds),
    };
  }
}
