/** Who was there, as recorded. */
import { useWords } from "../words";
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
