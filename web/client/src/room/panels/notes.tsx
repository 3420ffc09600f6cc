/** Notes of the secretary on the open item; one key puts the time and the speaker before the next words. */
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button";
import { TextArea } from "../../ui/field";
import { useWords } from "../../words";
import { timeOf } from "../../words/when";
import { readNotes, stamped, writeNotes } from "../notes";
import { useLatest, useNames, useNow, useRoom } from "../use-room";
import styles from "./panels.module.css";

export const STAMP = "giaoban:stamp";

export function NotesPanel() {
  const words = useWords();
  const names = useNames();
  const meetingId = useRoom((p) => p.welcome?.meeting.id ?? "");
  const items = useRoom((p) => p.welcome?.meeting.items) ?? [];
  const itemId = useRoom((p) => p.state.current_item_id) ?? "";
  const floor = useRoom((p) => p.state.floor);
  const now = useNow(1000);
  const [notes, setNotes] = useState(() => readNotes(meetingId));
  const area = useRef<HTMLDivElement>(null);
  const speaker = floor ? [names.unit(floor.site_id), floor.speaker?.name].filter(Boolean).join(" – ") : "";
  const latest = useLatest({ notes, now, speaker, itemId, meetingId });
  const write = useCallback((text: string) => {
    const next = { ...latest.current.notes, [latest.current.itemId]: text };
    writeNotes(latest.current.meetingId, next);
    setNotes(next);
  }, [latest]);
  const stamp = useCallback(() => {
    const { notes: all, now: at, speaker: who, itemId: item } = latest.current;
    write(stamped(all[item] ?? "", timeOf(at), who));
    setTimeout(() => {
      const text = area.current?.querySelector("textarea");
      text?.focus();
      text?.setSelectionRange(text.value.length, text.value.length);
    });
  }, [latest, write]);
  useEffect(() => {
    window.addEventListener(STAMP, stamp);
    return () => window.removeEventListener(STAMP, stamp);
  }, [stamp]);
  const title = items.find((item) => item.id === itemId)?.title ?? words.room.general;
  return (
    <div className={styles.panel} ref={area}>
      <h2>{words.room.notes}</h2>
      <TextArea label={words.room.notesOf(title)} hint={words.room.notesHint} rows={14} value={notes[itemId] ?? ""} onChange={(e) => write(e.target.value)} data-testid="notes" data-item-id={itemId} />
      <Button onClick={stamp} data-testid="stamp">{words.room.stamp}</Button>
      <p className={styles.soft}>{words.room.stampKey}</p>
    </div>
  );
}
