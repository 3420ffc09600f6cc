/** For component tests: a component with words, a session and, where wanted, a room, without a server. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, type RenderResult } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach } from "vitest";
import { EMPTY, type State } from "./proceedings/state";
import { Api } from "./rest/request";
import type { Language, Session } from "./rest/types";
import type { RoomController } from "./room/controller";
import { RoomStore, type RoomPicture } from "./room/store";
import { RoomProvider, type LocalTracks } from "./room/use-room";
import type { RosterEntry, Welcome } from "./room/wire";
import { SessionProvider } from "./session/session";
import { WordsProvider } from "./words";

afterEach(cleanup);

export const SESSION: Session = {
  person: { id: "p1", name: "Trần Thị Hương", posts: [{ unit_id: "u1", unit_title: "huyện Quản Bạ", name: "Thư ký" }] }, site: null, roles: [{ role: "secretary", unit_id: "u1" }],
  csrf: "c", language: "vi", banner: null, installation: { name: "Giao Ban", demo: false }, version: "1",
};

/** Answers of the server by "METHOD path"; what is asked is kept. */
export class FakeApi extends Api {
  asked: { method: string; path: string; body: unknown }[] = [];
  constructor(private readonly answers: Record<string, unknown> = {}) {
    super();
  }
  protected override send<T>(method: string, path: string, body?: unknown): Promise<T> {
    this.asked.push({ method, path, body });
    const answer = this.answers[`${method} ${path}`];
    return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer as T);
  }
}

export function show(element: ReactNode, { session = SESSION, api = new FakeApi(), language = "vi" as Language }: { session?: Session | null; api?: FakeApi; language?: Language } = {}): RenderResult {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  client.setQueryData(["session"], session);
  return render(
    <QueryClientProvider client={client}>
      <SessionProvider api={api}><WordsProvider language={language}>{element}</WordsProvider></SessionProvider>
    </QueryClientProvider>,
  );
}

const ROSTER: RosterEntry[] = [["chair", "huyện Quản Bạ"], ["a", "thị trấn Tam Sơn"], ["b", "xã Bát Đại Sơn"]].map(([site_id, unit_title], order) => ({ site_id: site_id!, unit_title: unit_title!, site_name: "", level: "", order, phone: "", unit_id: `u-${site_id}` }));

export function welcome(part: Partial<Welcome> = {}, marking = "none"): Welcome {
  return {
    type: "welcome", version: 1, connection_id: "c1", role: "site", site_id: "a", person_id: null, now: "2026-11-22T01:00:00.000Z", boot_id: "b1", snapshot: EMPTY, cursor: {}, roster: ROSTER, may: [], ice_servers: [],
    meeting: { id: "m1", title: "Giao ban", kind: "giao_ban", starts_at: "2026-11-22T01:00:00.000Z", ends_at: "2026-11-22T03:00:00.000Z", host: null, items: [], papers: [], security_marking: marking }, ...part,
  };
}

/** A room in this state; commands and switches are kept in `did`. */
export function room(state: Partial<State>, picture: Partial<RoomPicture> = {}, local: LocalTracks = { camera: {} as MediaStreamTrack, microphone: {} as MediaStreamTrack }) {
  const store = new RoomStore();
  const full: State = { ...EMPTY, stage: "convened", chair_site_id: "chair", ...state };
  store.set({ phase: "online", media: "connected", welcome: welcome(), state: full, ...picture });
  const did: unknown[][] = [];
  const controller = {
    store, media: null,
    command: (...given: unknown[]) => (did.push(given), Promise.resolve()),
    commandAbove: (...given: unknown[]) => (did.push(["above", ...given]), Promise.resolve()),
    setMicrophone: (on: boolean) => (did.push(["microphone", on]), store.set({ micOn: on })),
    setCamera: (on: boolean) => (did.push(["camera", on]), store.set({ camOn: on })),
    takeSite: () => did.push(["take"]),
  } as unknown as RoomController;
  const inside = (element: ReactNode) => <RoomProvider value={{ controller, local, setLocal: () => undefined, refusal: "", setRefusal: () => undefined }}>{element}</RoomProvider>;
  return { store, did, controller, inside };
}
