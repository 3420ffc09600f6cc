/** What is picked in the tree of units: hosting units and sites; and which room each site comes to. Pure. */
import type { Candidate, HostIn, Tree } from "../rest/linked";

export interface Host { chair: string; deputy: string; secretary: string; node: string }
export interface Selection { hosts: ReadonlyMap<string, Host>; sites: ReadonlySet<string> }
export const NOBODY: Host = { chair: "", deputy: "", secretary: "", node: "" };

export interface Units { root: string; byId: Map<string, Candidate>; below: Map<string, Candidate[]>; levels: { code: string; name: string; units: Candidate[] }[] }

export function unitsOf(items: readonly Candidate[]): Units {
  const byId = new Map(items.map((u) => [u.id, u]));
  const below = new Map<string, Candidate[]>();
  for (const unit of items) if (unit.parent_id && byId.has(unit.parent_id)) below.set(unit.parent_id, [...(below.get(unit.parent_id) ?? []), unit]);
  const root = items.find((u) => !u.parent_id || !byId.has(u.parent_id))?.id ?? "";
  const levels = [...new Map(items.filter((u) => u.id !== root).map((u) => [u.level.code, u.level])).values()].sort((a, b) => a.rank - b.rank);
  return { root, byId, below, levels: levels.map(({ code, name }) => ({ code, name, units: items.filter((u) => u.id !== root && u.level.code === code) })) };
}

export function selectionOf(tree: Tree): Selection {
  const lower = tree.rooms.filter((room) => room.parent_id !== null);
  const hosts = new Map(lower.map((r) => [r.unit.id, { chair: r.node_id ? "" : r.chair.id, deputy: r.node_id ? "" : r.deputy?.id ?? "", secretary: r.node_id ? "" : r.secretary.id, node: r.node_id ?? "" }]));
  return { hosts, sites: new Set(tree.rooms.flatMap((room) => [...room.sites.map((site) => site.site_id), ...room.wished_site_ids])) };
}

export function siteIdsOf(unit: Candidate): string[] {
  return unit.sites.map((site) => site.id);
}

/** Sites of all units below this one, at any depth. */
export function sitesBelow(units: Units, id: string): string[] {
  return (units.below.get(id) ?? []).flatMap((unit) => [...siteIdsOf(unit), ...sitesBelow(units, unit.id)]);
}

export function withSites(selection: Selection, ids: readonly string[], on: boolean): Selection {
  const sites = new Set(selection.sites);
  for (const id of ids) if (on) sites.add(id); else sites.delete(id);
  return { ...selection, sites };
}

/** A unit that gets a room comes to it itself; one with an installation of its own is asked to hold it there. */
export function withHosts(selection: Selection, picked: readonly Candidate[], on: boolean): Selection {
  const hosts = new Map(selection.hosts);
  for (const unit of picked) if (!on) hosts.delete(unit.id); else if (!hosts.has(unit.id)) hosts.set(unit.id, unit.node ? { ...NOBODY, node: unit.node.id } : { ...NOBODY, chair: unit.head?.id ?? "" });
  return withSites({ ...selection, hosts }, on ? picked.flatMap((unit) => siteIdsOf(unit).slice(0, 1)) : [], true);
}

/** The hosting unit at or above; the convening unit when there is none. */
export function roomOf(units: Units, hosts: ReadonlyMap<string, unknown>, id: string): string {
  for (let step = units.byId.get(id), n = 0; step && n < 50; step = step.parent_id ? units.byId.get(step.parent_id) : undefined, n++) if (step.id === units.root || hosts.has(step.id)) return step.id;
  return units.root;
}

/** How many sites come to each room. */
export function countByRoom(units: Units, selection: Selection): Map<string, number> {
  const counts = new Map<string, number>();
  for (const unit of units.byId.values()) {
    const here = siteIdsOf(unit).filter((id) => selection.sites.has(id)).length;
    const room = roomOf(units, selection.hosts, unit.id);
    if (here) counts.set(room, (counts.get(room) ?? 0) + here);
  }
  return counts;
}

export function planOf(selection: Selection): { hosts: HostIn[]; site_ids: string[] } {
  const given = (id: string) => id || undefined;
  const hosts = [...selection.hosts].map(([unit_id, h]) => ({ unit_id, chair_person_id: given(h.chair), deputy_person_id: given(h.deputy), secretary_person_id: given(h.secretary), node_id: given(h.node) }));
  return { hosts, site_ids: [...selection.sites] };
}
