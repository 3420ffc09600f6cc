/** A small JPEG of a camera, every few seconds, for those whose line carries sound but no picture. */

const WIDTH = 320;
const MAX_BYTES = 12_000;
const QUALITIES = [0.6, 0.4, 0.25, 0.15];
const LOOK_MS = 200;

/** Posts stills of the camera while it is asked to. */
export class StillCamera {
  private timer: ReturnType<typeof setInterval> | undefined;
  private video: HTMLVideoElement | null = null;

  constructor(private readonly track: () => MediaStreamTrack | null, private readonly post: (jpeg: string) => void) {}

  start(everyMs: number): void {
    this.stop();
    const shoot = () => void this.shoot();
    this.timer = setInterval(shoot, everyMs);
    shoot();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.video) this.video.srcObject = null;
    this.video = null;
  }

  private async shoot(): Promise<void> {
    const track = this.track();
    if (!track || track.readyState !== "live") return;
    const video = await this.showing(track);
    const jpeg = video && (await small(video));
    if (jpeg && this.timer !== undefined) this.post(jpeg);
  }

  /** The track in a video element nobody sees, once it has a picture. */
  private async showing(track: MediaStreamTrack): Promise<HTMLVideoElement | null> {
    const video = (this.video ??= Object.assign(document.createElement("video"), { muted: true, playsInline: true }));
    if ((video.srcObject as MediaStream | null)?.getTracks()[0] !== track) video.srcObject = new MediaStream([track]);
    await video.play().catch(() => undefined);
    for (let look = 0; look < 10 && video.videoWidth === 0; look++) await new Promise((done) => setTimeout(done, LOOK_MS));
    return video.videoWidth > 0 ? video : null;
  }
}

/** Base64 of the first quality that is small enough; null: none is. */
async function small(video: HTMLVideoElement): Promise<string | null> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob && blob.size <= MAX_BYTES) return base64(new Uint8Array(await blob.arrayBuffer()));
  }
  return null;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
