/** Who was there, as recorded; and Đính chính, which mends a wrong fact without touching the old one. */
import { useWords } from "../words";
import { momentOf } from "../words/when";
import styles from "./minutes.module.css";
import type { Locked } from "./types";

export function Attendance({ locked }: { locked: Locked }) {
  const words = useWords();
  const { present = [], excused = [], absent = [] } = locked.attendance ?? {};
  if (!present.length && !excused.length && !absent.length) return null;
  return (
    <details>
      <summary>{words.room.rollSum(present.length, present.length + excused.length + absent.length, excused.length, absent.length)}</summary>
      <ul>
        {present.map((site) => <li key={site.site_id}>{site.title}: {words.room.heads(site.head_count)}{site.people.length > 0 && ` – ${site.people.map((p) => p.name).join(", ")}`}</li>)}
        {excused.map((site) => <li key={site.site_id}>{site.title}: {words.room.excused} {site.reason && `(${site.reason})`}</li>)}
        {absent.map((site) => <li key={site.site_id}>{site.title}: {words.room.absent}</li>)}
      </ul>
    </details>
  );
}

export function Corrections({ locked }: { meetingId: string; locked: Locked }) {
  const words = useWords();
  if (!locked.corrections?.length) return null;
  return (
    <section className={styles.locked}>
      <h2>{words.minutes.correction}</h2>
      <ul>{locked.corrections.map((c, n) => <li key={n}>{momentOf(c.at)}, {c.by}: {String(c.old)} → {String(c.new)} ({c.reason})</li>)}</ul>
    </section>
  );
}
