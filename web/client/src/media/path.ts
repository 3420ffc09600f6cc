/** Notices that nothing comes back any more, long before the browser says "disconnected" (6 s) or "failed" (16 s). */

export const LOOK_MS = 500;
/** A healthy path brings reports every second while media flows, and an answer to a check every 2.5 s in any case. */
const SILENT_MS = 3_000;
/** An attempt to mend it has so long before the next. */
const AGAIN_MS = 5_000;

export class PathWatch {
  private heard = -1;
  private heardAt = 0;
  private mendedAt = -Infinity;

  /** "dead": to be mended now; told again only when the attempt has had its time. */
  read(report: { forEach(visit: (entry: Record<string, unknown>) => void): void }, now: number): "alive" | "silent" | "dead" {
    let heard = 0;
    let pairs = 0;
    report.forEach((entry) => {
      if (entry.type !== "candidate-pair") return;
      pairs++;
      for (const name of ["bytesReceived", "responsesReceived"]) if (typeof entry[name] === "number") heard += entry[name] as number;
    });
    if (!pairs || heard > this.heard) this.heardAt = now;
    const isAlive = heard > this.heard;
    this.heard = heard; // less than before where a restart began new pairs
    if (isAlive) return "alive";
    if (now - this.heardAt < SILENT_MS || now - this.mendedAt < AGAIN_MS) return "silent";
    this.mendedAt = now;
    return "dead";
  }
}
