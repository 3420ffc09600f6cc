import type { ReactNode } from "react";
import { ApiError } from "../rest/request";
import { useWords, type Words } from "../words";
import styles from "./notice.module.css";

type Tone = "info" | "good" | "warn" | "bad";

export function Notice({ tone = "info", children, action }: { tone?: Tone; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={`${styles.notice} ${styles[tone]}`} role={tone === "bad" ? "alert" : "status"}>
      <div className={styles.text}>{children}</div>
      {action}
    </div>
  );
}

export function errorText(error: unknown, words: Words): string {
  if (error instanceof ApiError) {
    if (error.message) return error.message;
    if (error.code === "offline") return words.state.offline;
    if (error.status === 403) return words.error.forbidden;
    if (error.status === 404) return words.state.notFound;
  }
  return words.state.failed;
}

/** What happened, in the words of the server or our own. */
export function ErrorNotice({ error, action }: { error: unknown; action?: ReactNode }) {
  const words = useWords();
  if (!error) return null;
  const fields = fieldsOf(error, words);
  return (
    <Notice tone="bad" action={action}>
      {errorText(error, words)}
      {fields.length > 0 && <ul>{fields.map((line) => <li key={line}>{line}</li>)}</ul>}
    </Notice>
  );
}

/** What is wrong with each field, by the name it has on screen. */
function fieldsOf(error: unknown, words: Words): string[] {
  if (!(error instanceof ApiError) || error.status !== 422) return [];
  const names: Record<string, string> = words.field;
  return Object.entries(error.detail).flatMap(([path, text]) => {
    const name = names[path] ?? names[path.split(".").at(-1) ?? ""];
    return typeof text === "string" && name ? [`${name}: ${text}`] : [];
  });
}

export function Pill({ tone = "info", children }: { tone?: Tone | "air"; children: ReactNode }) {
  return <span className={`${styles.pill} ${styles[`pill-${tone}`]}`}>{children}</span>;
}

export function Loading() {
  const words = useWords();
  return <p className={styles.loading} role="status">{words.state.loading}</p>;
}
