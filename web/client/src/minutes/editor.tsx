/** Opinions and conclusions, saved by themselves; when somebody else saved first, both texts stay and one chooses. */
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../rest/request";
import { readNotes } from "../room/notes";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextArea } from "../ui/field";
import { Card } from "../ui/frame";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import { LockedFacts } from "./locked-facts";
import styles from "./minutes.module.css";
import { textOf, type Minutes, type MinutesText } from "./types";

const QUIET_MS = 1_500;

function useAutosave(path: string, minutes: Minutes, adopt: (next: Minutes) => void) {
  const api = useApi();
  const [text, setText] = useState<MinutesText>(() => textOf(minutes));
  const [state, setState] = useState<"saved" | "unsaved" | "saving">("saved");
  const [savedAt, setSavedAt] = useState<number | null>(null);
  const [conflict, setConflict] = useState<Minutes | null>(null);
  const [error, setError] = useState<unknown>(null);
  const revision = useRef(minutes.revision);
  const latest = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const saving = useRef(false);

  const save = useCallback(async () => {
    clearTimeout(timer.current);
    if (saving.current) return void (timer.current = setTimeout(() => void save(), QUIET_MS));
    saving.current = true;
    const sent = latest.current;
    setState("saving");
    try {
      const next = await api.put<Minutes>(path, { revision: revision.current, ...sent });
      revision.current = next.revision;
      adopt(next);
      setError(null);
      setSavedAt(Date.now());
      setState(latest.current === sent ? "saved" : "unsaved");
    } catch (problem) {
      setState("unsaved");
      if (problem instanceof ApiError && problem.status === 409 && problem.code === "stale") setConflict(await api.get<Minutes>(path));
      else setError(problem);
    } finally {
      saving.current = false;
    }
  }, [api, path, adopt]);

  const change = (next: MinutesText) => {
    latest.current = next;
    setText(next);
    setState("unsaved");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void save(), QUIET_MS);
  };
  const settle = (mine: boolean) => {
    if (!conflict) return;
    revision.current = conflict.revision;
    if (!mine) {
      latest.current = textOf(conflict);
      setText(latest.current);
      setState("saved");
      adopt(conflict);
    }
    setConflict(null);
    if (mine) void save();
  };
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => state !== "saved" && event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [state]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { text, change, state, savedAt, conflict, settle, error, save };
}

export function Editor({ path, minutes, adopt, meetingId }: { path: string; minutes: Minutes; adopt: (next: Minutes) => void; meetingId: string }) {
  const words = useWords();
  const { text, change, state, savedAt, conflict, settle, error, save } = useAutosave(path, minutes, adopt);
  const edits = minutes.may.includes("edit");
  const [notes] = useState(() => readNotes(meetingId));
  const section = (n: number, part: Partial<MinutesText["sections"][number]>) => change({ ...text, sections: text.sections.map((s, i) => (i === n ? { ...s, ...part } : s)) });
  if (!edits) return <Written minutes={minutes} meetingId={meetingId} />;
  return (
    <div className={styles.text}>
      <Card><TextArea label={words.minutes.opening} rows={3} value={text.opening} onChange={(e) => change({ ...text, opening: e.target.value })} data-testid="opening" /></Card>
      {minutes.sections.map((one, n) => (
        <Card key={one.item_id} id={`item-${one.item_id || "general"}`} data-testid="minutes-section" data-item-id={one.item_id}>
          <h2>{n + 1}. {one.title || words.minutes.general}</h2>
          <LockedFacts item={one.locked} meetingId={meetingId} />
          {notes[one.item_id]?.trim() && <RoomNotes text={notes[one.item_id] ?? ""} insert={(note) => section(n, { opinions: [text.sections[n]?.opinions, note].filter(Boolean).join("\n") })} />}
          <TextArea label={words.minutes.opinions} rows={5} value={text.sections[n]?.opinions ?? ""} onChange={(e) => section(n, { opinions: e.target.value })} data-testid="opinions" />
          <TextArea label={words.minutes.conclusion} rows={4} value={text.sections[n]?.conclusion ?? ""} onChange={(e) => section(n, { conclusion: e.target.value })} data-testid="conclusion" />
        </Card>
      ))}
      <Card>
        <TextArea label={words.minutes.closing} rows={3} value={text.closing} onChange={(e) => change({ ...text, closing: e.target.value })} data-testid="closing" />
        <TextArea label={words.minutes.recipients} hint={words.minutes.recipientsHint} rows={4} value={text.recipients.join("\n")} onChange={(e) => change({ ...text, recipients: e.target.value.split("\n") })} data-testid="recipients" />
      </Card>
      <div className={styles.status} role="status" data-testid="save-state" data-state={state}>
        <span>{state === "saving" ? words.state.saving : state === "unsaved" ? words.minutes.unsaved : savedAt ? words.minutes.saved(timeOf(savedAt)) : words.minutes.autosave}</span>
        {state === "unsaved" && <Button size="small" onClick={() => void save()}>{words.act.save}</Button>}
        <ErrorNotice error={error} />
      </div>
      {conflict && <ConflictDialog mine={text} theirs={textOf(conflict)} settle={settle} />}
    </div>
  );
}

