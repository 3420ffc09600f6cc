/** What the room wants of a media connection; RtcMedia is the real one, FakeMedia the one for tests without browsers. */

export type SlotKind = "audio" | "video" | "presentation";
export interface Slot { mid: string; kind: SlotKind }

/** Who is in a slot now, as the server says. */
export interface SlotAssignment {
  mid: string;
  site_id: string | null;
  source: "camera" | "microphone" | "presentation";
  paused: boolean;
  /** To be played by so much later: what is lost on its way to the server is repaired so late. */
  late_ms?: number;
}

export type MediaState = "idle" | "connecting" | "connected" | "reconnecting" | "failed";

/** The two requests a media connection makes of the signalling. */
export interface MediaSignalling {
  offer(sdp: string): Promise<{ sdp: string; slots: Slot[] }>;
  restartIce(sdp: string): Promise<{ sdp: string }>;
}

export interface Capture {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
}

export interface LineStats {
  loss: number;
  rtt_ms: number;
  frozen_ms: number;
  bitrate_in: number;
  bitrate_out: number;
}

export interface MediaConnection {
  readonly state: MediaState;
  readonly slots: readonly Slot[];
  /** Makes a new connection to the media worker with the same tracks; also after the worker was replaced. */
  connect(iceServers: RTCIceServer[]): Promise<void>;
  streamOf(mid: string): MediaStream | null;
  setCapture(capture: Capture): Promise<void>;
  present(track: MediaStreamTrack | null): Promise<void>;
  setActiveEncodings(active: string[]): Promise<void>;
  setLateness(slots: readonly SlotAssignment[]): void;
  restartIce(): Promise<void>;
  stats(): Promise<LineStats | null>;
  close(): void;
}
