/** What a check's samples say: a picture that moves, a tone that is heard, a line's speed and loss. Pure. */

/** Mean difference of brightness between small pictures taken half a second apart; a frozen picture gives exactly nothing. */
export function moves(pictures: readonly Uint8ClampedArray[]): boolean {
  const differences = pictures.slice(1).map((now, n) => {
    const before = pictures[n]!;
    let sum = 0;
    for (let at = 0; at < now.length; at += 4) sum += Math.abs(now[at + 1]! - before[at + 1]!);
    return sum / (now.length / 4);
  });
  return differences.some((difference) => difference > 0.02);
}

/** The tone of the loudspeaker stands out in the microphone (10 dB), or somebody speaks: the level is well above silence. */
export function hears(quiet: number, during: number, level: number): boolean {
  return during - quiet > 10 || level > 0.25;
}

export function kbps(bytes: number, ms: number): number {
  return Math.round((bytes * 8) / Math.max(ms, 1));
}

/** How long the bytes themselves took. A round trip lies in it too; but one slow minute of round trips must not leave next to nothing. */
export function transferMs(ms: number, rttMs: number): number {
  return Math.max(ms - rttMs, ms / 2);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Over HTTPS a lost packet shows as a reply that is late by a repeat: at least 180 ms beyond the usual. */
export function lossOf(times: readonly number[]): number {
  const usual = median(times);
  return times.length ? times.filter((ms) => ms > usual + 180).length / times.length : 0;
}

/** The site's clock minus the server's, when a question asked at `sent` was answered at `received`. */
export function clockOff(server: number, sent: number, received: number): number {
  return Math.round((sent + received) / 2 - server);
}
