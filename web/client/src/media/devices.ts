/** Camera and microphone of this machine: opened together, or each on its own, with a reason when one does not open. */

export type DeviceProblem = "denied" | "deniedSystem" | "busy" | "noCamera" | "noMicrophone" | "insecure" | "deviceFailed";

export interface Opened {
  camera: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
  cameraProblem: DeviceProblem | null;
  microphoneProblem: DeviceProblem | null;
}

export interface Choice { cameraId?: string; microphoneId?: string }

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 20, max: 30 } };

export async function openDevices(choice: Choice = {}): Promise<Opened> {
  if (!navigator.mediaDevices?.getUserMedia) {
    return { camera: null, microphone: null, cameraProblem: "insecure", microphoneProblem: "insecure" };
  }
  const audio = choice.microphoneId ? { ...AUDIO, deviceId: { ideal: choice.microphoneId } } : AUDIO;
  const video = choice.cameraId ? { ...VIDEO, deviceId: { ideal: choice.cameraId } } : VIDEO;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio, video });
    return { camera: stream.getVideoTracks()[0] ?? null, microphone: stream.getAudioTracks()[0] ?? null, cameraProblem: null, microphoneProblem: null };
  } catch {
    return openApart(audio, video);
  }
}

async function openApart(audio: MediaTrackConstraints, video: MediaTrackConstraints): Promise<Opened> {
  const camera = await openOne({ video }, "noCamera");
  const microphone = await openOne({ audio }, "noMicrophone");
  return { camera: camera.track, cameraProblem: camera.problem, microphone: microphone.track, microphoneProblem: microphone.problem };
}

async function openOne(constraints: MediaStreamConstraints, missing: DeviceProblem) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    return { track: stream.getTracks()[0] ?? null, problem: null };
  } catch (error) {
    return { track: null, problem: problemOf(error, missing) };
  }
}

/** The browser's reason in terms of what a person can do about it. */
export function problemOf(error: unknown, missing: DeviceProblem): DeviceProblem {
  const { name = "", message = "" } = (error ?? {}) as { name?: string; message?: string };
  if (name === "NotAllowedError") return /system/i.test(message) ? "deniedSystem" : "denied";
  if (name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  if (name === "NotFoundError" || name === "OverconstrainedError") return missing;
  return "deviceFailed";
}

export async function listDevices(): Promise<{ cameras: MediaDeviceInfo[]; microphones: MediaDeviceInfo[] }> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return { cameras: all.filter((d) => d.kind === "videoinput"), microphones: all.filter((d) => d.kind === "audioinput") };
}

/** A short chime through the loudspeaker. */
export async function chime(): Promise<void> {
  const context = new AudioContext();
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.setValueAtTime(0.25, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 1.4);
  for (const frequency of [660, 880]) {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(context.currentTime + (frequency === 880 ? 0.25 : 0));
    tone.stop(context.currentTime + 1.4);
  }
  setTimeout(() => void context.close(), 2_000);
}
