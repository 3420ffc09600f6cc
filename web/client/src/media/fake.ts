/** A media connection without a browser: records what was asked of it. Good enough to run a whole room in tests. */
import type { Capture, LineStats, MediaConnection, MediaSignalling, MediaState, Slot, SlotAssignment } from "./types";

export class FakeMedia implements MediaConnection {
  state: MediaState = "idle";
  slots: Slot[] = [];
  readonly calls: string[] = [];
  capture: Capture = { microphone: null, camera: null };

  constructor(private readonly signalling: MediaSignalling, private readonly onChange: () => void = () => undefined) {}

  async connect(): Promise<void> {
    this.calls.push("connect");
    const answer = await this.signalling.offer("v=0 fake offer");
    this.slots = answer.slots;
    this.state = "connected";
    this.onChange();
  }
  streamOf(): MediaStream | null {
    return null;
  }
  async setCapture(capture: Capture): Promise<void> {
    this.capture = capture;
  }
  async present(track: MediaStreamTrack | null): Promise<void> {
    this.calls.push(track ? "present" : "stop presenting");
  }
  async setActiveEncodings(active: string[]): Promise<void> {
    this.calls.push(`encodings ${active.join(",")}`);
  }
  setLateness(slots: readonly SlotAssignment[]): void {
    this.calls.push(`late ${slots.map((slot) => slot.late_ms ?? 0).join(",")}`);
  }
  async restartIce(): Promise<void> {
    this.calls.push("restart ice");
    await this.signalling.restartIce("v=0 fake offer");
  }
  async stats(): Promise<LineStats | null> {
    return null;
  }
  close(): void {
    this.state = "idle";
    this.calls.push("close");
  }
}
