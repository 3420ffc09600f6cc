/** Papers: put one on everybody's screen and turn its pages, or read one alone. */
import { useState } from "react";
import { Button } from "../../ui/button";
import { useWords } from "../../words";
import { PaperPage } from "../paper-page";
import { useCommand, useMay, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function PapersPanel() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const papers = useRoom((p) => p.welcome?.meeting.papers) ?? [];
  const state = useRoom((p) => p.state);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const [alone, setAlone] = useState<{ id: string; page: number } | null>(null);
  const shows = may("show_paper") && (may("grant_floor") || state.floor?.site_id === mine);
  return (
    <div className={styles.panel}>
      <h2>{words.room.papers}</h2>
      {papers.length === 0 && <p className={styles.empty}>{words.room.noPapers}</p>}
      {state.paper && shows && <Turner />}
      <ul className={styles.rows}>
        {papers.map((paper) => (
          <li key={paper.id} className={`${styles.row} ${state.paper?.paper_id === paper.id ? styles.current : ""}`} data-testid="paper-row" data-paper-id={paper.id}>
            <strong>{paper.title}</strong>
            <p className={styles.soft}>{paper.page_count ? words.plan.pages(paper.page_count) : paper.file_name}{state.paper?.paper_id === paper.id && ` · ${words.room.showing}`}</p>
            <div className={styles.acts}>
              {shows && paper.viewable && state.paper?.paper_id !== paper.id && <Button size="small" look="main" aria-label={words.room.showPaper(paper.title)} data-testid="show-paper" onClick={() => void command("show_paper", { paper_id: paper.id, page: 1 })}>{words.room.show}</Button>}
              {paper.viewable && <Button size="small" aria-pressed={alone?.id === paper.id} data-testid="read-paper" onClick={() => setAlone(alone?.id === paper.id ? null : { id: paper.id, page: 1 })}>{words.room.readAlone("").trim()}</Button>}
              <a href={`/api/papers/${paper.id}/file`} download={paper.file_name}>{words.act.download}</a>
            </div>
            {alone?.id === paper.id && (
              <>
                <PaperPage paperId={paper.id} page={alone.page} />
                <PageButtons page={alone.page} count={paper.page_count ?? 1} turn={(page) => setAlone({ id: paper.id, page })} />
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function PageButtons({ page, count, turn, testId }: { page: number; count: number; turn: (page: number) => void; testId?: string }) {
  const words = useWords();
  return (
    <div className={styles.acts}>
      <Button size="small" disabled={page <= 1} onClick={() => turn(page - 1)} data-testid={testId && `${testId}-previous`}>{words.room.previousPage}</Button>
      <span className={styles.soft} role="status">{words.room.page(page, count)}</span>
      <Button size="small" disabled={page >= count} onClick={() => turn(page + 1)} data-testid={testId && `${testId}-next`}>{words.room.nextPage}</Button>
    </div>
  );
}

function Turner() {
  const words = useWords();
  const command = useCommand();
  const shown = useRoom((p) => p.state.paper);
  const paper = useRoom((p) => p.welcome?.meeting.papers.find((one) => one.id === p.state.paper?.paper_id));
  if (!shown) return null;
  return (
    <div className={styles.row}>
      <strong>{words.room.showing}: {paper?.title}</strong>
      <PageButtons page={shown.page} count={paper?.page_count ?? shown.page} testId="turn" turn={(page) => void command("show_paper", { paper_id: shown.paper_id, page })} />
      <Button size="small" data-testid="hide-paper" onClick={() => void command("show_paper", { paper_id: null, page: 1 })}>{words.room.hide}</Button>
    </div>
  );
}
