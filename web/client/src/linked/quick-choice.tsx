/** One button a level: all its sites, or a room for each of its units; pressed again it takes them out. */
import { useRef } from "react";
import type { Candidate } from "../rest/linked";
import { Button } from "../ui/button";
import { useWords } from "../words";
import styles from "./linked.module.css";
import { siteIdsOf, withHosts, withSites, type Selection, type Units } from "./selection";

export function QuickChoice({ units, selection, change }: { units: Units; selection: Selection; change: (selection: Selection) => void }) {
  const words = useWords();
  const lowest = units.levels.length - 1;
  const came = useRef(new Map<string, string[]>()); // with the rooms of a level: sites that were not picked before
  const changeRooms = (code: string, hosts: Candidate[], on: boolean) => {
    const changed = withHosts(selection, hosts, on);
    if (on) came.current.set(code, [...(came.current.get(code) ?? []), ...[...changed.sites].filter((id) => !selection.sites.has(id))]);
    change(on ? changed : withSites(changed, came.current.get(code) ?? [], false));
    if (!on) came.current.delete(code);
  };
  return (
    <div className={styles.quick}>
      {units.levels.map(({ code, name, units: there }, n) => {
        const ids = there.flatMap(siteIdsOf);
        const hosts = there.filter((unit) => units.below.has(unit.id));
        const all = ids.length > 0 && ids.every((id) => selection.sites.has(id));
        const open = hosts.length > 0 && hosts.every((unit) => selection.hosts.has(unit.id));
        return (
          <div key={code} className={styles.quickRow}>
            <Button size="small" aria-pressed={all} look={all ? "main" : "plain"} onClick={() => change(withSites(selection, ids, !all))} data-testid="all-level" data-level={code}>{all ? words.linked.noneLevel(name) : words.linked.allLevel(name, ids.length)}</Button>
            {n < lowest && hosts.length > 0 && <Button size="small" aria-pressed={open} look={open ? "main" : "plain"} onClick={() => changeRooms(code, hosts, !open)} data-testid="rooms-level" data-level={code}>{open ? words.linked.noRoomsLevel(name) : words.linked.roomsLevel(name, hosts.length)}</Button>}
          </div>
        );
      })}
    </div>
  );
}