/** The text that is no longer written on: only what there is. */
function Written({ minutes, meetingId }: { minutes: Minutes; meetingId: string }) {
  const words = useWords();
  const part = (name: string, text: string) => text.trim() && <div><h3>{name}</h3><p className={styles.written}>{text}</p></div>;
  return (
    <div className={styles.text}>
      {minutes.opening.trim() && <Card>{part(words.minutes.opening, minutes.opening)}</Card>}
      {minutes.sections.map((one, n) => (
        <Card key={one.item_id} id={`item-${one.item_id || "general"}`} data-testid="minutes-section" data-item-id={one.item_id}>
          <h2>{n + 1}. {one.title || words.minutes.general}</h2>
          <LockedFacts item={one.locked} meetingId={meetingId} />
          {part(words.minutes.opinions, one.opinions)}
          {part(words.minutes.conclusion, one.conclusion)}
        </Card>
      ))}
      <Card>{part(words.minutes.closing, minutes.closing)}{part(words.minutes.recipients, minutes.recipients.join("\n"))}</Card>
    </div>
  );
}

function RoomNotes({ text, insert }: { text: string; insert: (text: string) => void }) {
  const words = useWords();
  const [done, setDone] = useState(false);
  const put = () => {
    insert(text.trim());
    setDone(true);
  };
  return (
    <details className={styles.locked} data-testid="room-notes">
      <summary>{words.minutes.notes}</summary>
      <p className={styles.soft}>{words.minutes.notesHint}</p>
      <p className={styles.pre}>{text}</p>
      <div className={styles.acts}><Button size="small" disabled={done} onClick={put} data-testid="insert-notes">{done ? words.minutes.notesInserted : words.minutes.notesInsert}</Button></div>
    </details>
  );
}

function plainText(text: MinutesText): string {
  return [text.opening, ...text.sections.flatMap((s) => [s.opinions, s.conclusion]), text.closing, text.recipients.join("\n")].filter(Boolean).join("\n\n");
}

function ConflictDialog({ mine, theirs, settle }: { mine: MinutesText; theirs: MinutesText; settle: (mine: boolean) => void }) {
  const words = useWords();
  return (
    <Dialog wide testId="conflict" title={words.minutes.conflict} onClose={() => settle(true)} actions={
      <><Button onClick={() => settle(false)} data-testid="keep-theirs">{words.minutes.keepTheirs}</Button><Button look="main" onClick={() => settle(true)} data-testid="keep-mine">{words.minutes.keepMine}</Button></>
    }>
      <p>{words.minutes.conflictText}</p>
      <div className={styles.two}>
        <section><h3>{words.minutes.mine}</h3><p className={styles.pre}>{plainText(mine)}</p></section>
        <section><h3>{words.minutes.theirs}</h3><p className={styles.pre}>{plainText(theirs)}</p></section>
      </div>
    </Dialog>
  );
}
