/** When the check before a meeting is due: from 60 minutes before, and while the room is open for tests. Pure. */
const OPENS_MS = 60 * 60_000;

export function isTime(startsAt: string, stage: string, now: number): boolean {
  return stage === "testing" || (stage === "sent" && now >= Date.parse(startsAt) - OPENS_MS);
}
