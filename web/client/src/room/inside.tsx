/** Inside the room: one layout, fitted to the role that the server gave. */
import { useCallback, useEffect, useRef, useState } from "react";
import { useSession } from "../session/session";
import { useWords } from "../words";
import { announcementOf, LiveRegion } from "./announcer";
import { ControlBar } from "./control-bar";
import { FloorBar } from "./floor-bar";
import { Hall } from "./hall";
import { HandedDialog, HandedNotice } from "./handed";
import styles from "./inside.module.css";
import { Strips, useInterruption } from "./interruptions";
import { handedTo, isHeard, seen, type Handed } from "./model";
import { OnAirBanner } from "./on-air";
import { STAMP } from "./panels/notes";
import { ShortcutHelp, useShortcuts, type Shortcut } from "./shortcuts";
import { Stage } from "./stage";
import { Tools, type Tool } from "./tools";
import { TopBar } from "./top-bar";
import { useCommand, useLatest, useNames, useRoom, useRoomContext } from "./use-room";
import type { Role } from "./wire";

const VIDEO_SLOTS: Record<Role, number> = { site: 4, chair: 9, secretary: 16, hall: 2 };
const FIRST_TOOL: Record<Role, Tool> = { chair: "queue", secretary: "roll", site: "people", hall: "queue" };

export function Inside({ title }: { title: string }) {
  const words = useWords();
  const { controller, refusal, setRefusal } = useRoomContext();
  const { session } = useSession();
  const role = useRoom((p) => p.welcome?.role);
  const waiting = useRoom((p) => p.state.stage === "waiting");
  const [tool, setTool] = useState<Tool | null>(null);
  const [preview, setPreview] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  const [handed, setHanded] = useState<Handed | null>(null);
  const spoken = useAnnouncements(setHanded);
  usePinned(preview);
  useFirstTool(role, setTool);
  useDesk(setTool);
  useShortcuts(useShortcutActs(setTool));
  const interruption = useInterruption(controller, title);
  if (interruption) return interruption;
  if (!role) return <p className={styles.connecting} role="status">{words.room.connecting}</p>;
  if (role === "hall") return <><Hall /><LiveRegion {...spoken} /></>;
  return (
    <div className={styles.room} data-testid="room" data-role={role}>
      <a href="#tool-panel" className={styles.skip}>{words.room.skipTools}</a>
      {session?.banner && <p className={styles.demo}>{session.banner}</p>}
      <TopBar />
      <OnAirBanner />
      <div className={styles.strips}><Strips refusal={refusal} dismiss={() => setRefusal("")} /><HandedNotice handed={handed} dismiss={() => setHanded(null)} />{waiting && <p className={styles.notice}>{words.room.waitingRoom}</p>}</div>
      <main className={styles.body}>
        <div className={styles.center}>
          <Stage preview={preview} />
          <FloorBar />
        </div>
        <Tools tool={tool} setTool={setTool} preview={preview} setPreview={setPreview} />
      </main>
      <ControlBar help={() => setHelp(true)} />
      <HandedDialog handed={handed} dismiss={() => setHanded(null)} />
      {help && <ShortcutHelp onClose={() => setHelp(false)} />}
      <LiveRegion {...spoken} />
    </div>
  );
}

/** The chair starts at the queue; a site that has not said who is there is asked for it. */
function useFirstTool(role: Role | undefined, setTool: (tool: Tool | null) => void): void {
  const reported = useRoom((p) => (p.welcome?.site_id ? p.state.sites[p.welcome.site_id]?.head_count != null : true));
  const done = useRef<Role | undefined>(undefined);
  useEffect(() => {
    if (!role || done.current === role) return;
    done.current = role;
    setTool(role === "site" && reported ? "queue" : FIRST_TOOL[role]);
  }, [role, reported, setTool]);
}

