/** One RTCPeerConnection and one offer for the whole meeting: microphone, camera, presentation out; fixed slots in. */
import { preferCodecs } from "./codecs";
import { playLater } from "./lateness";
import { encodingsFor, withActive } from "./encodings";
import { LineMeter } from "./line";
import { LOOK_MS, PathWatch } from "./path";
import type { Capture, LineStats, MediaConnection, MediaSignalling, MediaState, Slot, SlotAssignment } from "./types";

const AUDIO_SLOTS = 3;
const PRESENTATION_BITRATE = 2_500_000;

interface Options {
  signalling: MediaSignalling;
  /** Video slots asked for: as many pictures as the role shows at once. */
  videoSlots: number;
  /** False for hall screens: nothing is sent. */
  sends: boolean;
  onChange: () => void;
}

export class RtcMedia implements MediaConnection {
  state: MediaState = "idle";
  slots: Slot[] = [];
  private pc: RTCPeerConnection | null = null;
  private camera: RTCRtpSender | null = null;
  private microphone: RTCRtpSender | null = null;
  private presentation: RTCRtpSender | null = null;
  private capture: Capture = { microphone: null, camera: null };
  private presented: MediaStreamTrack | null = null;
  private active: string[] = ["q", "h", "f"];
  private streams = new Map<string, MediaStream>();
  private late = new Map<string, number>();
  private watching: ReturnType<typeof setInterval> | undefined;
  private meter = new LineMeter();
  private attempt = 0;

  constructor(private readonly options: Options) {}

  async connect(iceServers: RTCIceServer[]): Promise<void> {
    const attempt = ++this.attempt;
    this.dropConnection();
    this.setState(this.state === "idle" ? "connecting" : "reconnecting");
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.pc = pc;
    this.addLines(pc);
    pc.onconnectionstatechange = () => this.watch(pc);
    await pc.setLocalDescription(await pc.createOffer());
    const answer = await this.options.signalling.offer(pc.localDescription!.sdp);
    if (attempt !== this.attempt) return;
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.slots = answer.slots;
    for (const transceiver of pc.getTransceivers()) {
      if (transceiver.mid) this.streams.set(transceiver.mid, new MediaStream([transceiver.receiver.track]));
    }
    this.applyLateness();
    await this.fitEncodings();
    this.options.onChange();
  }

  private addLines(pc: RTCPeerConnection): void {
    if (this.options.sends) {
      this.microphone = pc.addTransceiver(this.capture.microphone ?? "audio", { direction: "sendonly" }).sender;
      this.camera = pc.addTransceiver(this.capture.camera ?? "video", { direction: "sendonly", sendEncodings: this.encodings() }).sender;
      const encoding = { maxBitrate: PRESENTATION_BITRATE };
      this.presentation = pc.addTransceiver(this.presented ?? "video", { direction: "sendonly", sendEncodings: [encoding] }).sender;
    }
    for (let n = 0; n < AUDIO_SLOTS; n++) pc.addTransceiver("audio", { direction: "recvonly" });
    for (let n = 0; n < 1 + this.options.videoSlots; n++) pc.addTransceiver("video", { direction: "recvonly" });
    for (const transceiver of pc.getTransceivers()) preferCodecs(transceiver, transceiver.receiver.track.kind as "audio" | "video");
  }

  private encodings(): RTCRtpEncodingParameters[] {
    const { width = 1280, height = 720 } = this.capture.camera?.getSettings() ?? {};
    return withActive(encodingsFor(width, height), this.active);
  }

  /** Scales and switches the simulcast versions to the camera in use; Chromium may have kept fewer than offered. */
  private async fitEncodings(): Promise<void> {
    if (!this.camera?.track) return;
    const parameters = this.camera.getParameters();
    const wanted = this.encodings();
    for (const encoding of parameters.encodings ?? []) {
      const match = wanted.find((e) => e.rid === encoding.rid);
      if (match) Object.assign(encoding, match);
    }
    if (parameters.encodings?.length) await this.camera.setParameters(parameters).catch(() => undefined);
  }

  private watch(pc: RTCPeerConnection): void {
    if (pc !== this.pc) return;
    if (pc.connectionState === "connected") {
      this.setState("connected");
      this.watchPath(pc);
    }
    if (pc.connectionState === "disconnected") void this.restartIce();
    if (pc.connectionState === "failed") {
      this.setState("failed");
      void this.restartIce();
    }
  }

  /** Mends a dead path by itself, within 5 s of its last sign of life. */
  private watchPath(pc: RTCPeerConnection): void {
    clearInterval(this.watching);
    const path = new PathWatch();
    this.watching = setInterval(async () => {
      const report = await pc.getStats().catch(() => null);
      if (!report || pc !== this.pc) return;
      const now = path.read(report, performance.now());
      if (now === "dead") void this.restartIce();
      if (now === "alive" && pc.connectionState === "connected") this.setState("connected"); // mended before the browser noticed
    }, LOOK_MS);
  }

  async restartIce(): Promise<void> {
    const pc = this.pc;
    if (!pc || pc.signalingState === "closed") return;
    this.setState("reconnecting");
    try {
      pc.restartIce();
      await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
      const answer = await this.options.signalling.restartIce(pc.localDescription!.sdp);
      if (pc === this.pc) await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    } catch {
      if (pc === this.pc) this.setState("failed"); // the room then makes a whole new connection
    }
  }

  streamOf(mid: string): MediaStream | null {
    return this.streams.get(mid) ?? null;
  }

  async setCapture(capture: Capture): Promise<void> {
    this.capture = capture;
    await this.microphone?.replaceTrack(capture.microphone);
    await this.camera?.replaceTrack(capture.camera);
    await this.fitEncodings();
  }

  async present(track: MediaStreamTrack | null): Promise<void> {
    this.presented = track;
    if (track) track.contentHint = "detail";
    await this.presentation?.replaceTrack(track);
  }

  async setActiveEncodings(active: string[]): Promise<void> {
    this.active = active;
    await this.fitEncodings();
  }

  setLateness(slots: readonly SlotAssignment[]): void {
    this.late = new Map(slots.map((slot) => [slot.mid, slot.late_ms ?? 0]));
    this.applyLateness();
  }

  private applyLateness(): void {
    for (const { mid, receiver } of this.pc?.getTransceivers() ?? []) if (mid && this.late.has(mid)) playLater(receiver, this.late.get(mid)!);
  }

  async stats(): Promise<LineStats | null> {
    if (!this.pc || this.state !== "connected") return null;
    return this.meter.read(await this.pc.getStats(), performance.now());
  }

  close(): void {
    this.attempt++;
    this.dropConnection();
    this.setState("idle");
  }

  private dropConnection(): void {
    clearInterval(this.watching);
    if (this.pc) this.pc.onconnectionstatechange = null;
    this.pc?.close();
    this.pc = null;
    this.streams.clear();
    this.slots = [];
    this.meter = new LineMeter();
  }

  private setState(state: MediaState): void {
    if (state === this.state) return;
    this.state = state;
    this.options.onChange();
  }
}
