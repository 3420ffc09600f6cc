/** What the proceedings say of one item: never edited here; each line opens the recording at its second. */
import { Link } from "wouter";
import { useWords } from "../words";
import { clockOf, showDate, timeOf } from "../words/when";
import styles from "./minutes.module.css";
import type { LockedItem, LockedSpeech } from "./types";

function speakerOf(speech: LockedSpeech): string {
  const speaker = speech.speaker;
  const name = typeof speaker === "string" ? speaker : speaker ? [speaker.name, speaker.post].filter(Boolean).join(", ") : "";
  return name ? `${speech.site_title} – ${name}` : speech.site_title;
}

export function LockedFacts({ item, meetingId }: { item: LockedItem; meetingId: string }) {
  const words = useWords();
  return (
    <aside className={styles.locked} data-testid="locked">
      <p className={styles.lockedTitle} title={words.minutes.lockedHint}><svg viewBox="0 0 24 24" className={styles.lock} aria-hidden="true"><path d="M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3" /></svg>{words.minutes.locked}</p>
      {item.opened_at && <p>{words.minutes.openedAt(timeOf(item.opened_at), item.closed_at ? timeOf(item.closed_at) : "…")}</p>}
      <ul>
        {item.speeches.map((speech) => (
          <li key={speech.speech_id} className={styles.row}>
            <span><span className="tabular">{timeOf(speech.started_at)}</span> {words.minutes.spoke(speakerOf(speech), clockOf(speech.seconds))}</span>
            {speech.recording_ms !== null && <Link href={`/meetings/${meetingId}/recording?t=${speech.recording_ms / 1000}`} data-testid="listen">{words.minutes.listen(clockOf(speech.recording_ms / 1000))}</Link>}
          </li>
        ))}
      </ul>
      {item.papers.length > 0 && <p>{words.minutes.papersShown}: {item.papers.map((paper) => paper.title).join("; ")}</p>}
      {item.conclusions.length > 0 && <ul>{item.conclusions.map((c, n) => <li key={n}>{words.minutes.conclusion}: {c.text}</li>)}</ul>}
      {item.tasks.length > 0 && <ul>{item.tasks.map((task, n) => <li key={n}>{words.minutes.tasks}: {task.what} – {task.lead}{task.with.length > 0 && ` (${words.room.withUnits(task.with.join(", "))})`}{task.due && ` – ${words.room.by(showDate(task.due))}`}</li>)}</ul>}
    </aside>
  );
}
