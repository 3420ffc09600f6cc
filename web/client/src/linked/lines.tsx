/** What the plan asks of each line, and what would go wrong, in plain words. */
import type { Line, Need, Strain, Tree } from "../rest/linked";
import { Pill } from "../ui/notice";
import { useWords } from "../words";
import styles from "./linked.module.css";

const TONE: Record<Strain, "good" | "warn" | "bad" | "info"> = { fits: "good", tight: "warn", over: "bad", unknown: "info" };
const GRAVE = new Set(["server_over", "link_over", "site_line_over", "room_elsewhere_failed", "two_chairs_one_person"]);

export function mbps(kbps: number): string {
  return (kbps / 1000).toLocaleString("vi-VN", { maximumFractionDigits: kbps < 10_000 ? 1 : 0 });
}

export function Lines({ tree }: { tree: Tree }) {
  const words = useWords();
  const { server } = tree;
  const of = (kbps: number | null) => (kbps === null ? words.linked.notSaid : `${words.linked.of} ${words.linked.mbps(mbps(kbps))}`);
  const away = tree.rooms.filter((room) => room.need);
  return (
    <dl className={styles.lines}>
      <Row name={words.linked.serverOut} value={`${words.linked.mbps(mbps(server.down_kbps))} ${of(server.line.up_kbps)}`} strain={server.strain} />
      <Row name={words.linked.serverIn} value={`${words.linked.mbps(mbps(server.up_kbps))} ${of(server.line.down_kbps)}`} />
      <Row name={words.linked.perSite} value={both(tree.per_site)} />
      {away.map((room) => <Row key={room.unit.id} name={words.linked.link(room.unit.title)} value={`${both(room.need ?? tree.per_site)} ${room.line ? carries(room.line) : ""}`} strain={room.strain} />)}
    </dl>
  );
  function carries({ down_kbps, up_kbps }: Line) {
    return down_kbps === null || up_kbps === null ? words.linked.notSaid : `(${words.linked.of} ${both({ down_kbps, up_kbps })})`;
  }
  function both(need: Need): string {
    return `${words.linked.mbps(mbps(need.down_kbps))} ${words.linked.down}, ${words.linked.mbps(mbps(need.up_kbps))} ${words.linked.up}`;
  }
}

function Row({ name, value, strain }: { name: string; value: string; strain?: Strain }) {
  const words = useWords();
  return <div className={styles.lineRow}><dt>{name}</dt><dd>{value} {strain && <Pill tone={TONE[strain]}>{words.linked.strain[strain]}</Pill>}</dd></div>;
}

export function Warnings({ tree, stale }: { tree: Tree; stale: boolean }) {
  const words = useWords();
  if (!tree.warnings.length) return <p className={styles.soft}>{words.linked.noWarnings}</p>;
  return (
    <ul className={`${styles.warnings} ${stale ? styles.stale : ""}`} data-testid="tree-warnings">
      {tree.warnings.map(({ code, count, names }) => (
        <li key={code} className={GRAVE.has(code) ? styles.grave : undefined}>
          <strong>{words.linked.warning[code] ?? code}</strong>{names.length > 0 && <>: {names.slice(0, 6).join(", ")}{count > Math.min(names.length, 6) && ` ${words.linked.andMore(count - Math.min(names.length, 6))}`}</>}
        </li>
      ))}
    </ul>
  );
}
