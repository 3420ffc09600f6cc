/** The tree of units: its own site, all below it at once, and a room of its own. */
import { memo, useState } from "react";
import type { Candidate } from "../rest/linked";
import { useWords } from "../words";
import styles from "./linked.module.css";
import { siteIdsOf, sitesBelow, withHosts, withSites, type Selection, type Units } from "./selection";

interface Props { units: Units; selection: Selection; change?: (selection: Selection) => void }

export function UnitTree(props: Props) {
  const root = props.units.byId.get(props.units.root);
  return root ? <ul className={styles.tree}><Node unit={root} start {...props} /></ul> : null;
}

const Node = memo(function Node({ unit, start = false, ...props }: Props & { unit: Candidate; start?: boolean }) {
  const words = useWords();
  const { units, selection, change } = props;
  const [open, setOpen] = useState(start);
  const children = units.below.get(unit.id) ?? [];
  const below = sitesBelow(units, unit.id);
  const picked = below.filter((id) => selection.sites.has(id)).length;
  const own = siteIdsOf(unit);
  const isRoot = unit.id === units.root;
  return (
    <li>
      <div className={styles.node} data-testid="tree-unit" data-unit-id={unit.id}>
        {children.length > 0 ? <button type="button" className={styles.toggle} aria-expanded={open} aria-label={open ? words.plan.collapse(unit.title) : words.plan.expand(unit.title)} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</button> : <span className={styles.toggle} />}
        {own.length > 0 ? (
          <label className={styles.tick}><input type="checkbox" checked={isRoot || selection.hosts.has(unit.id) || own.some((id) => selection.sites.has(id))} disabled={!change || isRoot || selection.hosts.has(unit.id)} aria-label={words.linked.site(unit.title)} onChange={(e) => change?.(withSites(selection, e.target.checked ? own.slice(0, 1) : own, e.target.checked))} /><strong>{unit.title}</strong></label>
        ) : <span className={styles.tick}><strong>{unit.title}</strong><span className={styles.soft}>{words.linked.noSite}</span></span>}
        {children.length > 0 && !isRoot && (
          <label className={styles.tick}><input type="checkbox" checked={selection.hosts.has(unit.id)} disabled={!change} aria-label={words.linked.ownRoomOf(unit.title)} data-testid="own-room" onChange={(e) => change?.(withHosts(selection, [unit], e.target.checked))} />{words.linked.ownRoom}</label>
        )}
        {below.length > 0 && (
          <label className={styles.tick}><input type="checkbox" checked={picked === below.length} disabled={!change} aria-label={words.linked.allBelowOf(unit.title, below.length)} data-testid="all-below" onChange={(e) => change?.(withSites(selection, below, e.target.checked))} />{words.linked.allBelow(below.length)}{picked > 0 && picked < below.length && <span className={styles.soft}>{words.linked.picked(picked, below.length)}</span>}</label>
        )}
      </div>
      {open && children.length > 0 && <ul>{children.map((child) => <Node key={child.id} unit={child} {...props} />)}</ul>}
    </li>
  );
});
