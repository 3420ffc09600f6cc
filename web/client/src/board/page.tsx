/** The site board: every site of a linked meeting at one look, and what one does about those that are wrong. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useParams } from "wouter";
import type { Board, BoardRow } from "../rest/linked";
import { useApi } from "../session/session";
import { Button, ButtonLink } from "../ui/button";
import { Checkbox, TextField } from "../ui/field";
import { Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import styles from "./board.module.css";
import { GridSections } from "./grid";
import { countsOf, keepEqual, sectionsOf } from "./rows";
import { SiteDialog } from "./site-dialog";
import { TableSections } from "./table";

const EVERY_MS = 2000;

export default function BoardPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const kept = useRef<Board | undefined>(undefined);
  const query = useQuery({
    queryKey: ["board", id], refetchInterval: EVERY_MS, structuralSharing: false,
    queryFn: async () => (kept.current = keepEqual(kept.current, await api.get<Board>(`/api/meetings/${id}/board`))),
  });
  if (!query.data) return <Frame title={words.board.title}>{query.error ? <ErrorNotice error={query.error} action={<Button onClick={() => void query.refetch()}>{words.act.retry}</Button>} /> : <Loading />}</Frame>;
  return <BoardView id={id} board={query.data} stale={query.isError} />;
}

export function BoardView({ id, board, stale }: { id: string; board: Board; stale: boolean }) {
  const words = useWords();
  const [text, setText] = useState("");
  const [badOnly, setBadOnly] = useState(false);
  const [grid, setGrid] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const wanted = useDeferredValue(text); // typing never waits for the rows
  const onlyBad = useDeferredValue(badOnly);
  const sections = useMemo(() => sectionsOf(board, { text: wanted, badOnly: onlyBad }), [board, wanted, onlyBad]);
  const counts = useMemo(() => countsOf(board.rows), [board.rows]);
  const show = useCallback((row: BoardRow) => setOpen(row.site_id), []);
  const shown = open ? board.rows.find((row) => row.site_id === open) : undefined;
  return (
    <Frame title={words.board.title} kicker={<p>{board.title} – {timeOf(board.starts_at)}</p>} actions={<><ButtonLink href={`/rooms/${id}`}>{words.plan.room}</ButtonLink><ButtonLink href={`/meetings/${id}`}>{words.linked.back}</ButtonLink></>}>
      {stale && <Notice tone="warn">{words.board.stale}</Notice>}
      <dl className={styles.counts} data-testid="board-counts">
        <Count name={words.board.joined} value={`${counts.joined}/${counts.all}`} /><Count name={words.board.ready} value={String(counts.tested)} /><Count name={words.board.bad} value={String(counts.bad)} bad={counts.bad > 0} /><Count name={words.board.heads} value={String(counts.heads)} />
      </dl>
      <div className={styles.tools}>
        <TextField hideLabel label={words.board.search} placeholder={words.board.search} type="search" value={text} onChange={(e) => setText(e.target.value)} data-testid="board-search" />
        <Checkbox label={words.board.badOnly} checked={badOnly} onChange={(e) => setBadOnly(e.target.checked)} data-testid="bad-only" />
        <div className={styles.looks} role="group" aria-label={words.board.look}>
          <Button size="small" aria-pressed={!grid} look={grid ? "plain" : "main"} onClick={() => setGrid(false)}>{words.board.list}</Button>
          <Button size="small" aria-pressed={grid} look={grid ? "main" : "plain"} onClick={() => setGrid(true)} data-testid="board-grid">{words.board.grid}</Button>
        </div>
      </div>
      {sections.length === 0 && <Notice tone="good">{badOnly ? words.board.allWell : words.board.noneFound}</Notice>}
      {grid ? <GridSections sections={sections} show={show} /> : <TableSections sections={sections} show={show} />}
      {shown && <SiteDialog meetingId={id} row={shown} onClose={() => setOpen(null)} />}
    </Frame>
  );
}

function Count({ name, value, bad = false }: { name: string; value: string; bad?: boolean }) {
  return <div className={bad ? styles.badCount : undefined}><dt>{name}</dt><dd>{value}</dd></div>;
}
