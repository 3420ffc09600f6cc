/** A room: may I enter, do my devices work, then inside. Rejoining needs no second check. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useParams, useSearch } from "wouter";
import { openDevices } from "../media/devices";
import { RtcMedia } from "../media/rtc";
import type { RoomEntry } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button } from "../ui/button";
import { Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords } from "../words";
import { DeviceCheck } from "./check";
import { RoomController } from "./controller";
import { Inside } from "./inside";
import { RoomProvider, useLatest, type LocalTracks } from "./use-room";
import type { Role } from "./wire";

const SLOTS: Record<Role, number> = { site: 4, chair: 9, secretary: 16, hall: 2 };
const ENTRY_RETRY_MS = 5_000;
const NO_TRACKS: LocalTracks = { camera: null, microphone: null };

export default function RoomPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const view = new URLSearchParams(useSearch()).get("view") as Role | null;
  const [tracks, setTracks] = useState<LocalTracks | null>(null);
  const entry = useQuery({
    queryKey: ["room", id],
    queryFn: () => api.get<RoomEntry>(`/api/rooms/${id}`),
    refetchInterval: (query) => (tracks || query.state.data?.may_enter ? false : ENTRY_RETRY_MS),
    enabled: !tracks,
  });
  const role = view ?? entry.data?.role ?? "site";
  const sends = role === "site" || role === "chair";
  const checked = useRemembered(id, sends, setTracks);
  if (entry.isLoading || checked === "opening") return <Loading />;
  if (!entry.data) return <Frame title={words.pages.room} narrow><ErrorNotice error={entry.error} action={<Button onClick={() => void entry.refetch()}>{words.act.retry}</Button>} /></Frame>;
  const { meeting, may_enter: mayEnter, refusal } = entry.data;
  if (!mayEnter && !tracks) return <Frame title={meeting.title} narrow><Notice tone="warn"><span data-testid="room-refusal">{refusal?.message ?? words.room.tooEarly}</span></Notice></Frame>;
  const enter = (opened: LocalTracks) => {
    sessionStorage.setItem(`checked:${id}`, "1");
    setTracks(opened);
  };
  if (!tracks && role !== "hall" && role !== "secretary") return <DeviceCheck meetingId={id} title={meeting.title} needsDevices={sends} isSite={!!session?.site} enter={enter} />;
  return <Entered key={id} id={id} title={meeting.title} view={view} tracks={tracks ?? NO_TRACKS} />;
}

/** After a reload the devices open by themselves: no second check, no click. */
function useRemembered(id: string, sends: boolean, setTracks: (tracks: LocalTracks) => void): "new" | "opening" | "open" {
  const [state, setState] = useState<"new" | "opening" | "open">(() => (sends && sessionStorage.getItem(`checked:${id}`) ? "opening" : "new"));
  useEffect(() => {
    if (state !== "opening") return;
    let current = true;
    void openDevices().then((opened) => {
      if (!current) return [opened.camera, opened.microphone].forEach((track) => track?.stop());
      setTracks({ camera: opened.camera, microphone: opened.microphone });
      setState("open");
    });
    return () => void (current = false);
  }, [state, setTracks]);
  return state;
}

/** Who looked on and is given a place on air (the chair, handed over) has no device open yet: open them. */
function useDevicesOfNewRole(controller: RoomController | null, setLocal: (tracks: LocalTracks) => void): void {
  useEffect(() => {
    if (!controller) return;
    let before: Role | undefined;
    return controller.store.subscribe(() => {
      const role = controller.store.get().welcome?.role;
      if (role === before) return;
      const isNew = (before === "hall" || before === "secretary") && (role === "chair" || role === "site");
      before = role;
      if (!isNew) return;
      void openDevices().then(({ camera, microphone }) => {
        setLocal({ camera, microphone });
        return controller.setCapture({ camera, microphone });
      });
    });
  }, [controller, setLocal]);
}

function Entered({ id, title, view, tracks }: { id: string; title: string; view: Role | null; tracks: LocalTracks }) {
  const [local, setLocal] = useState(tracks);
  const [refusal, setRefusal] = useState("");
  const [controller, setController] = useState<RoomController | null>(null);
  useEffect(() => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const room = new RoomController(`${scheme}://${location.host}/api/rooms/${id}/socket`, view ?? undefined, (role, signalling, onChange) => {
      return new RtcMedia({ signalling, onChange, videoSlots: SLOTS[role], sends: role !== "hall" });
    });
    room.start(tracks);
    setController(room);
    return () => room.stop();
  }, [id, view, tracks]);
  useDevicesOfNewRole(controller, setLocal);
  const held = useLatest(local);
  useEffect(() => () => [held.current.camera, held.current.microphone].forEach((track) => track?.stop()), [held]);
  useEffect(() => void (document.title = title), [title]);
  const value = useMemo(() => controller && { controller, local, setLocal, refusal, setRefusal }, [controller, local, refusal]);
  if (!value) return <Loading />;
  return <RoomProvider value={value}><Inside title={title} /></RoomProvider>;
}
