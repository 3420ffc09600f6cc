/** Ties the socket, the media connection and the store of one room together. No React here. */
import { StillCamera } from "../media/still";
import type { Capture, MediaConnection, MediaSignalling, Slot } from "../media/types";
import type { Fact } from "../proceedings/facts";
import { apply } from "../proceedings/reduce";
import type { State } from "../proceedings/state";
import { isHeard, seen } from "./model";
import { Signalling } from "./signalling";
import { RoomStore } from "./store";
import type { FromServer, Role, RoomPlan, Welcome } from "./wire";

const STATS_MS = 5_000;
const MEDIA_RETRY_MS = 3_000;
const CHAIRS: ReadonlySet<string> = new Set(["ChairHandedOver", "ChairLent", "DeputyPresided", "ChairResumed"]);

export type FactListener = (fact: Fact, before: State, after: State) => void;
type MediaFactory = (role: Role, signalling: MediaSignalling, onChange: () => void) => MediaConnection;

export class RoomController {
  readonly store = new RoomStore();
  media: MediaConnection | null = null;
  onFact: FactListener = () => undefined;
  private readonly signalling: Signalling;
  private capture: Capture = { microphone: null, camera: null };
  private takeOver = false;
  private bootId: string | undefined;
  private statsTimer: ReturnType<typeof setInterval> | undefined;
  private mediaTimer: ReturnType<typeof setTimeout> | undefined;
  private bestRtt = Infinity;
  private screen: MediaStreamTrack | null = null;
  private readonly stillCamera = new StillCamera(() => this.outgoing().camera, (jpeg) => this.signalling.tell("still", { jpeg }));

  constructor(url: string, private readonly wantedRole: Role | undefined, private readonly makeMedia: MediaFactory) {
    const hello = () => ({ role: this.wantedRole, cursor: this.store.get().cursor, boot_id: this.bootId, previous: this.store.get().welcome?.connection_id, take_over: this.takeOver });
    this.signalling = new Signalling(url, hello, {
      message: (message) => this.receive(message),
      closed: (code, final) => this.closed(code, final),
    });
  }

  start(capture: Capture): void {
    this.capture = capture;
    this.signalling.open();
    this.statsTimer = setInterval(() => void this.sendStats(), STATS_MS);
  }

  stop(): void {
    clearInterval(this.statsTimer);
    clearTimeout(this.mediaTimer);
    this.signalling.close();
    this.dropMedia();
    this.screen?.stop();
  }

  /** The person at this machine takes the site over from another one. */
  takeSite(): void {
    this.takeOver = true;
    this.store.set({ phase: "connecting" });
    this.signalling.open();
  }

  async command(name: string, args: Record<string, unknown> = {}): Promise<void> {
    await this.signalling.request("command", { name, args });
  }

  /** For the room above, whose chair is here. */
  async commandAbove(name: string, args: Record<string, unknown> = {}): Promise<void> {
    await this.signalling.request("command_above", { name, args });
  }

  view(pinned: string[], maxVideo: number, paused = false): void {
    this.signalling.tell("view", { pinned, max_video: maxVideo, paused });
  }

  private receive(message: FromServer): void {
    switch (message.type) {
      case "welcome": return this.welcomed(message);
      case "facts": return this.learn(message.facts);
      case "plan": return this.planned(message.meeting);
      case "slots":
        this.media?.setLateness(message.slots);
        return this.store.set({ slots: message.slots });
      case "media": return this.workerChanged(message.boot_id);
      case "connections": return this.store.set({ lines: message.sites, activeSiteId: message.active_site_id });
      case "ladder": return this.store.set({ step: message.step, stills: message.step === "still" ? this.store.get().stills : {} });
      case "stills": return message.wanted ? this.stillCamera.start(message.every_s * 1000) : this.stillCamera.stop();
      case "still": return this.store.set({ stills: { ...this.store.get().stills, [message.site_id]: `data:image/jpeg;base64,${message.jpeg}` } });
      case "names": return this.store.set({ far: { ...this.store.get().far, ...message.sites }, leads: message.leads });
      case "break_above": return this.breakAbove(message.is_on);
      case "desk": return this.store.set({ desk: message.desk });
      case "notice": return this.store.set({ notices: [...this.store.get().notices, message].slice(-5) });
      case "encodings": return void this.media?.setActiveEncodings(message.active);
      case "occupied": return this.store.set({ phase: "occupied" });
      case "taken_over": return this.store.set({ phase: "taken_over" });
      case "goodbye": return this.store.set({ phase: message.reason });
      case "pong": return this.measureClock(message.t, message.now);
    }
  }

  private welcomed(welcome: Welcome): void {
    this.takeOver = false;
    const before = this.store.get().welcome?.role;
    if (before && (before === "hall") !== (welcome.role === "hall")) this.dropMedia(); // who only looked on has nothing to send by
    const kept = welcome.media_kept === true && this.bootId === welcome.boot_id && this.media !== null && this.media.state !== "failed";
    this.bootId = welcome.boot_id;
    const clockOffsetMs = Date.parse(welcome.now) - Date.now();
    this.store.set({ phase: "online", welcome, state: welcome.snapshot, cursor: welcome.cursor, clockOffsetMs, breakAbove: welcome.break_above === true });
    this.applyMicrophone();
    this.stillCamera.stop(); // what holds of slots, steps and stills is told again
    if (!kept) void this.connectMedia();
  }

  private breakAbove(breakAbove: boolean): void {
    this.store.set({ breakAbove });
    this.applyMicrophone();
  }

  private planned(meeting: RoomPlan): void {
    const { welcome } = this.store.get();
    if (welcome) this.store.set({ welcome: { ...welcome, meeting } });
  }

