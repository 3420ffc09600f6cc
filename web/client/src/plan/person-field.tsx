/** A person or a site of a unit, from a list that typing narrows. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Page, Person, Site, Unit } from "../rest/types";
import { useApi } from "../session/session";
import { Select, TextField } from "../ui/field";
import { useWords } from "../words";

export function PersonField({ label, unitId, value, known, change, testId }: { label: string; unitId: string; value: string; known?: string; change: (id: string) => void; testId: string }) {
  const words = useWords();
  const api = useApi();
  const [typed, setTyped] = useState("");
  const query = typed.trim() ? `q=${encodeURIComponent(typed.trim())}` : `unit=${unitId}`;
  const people = useQuery({ queryKey: ["persons", query], queryFn: () => api.get<Page<Person>>(`/api/persons?${query}`), enabled: !!unitId || !!typed.trim() }).data?.items ?? [];
  return (
    <div style={{ display: "grid", gap: "0.35rem" }}>
      <Select label={label} value={value} onChange={(e) => change(e.target.value)} data-testid={testId}>
        <option value="">{words.plan.choose}</option>
        {value && !people.some((p) => p.id === value) && <option value={value}>{known ?? value}</option>}
        {people.map((p) => <option key={p.id} value={p.id}>{p.name}{p.posts?.[0] && ` – ${p.posts[0].name}`}</option>)}
      </Select>
      <TextField hideLabel label={`${label}: ${words.plan.personSearch}`} placeholder={words.plan.personSearch} value={typed} onChange={(e) => setTyped(e.target.value)} />
    </div>
  );
}

export function SiteField({ label, unitId, value, known, change }: { label: string; unitId: string; value: string; known?: string; change: (id: string) => void }) {
  const words = useWords();
  const api = useApi();
  const sites = useQuery({ queryKey: ["sites", unitId, 0], queryFn: () => api.get<Page<Site>>(`/api/units/${unitId}/sites`), enabled: !!unitId }).data?.items ?? [];
  return (
    <Select label={label} value={value} onChange={(e) => change(e.target.value)} data-testid="chair-site">
      <option value="">{words.plan.choose}</option>
      {value && !sites.some((s) => s.id === value) && <option value={value}>{known ?? value}</option>}
      {sites.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}
    </Select>
  );
}

export function UnitField({ label, value, options, known, change, testId }: { label: string; value: string; options: { id: string; title: string }[]; known?: string; change: (id: string) => void; testId: string }) {
  const words = useWords();
  const api = useApi();
  const shown = useQuery({ queryKey: ["unit", value], queryFn: () => api.get<Unit>(`/api/units/${value}`), enabled: !!value && !known && !options.some((o) => o.id === value) }).data;
  return (
    <Select label={label} value={value} onChange={(e) => change(e.target.value)} data-testid={testId}>
      <option value="">{words.plan.choose}</option>
      {value && !options.some((o) => o.id === value) && <option value={value}>{known ?? shown?.title ?? value}</option>}
      {options.map((o) => <option key={o.id} value={o.id}>{o.title}</option>)}
    </Select>
  );
}
