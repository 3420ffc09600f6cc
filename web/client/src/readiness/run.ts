/** Runs one check at a site: camera, microphone against its own loudspeaker, both directions of the line, clock. */
import { openDevices } from "../media/devices";
import { levelOf } from "../media/level";
import type { Api } from "../rest/request";
import { clockOff, hears, kbps, lossOf, median, moves, transferMs } from "./judge";

export interface Report { microphone: boolean; camera: boolean; down_kbps: number; up_kbps: number; rtt_ms: number; loss: number; clock_ms: number }

const BYTES = 600_000;
const PINGS = 20;
const TONE_HZ = 1000;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function runCheck(api: Api): Promise<Report> {
  const { camera, microphone } = await openDevices();
  try {
    const [isMoving, isHeard] = await Promise.all([camera ? seesMovement(camera) : false, microphone ? hearsItself() : false]);
    return { camera: isMoving, microphone: isHeard, ...(await measureLine(api)) };
  } finally {
    camera?.stop();
    microphone?.stop();
  }
}

async function seesMovement(track: MediaStreamTrack): Promise<boolean> {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  await video.play().catch(() => undefined);
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 18 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pictures: Uint8ClampedArray[] = [];
  for (let n = 0; n < 6 && context; n++) {
    await wait(500);
    if (!video.videoWidth) continue;
    context.drawImage(video, 0, 0, 32, 18);
    pictures.push(context.getImageData(0, 0, 32, 18).data);
  }
  video.srcObject = null;
  return moves(pictures);
}

/** A tone through the loudspeaker, without the canceller that would take it out again. */
async function hearsItself(): Promise<boolean> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } }).catch(() => null);
  if (!stream) return false;
  const context = new AudioContext();
  const analyser = Object.assign(context.createAnalyser(), { fftSize: 4096, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(stream).connect(analyser);
  await context.resume().catch(() => undefined);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const samples = new Float32Array(analyser.fftSize);
  const at = Math.round((TONE_HZ * analyser.fftSize) / context.sampleRate);
  const strength = () => { analyser.getFloatFrequencyData(bins); return Math.max(...bins.slice(at - 2, at + 3)); };
  await wait(400);
  const quiet = strength();
  const gain = Object.assign(context.createGain());
  const tone = context.createOscillator();
  gain.gain.value = 0.2;
  tone.frequency.value = TONE_HZ;
  tone.connect(gain).connect(context.destination);
  tone.start();
  let during = -Infinity;
  let level = 0;
  for (let n = 0; n < 8; n++) {
    await wait(100);
    during = Math.max(during, strength());
    analyser.getFloatTimeDomainData(samples);
    level = Math.max(level, levelOf(samples));
  }
  tone.stop();
  stream.getTracks().forEach((track) => track.stop());
  await context.close();
  return hears(quiet, during, level);
}

async function measureLine(api: Api): Promise<Pick<Report, "down_kbps" | "up_kbps" | "rtt_ms" | "loss" | "clock_ms">> {
  const times: number[] = [];
  for (let n = 0; n < PINGS; n++) times.push(await timed(() => patiently(() => api.get("/api/readiness/bytes?n=1"))));
  const rtt = median(times);
  const down = await timed(() => patiently(() => api.get(`/api/readiness/bytes?n=${BYTES}`)));
  const form = new FormData();
  form.append("bytes", new Blob([crypto.getRandomValues(new Uint8Array(60_000)), ...Array.from({ length: 9 }, () => crypto.getRandomValues(new Uint8Array(60_000)))]));
  const up = await timed(() => patiently(() => api.post("/api/readiness/bytes", form)));
  const sent = Date.now();
  const { now } = await patiently(() => api.post<{ now: string }>("/api/readiness/bytes", new FormData()));
  return { down_kbps: kbps(BYTES, transferMs(down, rtt)), up_kbps: kbps(BYTES, transferMs(up, rtt)), rtt_ms: Math.round(rtt), loss: lossOf(times), clock_ms: clockOff(Date.parse(now), sent, Date.now()) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** While others measure the server asks to come again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await work();
    } catch (error) {
      if (n >= 20 || (error as { status?: number }).status !== 429) throw error;
      await wait(2000 + Math.random() * 3000);
    }
  }
}