  private learn(facts: Fact[]): void {
    let { state, cursor } = this.store.get();
    let isOtherRole = false;
    for (const fact of facts) {
      const log = `${fact.log.origin}/${fact.log.epoch}`;
      const known = cursor[log] ?? 0;
      if (fact.seq <= known) continue;
      if (fact.seq > known + 1) return this.signalling.again();
      const before = state;
      state = apply(state, fact);
      cursor = { ...cursor, [log]: fact.seq };
      this.store.set({ state, cursor, ...(this.isMyTurn(fact) && { micOn: true }) }); // the grant opens the microphone
      this.onFact(fact, before, state);
      isOtherRole ||= this.changesMyRole(fact, before);
    }
    this.applyMicrophone();
    if (!this.media) void this.connectMedia();
    if (this.screen && state.presentation_site_id === null) void this.stopScreen();
    if (isOtherRole) this.signalling.againAfterReplies();
  }

  private isMyTurn(fact: Fact): boolean {
    return fact.type === "FloorGranted" && (fact.body as { site_id?: string }).site_id === this.store.get().welcome?.site_id;
  }

  /** A new chair or secretary has other rights: hello again brings the new role. */
  private changesMyRole(fact: Fact, before: State): boolean {
    const isChair = CHAIRS.has(fact.type);
    if (!isChair && fact.type !== "SecretaryAppointed") return false;
    const { site_id: mySite, person_id: me } = this.store.get().welcome ?? {};
    const { site_id: site, person_id: person } = fact.body as { site_id?: string; person_id?: string };
    const people = [person, isChair ? before.chair_person_id : before.secretary_person_id];
    return (!!mySite && (mySite === site || (!!site && mySite === before.chair_site_id))) || (!!me && people.includes(me));
  }

  private workerChanged(bootId: string): void {
    this.bootId = bootId;
    void this.connectMedia();
  }

  private async connectMedia(): Promise<void> {
    clearTimeout(this.mediaTimer);
    const { welcome, state } = this.store.get();
    if (!welcome || state.stage === "waiting" || state.stage === "adjourned") return; // no media before the room opens
    this.media ??= this.makeMedia(welcome.role, this.mediaSignalling(), () => this.mediaChanged());
    try {
      await this.media.setCapture(this.outgoing());
      this.stillCamera.stop();
      this.store.set({ step: "full", stills: {} });
      await this.media.connect(welcome.ice_servers);
    } catch {
      this.mediaTimer = setTimeout(() => this.store.get().phase === "online" && void this.connectMedia(), MEDIA_RETRY_MS);
    }
  }

  private mediaSignalling(): MediaSignalling {
    return {
      offer: (sdp) => this.signalling.request<{ sdp: string; slots: Slot[] }>("offer", { sdp }),
      restartIce: (sdp) => this.signalling.request<{ sdp: string }>("restart_ice", { sdp }),
    };
  }

  private mediaChanged(): void {
    const state = this.media?.state ?? "idle";
    this.store.set({ media: state, mediaVersion: this.store.get().mediaVersion + 1 });
    clearTimeout(this.mediaTimer);
    if (state === "failed" || state === "reconnecting") {
      this.mediaTimer = setTimeout(() => this.media?.state !== "connected" && void this.connectMedia(), MEDIA_RETRY_MS * 2);
    }
  }

  private closed(code: number, final: boolean): void {
    const { phase } = this.store.get();
    if (!final) return this.store.set({ phase: phase === "restarting" ? "restarting" : phase === "connecting" ? "connecting" : "reconnecting" });
    const told: string[] = ["occupied", "taken_over", "ended", "removed"];
    if (!told.includes(phase)) this.store.set({ phase: code === 4409 ? "occupied" : code === 4410 ? "taken_over" : "refused", code });
    this.dropMedia();
  }

  private dropMedia(): void {
    this.stillCamera.stop();
    this.media?.close();
    this.media = null;
  }

  async setCapture(capture: Capture): Promise<void> {
    this.capture = capture;
    this.applyMicrophone();
    await this.media?.setCapture(this.outgoing());
  }

  setMicrophone(on: boolean): void {
    this.store.set({ micOn: on });
    this.applyMicrophone();
  }

  setCamera(on: boolean): void {
    this.store.set({ camOn: on });
    void this.media?.setCapture(this.outgoing());
  }

  private outgoing(): Capture {
    return { ...this.capture, camera: this.store.get().camOn ? this.capture.camera : null };
  }

  /** Silent at the source too while the site is not heard, whatever the server does. */
  private applyMicrophone(): void {
    const { welcome, micOn } = this.store.get();
    if (this.capture.microphone) this.capture.microphone.enabled = micOn && isHeard(seen(this.store.get()), welcome?.site_id ?? null);
  }

  async startScreen(track: MediaStreamTrack): Promise<void> {
    await this.command("start_presentation");
    this.screen = track;
    track.onended = () => void this.stopScreen(true);
    await this.media?.present(track);
    this.store.set({ presenting: true });
  }

  async stopScreen(tell = false): Promise<void> {
    this.screen?.stop();
    this.screen = null;
    this.store.set({ presenting: false });
    await this.media?.present(null);
    if (tell) await this.command("stop_presentation").catch(() => undefined);
  }

  private async sendStats(): Promise<void> {
    const stats = await this.media?.stats();
    if (stats) this.signalling.tell("stats", { ...stats });
  }

  private measureClock(sentAt: number, now: string): void {
    const rtt = Date.now() - sentAt;
    if (rtt > this.bestRtt * 1.5 + 20) return;
    this.bestRtt = Math.min(this.bestRtt, rtt);
    this.store.set({ clockOffsetMs: Date.parse(now) - (sentAt + rtt / 2) });
  }
}
