/** What a receiver holds back so that packets which are repaired further up come in time; browsers know only of their own repairs. */
interface Held { jitterBufferTarget?: number | null; playoutDelayHint?: number | null }

export function playLater(receiver: object, ms: number): void {
  const held: Held = receiver;
  if ("jitterBufferTarget" in held) held.jitterBufferTarget = ms || null;
  else if ("playoutDelayHint" in held) held.playoutDelayHint = ms ? ms / 1000 : null; // Chromium before 124, in seconds
}
