/** The rail at the edge and the panel it opens, beside the stage and never over it. */
import { useRef, type KeyboardEvent } from "react";
import { useWords } from "../words";
import { CoursePanel } from "./course";
import { AgendaPanel } from "./panels/agenda";
import { ChatPanel } from "./panels/chat";
import { DeskPanel } from "./panels/desk";
import { DevicesPanel } from "./panels/devices";
import { NotesPanel } from "./panels/notes";
import { OutcomePanel } from "./panels/outcome";
import { PapersPanel } from "./panels/papers";
import { PeoplePanel } from "./panels/people";
import { QueuePanel } from "./panels/queue";
import { RollPanel } from "./panels/roll";
import styles from "./tools.module.css";
import { useRoom } from "./use-room";
import type { Role } from "./wire";

export type Tool = "queue" | "agenda" | "roll" | "papers" | "outcome" | "notes" | "chat" | "course" | "people" | "devices" | "desk";

const TOOLS: Record<Role, Tool[]> = {
  chair: ["queue", "agenda", "roll", "papers", "outcome", "chat", "course", "people", "devices"],
  secretary: ["queue", "agenda", "roll", "papers", "notes", "outcome", "chat", "course"],
  site: ["queue", "agenda", "papers", "people", "chat", "devices"],
  hall: [],
};

const ICONS: Record<Tool, string> = {
  queue: "M4 5h10M4 10h10M4 15h6M17 9v7m-3-3 3 3 3-3", agenda: "M5 4h12v15H5zM8 8h6M8 12h6M8 16h3", roll: "M4 11l4 4 9-10", papers: "M6 3h8l4 4v14H6zM14 3v4h4",
  notes: "M5 4h12v15H5zM8 9h3M8 13h6M14 4v3", outcome: "M4 19h14M6 15l9-9 3 3-9 9H6z", chat: "M4 5h15v11H10l-4 4v-4H4z", course: "M6 4v16M6 5h11l-2 4 2 4H6", people: "M8 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c0-4 2-6 5-6s5 2 5 6M16 11a2.5 2.5 0 1 0 0-5M15 14c3 0 5 2 5 5", devices: "M4 7h10v9H4zM14 10l5-3v9l-5-3", desk: "M4 18h14M6 18v-6h10v6M8 12V7h6v5M11 4v3",
};

export function Tools({ tool, setTool, preview, setPreview }: { tool: Tool | null; setTool: (tool: Tool | null) => void; preview: string | null; setPreview: (id: string | null) => void }) {
  const words = useWords();
  const role = useRoom((p) => p.welcome?.role ?? "site");
  const waiting = useRoom((p) => p.state.queue.filter((r) => !r.put_off).length);
  const rail = useRef<HTMLDivElement>(null);
  const has = useRoom((p) => p.desk !== null);
  const tools = has ? ["desk" as const, ...TOOLS[role]] : TOOLS[role];
  const label: Record<Tool, string> = { queue: words.room.floor, agenda: words.room.agenda, roll: words.room.roll, papers: words.room.papers, notes: words.room.notes, outcome: words.room.outcome, chat: words.room.chat, course: words.room.menu, people: words.room.people, devices: words.room.devices, desk: words.room.desk.tool };
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const buttons = [...(rail.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  if (!tools.length) return null;
  return (
    <>
      {tool && tools.includes(tool) && (
        <section className={styles.panel} id="tool-panel" tabIndex={-1} aria-label={label[tool]} data-testid={`panel-${tool}`}>
          <ToolPanel tool={tool} preview={preview} setPreview={setPreview} />
        </section>
      )}
      <div className={styles.rail} role="toolbar" aria-orientation="vertical" aria-label={words.room.tools} ref={rail} onKeyDown={move}>
        {tools.map((one) => (
          <button key={one} type="button" className={styles.tool} aria-pressed={tool === one} onClick={() => setTool(tool === one ? null : one)} data-testid={`tool-${one}`}>
            <svg viewBox="0 0 22 22" width="22" height="22" aria-hidden="true"><path d={ICONS[one]} /></svg>
            <span>{label[one]}</span>
            {one === "queue" && waiting > 0 && <b className={styles.count}>{waiting}</b>}
          </button>
        ))}
      </div>
    </>
  );
}

function ToolPanel({ tool, preview, setPreview }: { tool: Tool; preview: string | null; setPreview: (id: string | null) => void }) {
  switch (tool) {
    case "queue": return <QueuePanel />;
    case "agenda": return <AgendaPanel />;
    case "roll": return <RollPanel preview={preview} setPreview={setPreview} />;
    case "papers": return <PapersPanel />;
    case "notes": return <NotesPanel />;
    case "outcome": return <OutcomePanel />;
    case "chat": return <ChatPanel />;
    case "course": return <CoursePanel />;
    case "people": return <PeoplePanel />;
    case "devices": return <DevicesPanel />;
    case "desk": return <DeskPanel />;
  }
}