/** Whoever gets the chair of the room above has its desk before him, and puts it away with it. */
function useDesk(setTool: (tool: Tool | null) => void): void {
  const has = useRoom((p) => p.desk !== null);
  const had = useRef(false);
  useEffect(() => {
    if (has !== had.current) setTool(has ? "desk" : "queue");
    had.current = has;
  }, [has, setTool]);
}

/** Tells the server which pictures this viewer wants beside the program. */
function usePinned(preview: string | null): void {
  const { controller } = useRoomContext();
  const names = useNames();
  const role = useRoom((p) => p.welcome?.role);
  const online = useRoom((p) => p.phase === "online" && p.media === "connected");
  const here = useRoom((p) => Object.values(p.state.sites).filter((s) => s.connection_id).map((s) => s.site_id).sort().join(" "));
  useEffect(() => {
    if (!online || !role) return;
    const present = new Set(here.split(" "));
    const all = role === "secretary" ? names.roster.map((entry) => entry.site_id).filter((id) => present.has(id)) : [];
    const pinned = [...new Set([...(preview ? [preview] : []), ...all])].slice(0, VIDEO_SLOTS[role]);
    controller.view(pinned, VIDEO_SLOTS[role]);
  }, [controller, names, online, role, here, preview]);
}

/** What happens is said aloud; a hand-over of the chair is shown too. */
function useAnnouncements(handed: (to: Handed) => void): { polite: string; urgent: string } {
  const words = useWords();
  const names = useNames();
  const { controller } = useRoomContext();
  const [spoken, setSpoken] = useState({ polite: "", urgent: "" });
  const welcome = useRoom((p) => p.welcome);
  const latest = useLatest({ words, names, welcome, handed });
  useEffect(() => {
    controller.onFact = (fact, before) => {
      const { words: w, names: n, welcome: me } = latest.current;
      const item = (id: string) => me?.meeting.items.find((i) => i.id === id)?.title ?? "";
      const said = announcementOf(fact, before, w, { unit: n.unit, item, mine: me?.site_id ?? null });
      if ((fact.type === "ChairHandedOver" || fact.type === "ChairLent" || fact.type === "DeputyPresided" || fact.type === "ChairResumed") && me) latest.current.handed(handedTo(fact.body as { person_id: string; site_id: string }, before, me));
      if (fact.type === "ChairBorrowed" && me?.site_id && me.site_id === (fact.body as { site_id: string }).site_id) latest.current.handed("above");
      if (said) setSpoken(said.urgent ? { polite: "", urgent: said.text } : { polite: said.text, urgent: "" });
    };
    return () => void (controller.onFact = () => undefined);
  }, [controller, latest]);
  return spoken;
}

function useShortcutActs(setTool: (tool: Tool) => void): (shortcut: Shortcut) => void {
  const command = useCommand();
  const { controller } = useRoomContext();
  return useCallback(
    (shortcut) => {
      const { state, welcome, micOn } = controller.store.get();
      const mine = welcome?.site_id ?? null;
      const may = (name: string) => welcome?.may.includes(name) ?? false;
      const request = state.queue.find((r) => r.site_id === mine);
      switch (shortcut) {
        case "next": return void (may("grant_next") && command("grant_next"));
        case "end": return void (may("revoke_floor") && state.floor && command("revoke_floor"));
        case "extend": return void (may("extend_time") && state.floor && command("extend_time", { by_s: 120 }));
        case "done": return void (state.floor?.site_id === mine && command("return_floor"));
        case "request": return void (may("request_floor") && (request ? command("withdraw_request", { request_id: request.request_id }) : command("request_floor", { kind: "speech" })));
        case "mic": return void (isHeard(seen(controller.store.get()), mine) && controller.setMicrophone(!micOn));
        case "stamp":
          if (welcome?.role !== "secretary") return;
          setTool("notes");
          return void setTimeout(() => window.dispatchEvent(new Event(STAMP)));
        default:
          setTool(shortcut);
          setTimeout(() => document.getElementById("tool-panel")?.focus());
      }
    },
    [command, controller, setTool],
  );
}
