/** How long to wait before the next attempt: 0.3 s doubling to 5 s, spread so that 200 sites do not return in one instant. */

export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(300 * 2 ** attempt, 5_000);
  return Math.round(full * (0.5 + random / 2));
}

/** Close codes after which coming back by itself would be wrong. */
export const FINAL_CODES: ReadonlySet<number> = new Set([4400, 4401, 4403, 4404, 4409, 4410, 4426]);
