/** The board as a list by room; a row is drawn again only when it changed. */
import { memo } from "react";
import type { BoardRow } from "../rest/linked";
import { useWords } from "../words";
import styles from "./board.module.css";
import { countsOf, problemOf, type Section } from "./rows";

type Show = (row: BoardRow) => void;

export function TableSections({ sections, show }: { sections: Section[]; show: Show }) {
  const words = useWords();
  const { columns } = words.board;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by keys
    <div className={styles.wrap} role="region" aria-label={words.board.title} tabIndex={0}>
      <table className={styles.table} data-testid="board-table">
        <thead><tr><th scope="col">{columns.site}</th><th scope="col">{columns.state}</th><th scope="col">{columns.picture}</th><th scope="col">{columns.sound}</th><th scope="col">{columns.line}</th><th scope="col">{columns.step}</th><th scope="col">{columns.heads}</th><th scope="col">{columns.problem}</th></tr></thead>
        {sections.map((section) => <Room key={section.room.id} section={section} show={show} />)}
      </table>
    </div>
  );
}

function Room({ section, show }: { section: Section; show: Show }) {
  const words = useWords();
  const { room, rows, depth } = section;
  const counts = countsOf(rows);
  return (
    <tbody>
      <tr className={styles.roomRow}><th scope="rowgroup" colSpan={8} style={{ paddingLeft: `${0.6 + depth * 1.2}rem` }}>{words.linked.roomOf(room.unit_title)} <span className={styles.soft}>{words.board.roomSum(counts.joined, counts.all, counts.bad)}</span></th></tr>
      {rows.map((row) => <Row key={row.site_id} row={row} depth={depth} show={show} />)}
    </tbody>
  );
}

const Row = memo(function Row({ row, depth, show }: { row: BoardRow; depth: number; show: Show }) {
  const words = useWords();
  const joined = row.state === "joined";
  const mark = (on: boolean, yes: string, no: string) => (joined ? <span className={on ? styles.yes : styles.no}>{on ? yes : no}</span> : null);
  return (
    <tr className={row.problems.length ? styles.bad : undefined} data-testid="board-row" data-site-id={row.site_id} data-state={row.state}>
      <th scope="row" style={{ paddingLeft: `${0.6 + depth * 1.2}rem` }}><button type="button" className={styles.open} onClick={() => show(row)}>{row.unit_title}</button></th>
      <td><span className={`${styles.dot} ${styles[row.state]}`} />{row.on_air ? <strong className={styles.air}>{words.board.onAir}</strong> : words.board.states[row.state]}{row.asks && <span className={styles.soft}> · {words.board.asks}</span>}</td>
      <td>{mark(row.video, words.board.yes, words.board.no)}</td>
      <td>{mark(row.audio, words.board.yes, words.board.no)}</td>
      <td className="tabular">{joined ? words.board.line(Math.round(row.loss * 1000) / 10, row.rtt_ms) : row.check ? words.board.checked(row.check.down_kbps, row.check.up_kbps) : ""}</td>
      <td>{joined ? words.board.steps[row.step] ?? row.step : ""}</td>
      <td className="tabular">{row.head_count ?? ""}</td>
      <td className={styles.problem}>{row.problems.map((code) => problemOf(row, code, words.board)).join(" · ")}{row.problems.length > 0 && row.phone && <> <a href={`tel:${row.phone.replace(/\s/g, "")}`} aria-label={words.board.callOf(row.unit_title, row.phone)}>☎ {row.phone}</a></>}</td>
    </tr>
  );
});
