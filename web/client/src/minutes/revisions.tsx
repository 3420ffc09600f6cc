/** Every saved text of the minutes: who, when, and what each changed. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorNotice, Loading } from "../ui/notice";
import { useLanguage, useWords, type Words } from "../words";
import { momentOf } from "../words/when";
import styles from "./minutes.module.css";
import type { Minutes } from "./types";

interface Saved { number: number; at: string; author: string }
interface Change { part: string; lines: [mark: string, text: string][] }

export function RevisionsButton({ path, minutes }: { path: string; minutes: Minutes }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" look="quiet" onClick={() => setOpen(true)} data-testid="revisions">{words.minutes.revision(minutes.revision)}</Button>
      {open && <RevisionsDialog path={path} minutes={minutes} onClose={() => setOpen(false)} />}
    </>
  );
}

function RevisionsDialog({ path, minutes, onClose }: { path: string; minutes: Minutes; onClose: () => void }) {
  const words = useWords();
  const language = useLanguage();
  const api = useApi();
  const [chosen, setChosen] = useState(minutes.revision);
  const query = useQuery({ queryKey: ["revisions", path, minutes.revision], queryFn: () => api.get<{ items: Saved[] }>(`${path}/revisions`) });
  const newestFirst = [...(query.data?.items ?? [])].reverse();
  return (
    <Dialog wide title={words.minutes.revisions} onClose={onClose} testId="revision-list">
      <p>{words.minutes.revisionsHint}</p>
      <ErrorNotice error={query.error} />
      <div className={styles.revisions}>
        <ol className={styles.chapters}>
          {newestFirst.map((one) => (
            <li key={one.number}>
              <button type="button" aria-current={one.number === chosen ? "true" : undefined} onClick={() => setChosen(one.number)} data-testid="revision" data-number={one.number}>
                <strong>{words.minutes.revision(one.number)}</strong><span className={styles.soft}>{words.minutes.revisionBy(one.author, momentOf(one.at, language))}</span>
              </button>
            </li>
          ))}
        </ol>
        <Difference path={path} number={chosen} minutes={minutes} />
      </div>
    </Dialog>
  );
}

function partName(part: string, minutes: Minutes, words: Words): string {
  if (part === "opening" || part === "closing" || part === "recipients") return words.minutes[part];
  const [itemId = "", field] = part.split(".");
  const title = minutes.sections.find((section) => section.item_id === itemId)?.title || words.minutes.general;
  return `${title} – ${field === "conclusion" ? words.minutes.conclusion : words.minutes.opinions}`;
}

function Difference({ path, number, minutes }: { path: string; number: number; minutes: Minutes }) {
  const words = useWords();
  const api = useApi();
  const query = useQuery({ queryKey: ["revision", path, number], queryFn: () => api.get<{ changes: Change[] }>(`${path}/revisions/${number}`) });
  if (!query.data) return query.error ? <ErrorNotice error={query.error} /> : <Loading />;
  if (!query.data.changes.length) return <p>{words.minutes.noChanges}</p>;
  return (
    <div className={styles.text} data-testid="difference">
      {query.data.changes.map((change) => (
        <section key={change.part}>
          <h3>{partName(change.part, minutes, words)}</h3>
          <div className={styles.pre}>
            {change.lines.filter(([, text]) => text).map(([mark, text], n) => (mark === "+" ? <p key={n}><ins aria-label={`${words.minutes.added}: ${text}`}>{text}</ins></p> : mark === "-" ? <p key={n}><del aria-label={`${words.minutes.removed}: ${text}`}>{text}</del></p> : <p key={n}>{text}</p>))}
          </div>
        </section>
      ))}
    </div>
  );
}
