/** One store, fed by one socket. Views read a frozen picture of it and are told when it changes. */
import type { MediaState, SlotAssignment } from "../media/types";
import { EMPTY, type State } from "../proceedings/state";
import type { Cursor, Desk, FarSite, SiteLine, Step, Welcome } from "./wire";

export type Phase = "connecting" | "online" | "reconnecting" | "restarting" | "occupied" | "taken_over" | "ended" | "removed" | "refused";

export interface RoomPicture {
  phase: Phase;
  /** The close code behind `refused`. */
  code: number;
  welcome: Welcome | null;
  state: State;
  cursor: Cursor;
  slots: readonly SlotAssignment[];
  lines: Readonly<Record<string, SiteLine>>;
  activeSiteId: string | null;
  media: MediaState;
  step: Step;
  /** The newest still of each site, as a data URL; only on the step `still`. */
  stills: Readonly<Record<string, string>>;
  /** Sites of other rooms that are seen here, and the one that leads the room above. */
  far: Readonly<Record<string, FarSite>>;
  leads: string | null;
  /** The room above has a break: see `stageOf`. */
  breakAbove: boolean;
  /** The room above, while somebody at this machine has its chair. */
  desk: Desk | null;
  /** What the operator at the site board has told this site and nobody has put away yet. */
  notices: readonly { id: string; text: string; at: string }[];
  /** Raised when streams of slots were replaced. */
  mediaVersion: number;
  /** Add to Date.now() to get the server's clock. */
  clockOffsetMs: number;
  micOn: boolean;
  camOn: boolean;
  presenting: boolean;
}

export const INITIAL: RoomPicture = {
  phase: "connecting", code: 0, welcome: null, state: EMPTY, cursor: {}, slots: [], lines: {}, activeSiteId: null,
  media: "idle", step: "full", stills: {}, far: {}, leads: null, breakAbove: false, desk: null, notices: [], mediaVersion: 0, clockOffsetMs: 0, micOn: true, camOn: true, presenting: false,
};

export class RoomStore {
  private picture: RoomPicture = INITIAL;
  private listeners = new Set<() => void>();

  get = (): RoomPicture => this.picture;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(change: Partial<RoomPicture>): void {
    this.picture = { ...this.picture, ...change };
    for (const listener of this.listeners) listener();
  }
}
