/** One page of a paper as an image from the server, as wide as the screen needs. */
import { useState } from "react";
import { useWords } from "../words";
import styles from "./paper-page.module.css";
import { useRoom } from "./use-room";

const WIDTH = Math.min(Math.max(Math.round((typeof window === "undefined" ? 1280 : window.innerWidth) / 400) * 400, 800), 1600);

export function pageUrl(paperId: string, page: number, width = WIDTH): string {
  return `/api/papers/${paperId}/pages/${page}.png?width=${width}`;
}

export function PaperPage({ paperId, page, testId }: { paperId: string; page: number; testId?: string }) {
  const words = useWords();
  const paper = useRoom((p) => p.welcome?.meeting.papers.find((one) => one.id === paperId));
  const [failed, setFailed] = useState("");
  const key = `${paperId}/${page}`;
  const title = paper?.title ?? words.room.papers;
  return (
    <figure className={styles.sheet} data-testid={testId} data-paper-id={paperId} data-page={page}>
      <div className={styles.holder}>
        {!paper || failed === key ? <p className={styles.failed}>{paper ? words.plan.notViewable : words.room.paperGone}</p> : <img src={pageUrl(paperId, page)} alt={`${title}, ${words.room.page(page, paper?.page_count ?? page)}`} onError={() => setFailed(key)} />}
      </div>
      <figcaption className={styles.caption}><strong>{title}</strong> <span>{words.room.page(page, paper?.page_count ?? page)}</span></figcaption>
    </figure>
  );
}
