/** The board as a grid of small tiles by room: 208 sites at one look, colour and word and shape say the same. */
import { memo } from "react";
import type { BoardRow } from "../rest/linked";
import { useWords } from "../words";
import styles from "./board.module.css";
import { countsOf, problemOf, type Section } from "./rows";

type Show = (row: BoardRow) => void;

export function GridSections({ sections, show }: { sections: Section[]; show: Show }) {
  const words = useWords();
  return (
    <div data-testid="board-tiles">
      {sections.map(({ room, rows }) => {
        const counts = countsOf(rows);
        return (
          <section key={room.id} className={styles.section} aria-label={words.linked.roomOf(room.unit_title)}>
            <h2 className={styles.sectionTitle}>{words.linked.roomOf(room.unit_title)} <span className={styles.soft}>{words.board.roomSum(counts.joined, counts.all, counts.bad)}</span></h2>
            <ul className={styles.tiles}>{rows.map((row) => <Tile key={row.site_id} row={row} show={show} />)}</ul>
          </section>
        );
      })}
    </div>
  );
}

const Tile = memo(function Tile({ row, show }: { row: BoardRow; show: Show }) {
  const words = useWords();
  const [first] = row.problems;
  const said = first ? problemOf(row, first, words.board) : row.on_air ? words.board.onAir : words.board.states[row.state];
  return (
    <li>
      <button type="button" className={`${styles.tile} ${row.problems.length ? styles.badTile : styles[`tile-${row.state}`]}`} onClick={() => show(row)}>
        <span className={styles.tileName}>{row.unit_title}</span><span className={styles.tileSaid}>{said}</span>
      </button>
    </li>
  );
});
