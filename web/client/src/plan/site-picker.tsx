/** Sites from the tree of units: one by one, or all below a unit at once. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Page, Site, Unit } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { useWords } from "../words";
import styles from "./page.module.css";

interface Picking { chosen: ReadonlySet<string>; names: Map<string, string>; set: (add: Site[], remove: string[]) => void }

export function SitePicker({ siteIds, known, change, rootId }: { siteIds: string[]; known: Map<string, string>; change: (ids: string[]) => void; rootId: string }) {
  const words = useWords();
  const [names] = useState(() => new Map(known));
  const [typed, setTyped] = useState("");
  const picking: Picking = {
    chosen: new Set(siteIds),
    names,
    set: (add, remove) => {
      for (const site of add) names.set(site.id, site.unit_title ?? site.name);
      change([...siteIds.filter((id) => !remove.includes(id)), ...add.map((s) => s.id).filter((id) => !siteIds.includes(id))]);
    },
  };
  return (
    <>
      <p className={styles.sum} role="status" data-testid="site-count">{siteIds.length ? words.plan.chosen(siteIds.length) : words.plan.noSites}</p>
      <div className={styles.chips}>
        {siteIds.map((id) => (
          <span key={id} className={styles.chip}>{names.get(id) ?? known.get(id) ?? id}<button type="button" aria-label={words.plan.removeSite(names.get(id) ?? "")} onClick={() => picking.set([], [id])}>✕</button></span>
        ))}
      </div>
      <TextField label={words.plan.searchUnit} value={typed} onChange={(e) => setTyped(e.target.value)} type="search" data-testid="unit-search" />
      <div className={styles.tree} role="group" aria-label={words.plan.unitTree}>
        <ul>{typed.trim().length > 1 ? <Found q={typed.trim()} picking={picking} /> : rootId ? <Root id={rootId} picking={picking} /> : <Children parent="" picking={picking} />}</ul>
      </div>
    </>
  );
}

function useUnits(query: string) {
  const api = useApi();
  return useQuery({ queryKey: ["units", query], queryFn: () => api.get<Page<Unit>>(`/api/units?${query}`) }).data?.items ?? [];
}

function Children({ parent, picking }: { parent: string; picking: Picking }) {
  return useUnits(parent ? `parent=${parent}` : "").map((unit) => <Node key={unit.id} unit={unit} picking={picking} />);
}

function Found({ q, picking }: { q: string; picking: Picking }) {
  return useUnits(`q=${encodeURIComponent(q)}`).map((unit) => <Node key={unit.id} unit={unit} picking={picking} />);
}

function Root({ id, picking }: { id: string; picking: Picking }) {
  const api = useApi();
  const unit = useQuery({ queryKey: ["unit", id], queryFn: () => api.get<Unit>(`/api/units/${id}`) }).data;
  return unit ? <Node unit={unit} picking={picking} start /> : null;
}

function Node({ unit, picking, start = false }: { unit: Unit; picking: Picking; start?: boolean }) {
  const words = useWords();
  const api = useApi();
  const [open, setOpen] = useState(start);
  const sites = useQuery({ queryKey: ["sites", unit.id, 0], queryFn: () => api.get<Page<Site>>(`/api/units/${unit.id}/sites`), enabled: open }).data?.items ?? [];
  const takeAll = async () => picking.set((await api.get<Page<Site>>(`/api/units/${unit.id}/sites?depth=-1`)).items.filter((s) => s.active && s.unit_id !== unit.id), []);
  return (
    <li>
      <div className={styles.node}>
        <button type="button" className={styles.toggle} aria-expanded={open} aria-label={open ? words.plan.collapse(unit.title) : words.plan.expand(unit.title)} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</button>
        <strong>{unit.title}</strong>
        {unit.children !== 0 && <Button size="small" look="quiet" onClick={() => void takeAll()} data-testid="take-all" data-unit-id={unit.id}>{words.plan.allOf(unit.title)}</Button>}
      </div>
      {open && sites.map((site) => (
        <label key={site.id} className={styles.site}>
          <input type="checkbox" checked={picking.chosen.has(site.id)} data-testid="pick-site" data-site-id={site.id} onChange={(e) => (e.target.checked ? picking.set([site], []) : picking.set([], [site.id]))} />
          <span>{site.name}</span>
        </label>
      ))}
      {open && <ul><Children parent={unit.id} picking={picking} /></ul>}
    </li>
  );
}
