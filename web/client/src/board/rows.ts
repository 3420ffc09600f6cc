/** The board's rows: kept as the same objects while nothing about them changed, so that only what changed is drawn. Pure. */
import type { Words } from "../words";
import type { Board, BoardRoom, BoardRow } from "../rest/linked";

export interface Section { room: BoardRoom; rows: BoardRow[]; depth: number }
export interface Counts { all: number; joined: number; tested: number; bad: number; heads: number }
export interface Filter { text: string; badOnly: boolean }

/** The new board with the old object of every row that is equal: memoised rows stay as they are. */
export function keepEqual(before: Board | undefined, now: Board): Board {
  if (!before) return now;
  const old = new Map(before.rows.map((row) => [row.site_id, row]));
  const rows = now.rows.map((row) => {
    const same = old.get(row.site_id);
    return same && JSON.stringify(same) === JSON.stringify(row) ? same : row;
  });
  return { ...now, rows };
}

/** What is wrong, in words; a clock with how far it is off. */
export function problemOf(row: BoardRow, code: string, words: Words["board"]): string {
  if (code === "clock") return words.clockOff(row.clock_s);
  if (code === "check_clock" && row.check) return words.clockChecked(Math.round(row.check.clock_ms / 1000));
  return words.problems[code] ?? code;
}

export const isBad = (row: BoardRow) => row.problems.length > 0;

export function plain(text: string): string {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
}

export function shows(row: BoardRow, filter: Filter): boolean {
  return (!filter.badOnly || isBad(row)) && (!filter.text || plain(`${row.unit_title} ${row.site_name}`).includes(plain(filter.text)));
}

/** Rooms from the top down, each below the one above it, with the rows that are wanted; empty ones only unfiltered. */
export function sectionsOf(board: Board, filter: Filter): Section[] {
  const byRoom = new Map<string, BoardRow[]>();
  for (const row of board.rows) if (shows(row, filter)) byRoom.set(row.room_id, [...(byRoom.get(row.room_id) ?? []), row]);
  const known = new Set(board.rooms.map((room) => room.id));
  const below = (id: string | null, depth: number): Section[] => board.rooms
    .filter((room) => (id === null ? room.parent_id === null || !known.has(room.parent_id) : room.parent_id === id))
    .flatMap((room) => [{ room, rows: byRoom.get(room.id) ?? [], depth }, ...(depth < 20 ? below(room.id, depth + 1) : [])]);
  return below(null, 0).filter((section) => section.rows.length > 0 || (!filter.badOnly && !filter.text));
}

export function countsOf(rows: readonly BoardRow[]): Counts {
  return {
    all: rows.length, joined: rows.filter((row) => row.state === "joined").length, tested: rows.filter((row) => row.state === "tested").length,
    bad: rows.filter(isBad).length, heads: rows.reduce((sum, row) => sum + (row.head_count ?? 0), 0),
  };
}
