/** Simulcast versions of the camera. Chromium keeps the first two encodings of a capture below 960x540, the first of one below 480x270. */

export interface Encoding { rid: string; scaleResolutionDownBy: number; maxBitrate: number; active: boolean }

const SMALL_WIDTH = 960;
const SMALL_HEIGHT = 540;
const TINY_WIDTH = 480;
const TINY_HEIGHT = 270;

export function isSmall(width: number, height: number): boolean {
  return width < SMALL_WIDTH || height < SMALL_HEIGHT;
}

/** q, h, f for a camera of this size; a small one is sent at half and at full size, a tiny one as it is. */
export function encodingsFor(width: number, height: number): Encoding[] {
  if (width < TINY_WIDTH || height < TINY_HEIGHT) {
    const q = { rid: "q", scaleResolutionDownBy: 1, maxBitrate: 200_000, active: true };
    return [q, { ...q, rid: "h", active: false }, { ...q, rid: "f", active: false }];
  }
  if (isSmall(width, height)) {
    return [
      { rid: "q", scaleResolutionDownBy: 2, maxBitrate: 150_000, active: true },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 600_000, active: true },
      { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 600_000, active: false },
    ];
  }
  return [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000, active: true },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000, active: true },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_600_000, active: true },
  ];
}

/** The server says which versions somebody watches; the lowest always flows, so that a switch has a keyframe at once. */
export function withActive(encodings: Encoding[], active: readonly string[]): Encoding[] {
  return encodings.map((e) => ({ ...e, active: e.active && (e.rid === "q" || active.includes(e.rid)) }));
}
