/** The organisation: the tree to the left; people, sites and their links of one unit to the right. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Page, Site, Unit, UnitDetail } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { CopyLine } from "./copy-line";
import { PersonForm, SiteForm } from "./forms";
import styles from "./organisation.module.css";
import { PersonRow } from "./person-row";
import { UnitForm } from "./unit-form";

export default function OrganisationPage() {
  const words = useWords();
  const [chosen, setChosen] = useState("");
  const [typed, setTyped] = useState("");
  return (
    <Frame title={words.organisation.title}>
      <div className={styles.grid}>
        <Card>
          <TextField label={words.organisation.search} type="search" value={typed} onChange={(e) => setTyped(e.target.value)} data-testid="org-search" />
          <nav aria-label={words.organisation.tree} className={styles.tree}><ul><Units query={typed.trim().length > 1 ? `q=${encodeURIComponent(typed.trim())}` : ""} chosen={chosen} choose={setChosen} /></ul></nav>
        </Card>
        {chosen ? <UnitView key={chosen} id={chosen} choose={setChosen} /> : <Card><p>{words.organisation.choose}</p></Card>}
      </div>
    </Frame>
  );
}

function Units({ query, chosen, choose }: { query: string; chosen: string; choose: (id: string) => void }) {
  const api = useApi();
  const units = useQuery({ queryKey: ["units", query], queryFn: () => api.get<Page<Unit>>(`/api/units?${query}`) }).data?.items ?? [];
  return units.map((unit) => <UnitNode key={unit.id} unit={unit} chosen={chosen} choose={choose} />);
}

function UnitNode({ unit, chosen, choose }: { unit: Unit; chosen: string; choose: (id: string) => void }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className={styles.node}>
        {unit.children ? <button type="button" className={styles.toggle} aria-expanded={open} aria-label={open ? words.plan.collapse(unit.title) : words.plan.expand(unit.title)} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</button> : <span className={styles.toggle} />}
        <button type="button" className={styles.name} aria-current={chosen === unit.id ? "true" : undefined} onClick={() => choose(unit.id)} data-testid="unit" data-unit-id={unit.id}>{unit.title}</button>
      </div>
      {open && <ul><Units query={`parent=${unit.id}`} chosen={chosen} choose={choose} /></ul>}
    </li>
  );
}

function UnitView({ id, choose }: { id: string; choose: (id: string) => void }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["unit", id], queryFn: () => api.get<UnitDetail>(`/api/units/${id}`) });
  const unit = query.data;
  const again = () => client.invalidateQueries();
  const [adding, setAdding] = useState<"person" | "site" | "unit" | "change" | null>(null);
  if (!unit) return <ErrorNotice error={query.error} />;
  return (
    <div className={styles.column}>
      <Card>
        <p className={styles.path}>{unit.above?.map((one) => <button key={one.id} type="button" className={styles.name} onClick={() => choose(one.id)}>{one.title}</button>)}</p>
        <div className={styles.head}>
          <h2 data-testid="unit-title">{unit.title}</h2>
          {unit.may_administer && <div className={styles.acts}><Button size="small" onClick={() => setAdding("change")} data-testid="edit-unit">{words.act.edit}</Button><Button size="small" onClick={() => setAdding("unit")} data-testid="new-unit">{words.organisation.newUnit}</Button></div>}
        </div>
        <dl className={styles.facts}>
          <dt>{words.organisation.organName}</dt><dd>{unit.organ_name}</dd>
          <dt>{words.organisation.notation}</dt><dd>{unit.notation}</dd>
          {unit.code && <><dt>{words.organisation.code}</dt><dd>{unit.code}</dd></>}
          {unit.place && <><dt>{words.organisation.place}</dt><dd>{unit.place}</dd></>}
        </dl>
      </Card>
      <Card>
        <div className={styles.head}><h2>{words.organisation.people}</h2>{unit.may_administer && <Button size="small" onClick={() => setAdding("person")} data-testid="new-person">{words.organisation.newPerson}</Button>}</div>
        {unit.people.length === 0 && <p>{words.organisation.noPeople}</p>}
        {unit.people.map((person) => <PersonRow key={person.id} person={person} unit={unit} again={() => void again()} />)}
      </Card>
      <Card>
        <div className={styles.head}><h2>{words.organisation.sites}</h2>{unit.may_administer && <Button size="small" onClick={() => setAdding("site")} data-testid="new-site">{words.organisation.newSite}</Button>}</div>
        {unit.sites.length === 0 && <p>{words.organisation.noSites}</p>}
        {unit.sites.map((site) => <SiteRow key={site.id} site={site} editable={unit.may_administer} again={() => void again()} />)}
      </Card>
      {adding === "change" && <Dialog title={unit.title} onClose={() => setAdding(null)}><UnitForm unit={unit} parent={null} done={() => { setAdding(null); void again(); }} /></Dialog>}
      {adding === "unit" && <Dialog title={words.organisation.newUnitBelow(unit.title)} onClose={() => setAdding(null)}><UnitForm parent={unit} done={(made) => { setAdding(null); void again(); choose(made.id); }} /></Dialog>}
      {adding === "person" && <Dialog title={words.organisation.newPerson} onClose={() => setAdding(null)}><PersonForm unit={unit} done={() => { setAdding(null); void again(); }} /></Dialog>}
      {adding === "site" && <Dialog title={words.organisation.newSite} onClose={() => setAdding(null)}><SiteForm unitId={id} done={() => { setAdding(null); void again(); }} /></Dialog>}
    </div>
  );
}

function SiteRow({ site, editable, again }: { site: Site; editable: boolean; again: () => void }) {
  const words = useWords();
  const api = useApi();
  const [link, setLink] = useState("");
  const [editing, setEditing] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const renew = async () => {
    try {
      setLink((await api.post<{ link: string }>(`/api/sites/${site.id}/new-link`)).link);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <div className={styles.row} data-testid="site" data-site-id={site.id}>
      <div><strong>{site.name}</strong>{!site.active && <Pill tone="warn">{words.organisation.inactive}</Pill>}<p className={styles.soft}>{[site.technician_phone, site.email].filter(Boolean).join(" · ")}</p></div>
      {editable && <div className={styles.acts}><Button size="small" onClick={() => setEditing(true)} data-testid="edit-site">{words.act.edit}</Button><ConfirmButton size="small" testId="new-link" ask={words.organisation.newLinkAsk(site.name)} act={() => void renew()}>{words.organisation.newLink}</ConfirmButton></div>}
      <ErrorNotice error={error} />
      {link && <Notice tone="good"><p>{words.organisation.newLinkDone}</p><CopyLine text={link} /></Notice>}
      {editing && <Dialog title={site.name} onClose={() => setEditing(false)}><SiteForm unitId={site.unit_id} site={site} done={() => { setEditing(false); again(); }} /></Dialog>}
    </div>
  );
}
