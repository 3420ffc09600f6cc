/** The room for React: the picture of the store, the commands a role may give, and the clock of the server. */
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useWords } from "../words";
import { Refusal, type RosterEntry } from "./wire";
import type { Stage } from "../proceedings/state";
import type { RoomController } from "./controller";
import { stageOf } from "./model";
import type { RoomPicture } from "./store";

export interface LocalTracks { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }

interface RoomContext {
  controller: RoomController;
  local: LocalTracks;
  setLocal: (tracks: LocalTracks) => void;
  refusal: string;
  setRefusal: (text: string) => void;
}

const Context = createContext<RoomContext | null>(null);

export function RoomProvider({ value, children }: { value: RoomContext; children: ReactNode }) {
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useRoomContext(): RoomContext {
  const value = useContext(Context);
  if (!value) throw new Error("outside of a room");
  return value;
}

export function useRoom<T>(select: (picture: RoomPicture) => T): T {
  const { controller } = useRoomContext();
  return useSyncExternalStore(controller.store.subscribe, () => select(controller.store.get()));
}

/** Gives a command; a refusal is shown and read out, never thrown at the one who clicked. */
export function useCommand(): (name: string, args?: Record<string, unknown>) => Promise<boolean> {
  const { controller } = useRoomContext();
  return useGiving(useCallback((name: string, args: Record<string, unknown>) => controller.command(name, args), [controller]));
}

function useGiving(give: (name: string, args: Record<string, unknown>) => Promise<void>): (name: string, args?: Record<string, unknown>) => Promise<boolean> {
  const { setRefusal } = useRoomContext();
  const words = useWords();
  return useCallback(
    async (name, args = {}) => {
      try {
        setRefusal("");
        await give(name, args);
        return true;
      } catch (error) {
        setRefusal((error instanceof Refusal && error.message) || (error instanceof Refusal && error.code === "offline" ? words.room.reconnecting : words.room.refused));
        return false;
      }
    },
    [give, setRefusal, words],
  );
}

/** The same for the room above, whose chair is at this machine. */
export function useCommandAbove(): (name: string, args?: Record<string, unknown>) => Promise<boolean> {
  const { controller } = useRoomContext();
  return useGiving(useCallback((name: string, args: Record<string, unknown>) => controller.commandAbove(name, args), [controller]));
}

/** As `stageOf` says. */
export function useStage(): Stage {
  return useRoom(stageOf);
}

export function useMay(): (command: string) => boolean {
  const may = useRoom((p) => p.welcome?.may);
  return useCallback((command) => may?.includes(command) ?? false, [may]);
}

/** The server's clock in milliseconds, ticking. */
export function useNow(everyMs = 500): number {
  const offset = useRoom((p) => p.clockOffsetMs);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now + offset;
}

export interface Naming { unit: (siteId: string | null | undefined) => string; entry: (siteId: string | null | undefined) => RosterEntry | undefined; roster: RosterEntry[] }

/** Sites by their unit's title, in protocol order. */
export function useNames(): Naming {
  const roster = useRoom((p) => p.welcome?.roster);
  const floor = useRoom((p) => p.state.floor);
  const queue = useRoom((p) => p.state.queue);
  const speeches = useRoom((p) => p.state.speeches);
  const told = useRoom((p) => p.far);
  const leader = useRoom((p) => p.state.far_chair && (p.state.absent_chair?.site_id ?? p.state.chair_site_id));
  const leaderName = useRoom((p) => p.state.far_chair?.site_name);
  return useMemo(() => {
    const asked = [...speeches, ...queue, ...(floor ? [floor] : [])]; // sites of rooms below are not in the roster
    const far = new Map(asked.flatMap((one) => (one.origin ? [[one.site_id, one.origin.site_name] as const] : [])));
    if (leader) far.set(leader, leaderName ?? "");
    const sorted = [...(roster ?? [])].sort((a, b) => a.order - b.order);
    const byId = new Map(sorted.map((entry) => [entry.site_id, entry]));
    return { roster: sorted, entry: (id) => (id ? byId.get(id) : undefined), unit: (id) => (id ? (byId.get(id)?.unit_title ?? far.get(id) ?? told[id]?.title ?? "") : "") };
  }, [roster, floor, queue, speeches, told, leader, leaderName]);
}

export function useLatest<T>(value: T): { readonly current: T } {
  const ref = useRef(value);
  useEffect(() => {
    ref.current = value;
  });
  return ref;
}
