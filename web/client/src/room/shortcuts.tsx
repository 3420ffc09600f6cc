/** Alt+Shift with a letter: never in the way of typing, of the browser or of a screen reader. */
import { useEffect } from "react";
import { Dialog } from "../ui/dialog";
import { useWords } from "../words";
import styles from "./shortcuts.module.css";

export type Shortcut = "next" | "end" | "extend" | "request" | "done" | "mic" | "queue" | "agenda" | "chat" | "stamp";

const KEYS: Record<string, Shortcut> = { KeyN: "next", KeyK: "end", KeyT: "extend", KeyP: "request", KeyX: "done", KeyM: "mic", KeyD: "queue", KeyC: "agenda", KeyH: "chat", KeyG: "stamp" };

export function useShortcuts(run: (shortcut: Shortcut) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const shortcut = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey ? KEYS[event.code] : undefined;
      if (!shortcut) return;
      event.preventDefault();
      run(shortcut);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [run]);
}

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const words = useWords();
  return (
    <Dialog title={words.room.keys.title} onClose={onClose}>
      <p>{words.room.keys.note}</p>
      <dl className={styles.list}>
        {Object.entries(KEYS).map(([code, name]) => (
          <div key={code}><dt><kbd>{code.slice(3)}</kbd></dt><dd>{words.room.keys[name]}</dd></div>
        ))}
      </dl>
    </Dialog>
  );
}
