/** Rooms: who chairs, who in his place, who writes; opened one at a time. */
import { PersonField } from "../plan/person-field";
import type { Tree, TreeRoom } from "../rest/linked";
import { Pill } from "../ui/notice";
import { useWords } from "../words";
import styles from "./linked.module.css";
import { NOBODY, type Host, type Selection, type Units } from "./selection";

interface Props { tree: Tree; units: Units; selection: Selection; counts: Map<string, number>; change?: (selection: Selection) => void }

export function Hosts({ tree, units, selection, counts, change }: Props) {
  const words = useWords();
  const known = new Map(tree.rooms.map((room) => [room.unit.id, room]));
  const root = tree.rooms[0];
  const hosts = [...selection.hosts.keys()].filter((id) => units.byId.has(id));
  const ordered = [...units.byId.keys()].filter((id) => hosts.includes(id));
  const set = (id: string, part: Partial<Host>) => change?.({ ...selection, hosts: new Map([...selection.hosts, [id, { ...NOBODY, ...selection.hosts.get(id), ...part }]]) });
  return (
    <ul className={styles.rooms}>
      {root && <li className={styles.room}><strong>{words.linked.rootRoom}: {root.unit.title}</strong><span className={styles.soft}>{root.chair.name}</span><span className={styles.soft}>{words.linked.sitesIn(counts.get(units.root) ?? 0)}</span></li>}
      {ordered.map((id) => <Room key={id} id={id} title={units.byId.get(id)?.title ?? ""} room={known.get(id)} host={selection.hosts.get(id) ?? NOBODY} head={units.byId.get(id)?.head?.name ?? ""} count={counts.get(id) ?? 0} set={change && set} />)}
    </ul>
  );
}

function Room({ id, title, room, host, head, count, set }: { id: string; title: string; room?: TreeRoom; host: Host; head: string; count: number; set?: (id: string, part: Partial<Host>) => void }) {
  const words = useWords();
  const chair = room?.chair.name || head;
  return (
    <li>
      <details className={styles.details} data-testid="host" data-unit-id={id}>
        <summary className={styles.room}><strong>{words.linked.roomOf(title)}</strong><span className={styles.soft}>{chair}</span><span className={styles.soft}>{words.linked.sitesIn(count)}</span>{room?.node_id && <Pill tone={room.state === "accepted" ? "good" : "warn"}>{words.linked.elsewhere[room.state] ?? room.state}</Pill>}</summary>
        {host.node && <p className={styles.soft} data-testid="held-elsewhere">{words.linked.heldElsewhere}{room && room.far_sites > 0 && ` ${words.linked.sitesIn(room.far_sites)}.`}{room?.error && ` ${said(room.error, words.linked.heldErrors)}`}</p>}
        {set && !host.node && (
          <div className={styles.people}>
            <PersonField label={words.linked.chair} unitId={id} value={host.chair} known={chair} change={(chair) => set(id, { chair })} testId="host-chair" />
            <PersonField label={words.linked.deputy} unitId={id} value={host.deputy} known={room?.deputy?.name} change={(deputy) => set(id, { deputy })} testId="host-deputy" />
            <PersonField label={words.linked.secretary} unitId={id} value={host.secretary} known={room?.secretary.name || words.linked.fromUnit} change={(secretary) => set(id, { secretary })} testId="host-secretary" />
          </div>
        )}
      </details>
    </li>
  );
}

/** The code of a refusal in words, with what it is about; the reason people gave as it is. */
function said(error: string, words: Record<string, string>): string {
  const [code = "", ...rest] = error.split(" ");
  const known = words[code];
  return known === undefined ? `${error}.` : `${known}${rest.length > 0 ? `: ${rest.join(" ")}` : ""}.`;
}
