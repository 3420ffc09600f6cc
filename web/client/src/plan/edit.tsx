/** The plan's form: what is needed first, the rest folded away; a draft may be saved unfinished. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useLocation, useParams } from "wouter";
import type { Meeting, Mode } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/button";
import { Checkbox, Select, TextArea, TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useLanguage, useWords } from "../words";
import { parseMoment, weekdayOf } from "../words/when";
import { AgendaEditor } from "./agenda-editor";
import { draftOf, emptyDraft, planOf, problemsOf, slotMinutes, type Draft } from "./draft";
import styles from "./page.module.css";
import { PersonField, SiteField, UnitField } from "./person-field";
import { isSecret, markings } from "./secrecy";
import { SecretNotice } from "./secret-notice";
import { SitePicker } from "./site-picker";

export default function EditPage() {
  const { id } = useParams<{ id?: string }>();
  const api = useApi();
  const query = useQuery({ queryKey: ["meeting", id], queryFn: () => api.get<Meeting>(`/api/meetings/${id}`), enabled: !!id, staleTime: Infinity, refetchOnWindowFocus: false });
  if (!id) return <EditForm key="new" />;
  if (!query.data) return query.error ? <ErrorNotice error={query.error} /> : <Loading />;
  return <EditForm key={`${id}:${query.data.version}`} meeting={query.data} />;
}

function EditForm({ meeting }: { meeting?: Meeting }) {
  const words = useWords();
  const language = useLanguage();
  const api = useApi();
  const { session } = useSession();
  const client = useQueryClient();
  const [, go] = useLocation();
  const firstUnit = session?.roles.find((r) => r.role === "secretary")?.unit_id ?? session?.person?.posts[0]?.unit_id ?? "";
  const [draft, setDraft] = useState<Draft>(() => (meeting ? draftOf(meeting) : { ...emptyDraft(Date.now()), host_unit_id: firstUnit, issuing_unit_id: firstUnit }));
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Draft>) => setDraft((d) => ({ ...d, ...part }));
  const problems = tried ? problemsOf(draft) : {};
  const day = parseMoment(draft.date, "12:00");
  const units = (session?.person?.posts ?? []).map((p) => ({ id: p.unit_id, title: p.unit_title })).filter((u, n, all) => all.findIndex((o) => o.id === u.id) === n);
  const known = new Map(meeting?.sites.map((s) => [s.site_id, s.unit_title]) ?? []);
  const sent = meeting && meeting.stage !== "draft";

  const save = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(problemsOf(draft)).length) return;
    setBusy(true);
    setError(null);
    try {
      const plan = planOf(draft);
      const saved = meeting ? await api.put<Meeting>(`/api/meetings/${meeting.id}`, { ...plan, version: meeting.version }) : await api.post<Meeting>("/api/meetings", plan);
      await client.invalidateQueries();
      client.setQueryData(["meeting", saved.id], saved);
      go(`/meetings/${saved.id}`);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const field = (name: "titleNeeded" | "badDate" | "endBeforeStart" | undefined) => (name ? words.plan[name] : null);

  return (
    <Frame title={meeting ? meeting.title : words.plan.newTitle} kicker={meeting && <p>{words.plan.editDraft}</p>}>
      <form onSubmit={(event) => void save(event)} noValidate className={styles.column}>
        {meeting?.cloned_from && !sent && <Notice><span data-testid="cloned">{words.plan.cloneDone}</span></Notice>}
        {sent && <Notice tone="warn">{words.plan.changesGoOut}</Notice>}
        <Card>
          <h2>{words.plan.basics}</h2>
          <div className={styles.form}>
            <div className={styles.full}><TextField label={words.plan.title} hint={words.plan.titleHint} value={draft.title} error={field(problems.title)} onChange={(e) => set({ title: e.target.value })} data-testid="plan-title" /></div>
            <TextField label={words.plan.date} hint={day ? weekdayOf(day, language) : words.plan.dateHint} inputMode="numeric" value={draft.date} error={field(problems.date)} onChange={(e) => set({ date: e.target.value })} data-testid="plan-date" />
            <TextField label={words.plan.from} value={draft.from} onChange={(e) => set({ from: e.target.value })} data-testid="plan-from" />
            <TextField label={words.plan.to} value={draft.to} error={field(problems.to)} onChange={(e) => set({ to: e.target.value })} data-testid="plan-to" />
            <Select label={words.plan.kind} value={draft.kind} onChange={(e) => set({ kind: e.target.value })} data-testid="plan-kind">{Object.entries(words.kind).map(([kind, name]) => <option key={kind} value={kind}>{name}</option>)}</Select>
            <TextField label={words.plan.place} value={draft.place} onChange={(e) => set({ place: e.target.value })} data-testid="plan-place" />
            <TextField label={words.plan.phone} hint={words.plan.phoneHint} type="tel" value={draft.contact_phone} onChange={(e) => set({ contact_phone: e.target.value })} data-testid="plan-phone" />
          </div>
        </Card>
        <Card>
          <h2>{words.plan.people}</h2>
          <div className={styles.form}>
            <UnitField label={words.plan.host} value={draft.host_unit_id} options={units} known={meeting?.host?.title} change={(id) => set({ host_unit_id: id })} testId="plan-host" />
            <UnitField label={words.plan.issuing} value={draft.issuing_unit_id} options={units} change={(id) => set({ issuing_unit_id: id })} testId="plan-issuing" />
            <PersonField label={words.plan.chair} unitId={draft.host_unit_id} value={draft.chair_person_id} known={meeting?.chair?.name} change={(id) => set({ chair_person_id: id })} testId="plan-chair" />
            <SiteField label={words.plan.chairSite} unitId={draft.host_unit_id} value={draft.chair_site_id} known={known.get(draft.chair_site_id)} change={(id) => set({ chair_site_id: id })} />
            <PersonField label={words.linked.deputy} unitId={draft.host_unit_id} value={draft.deputy_person_id} known={meeting?.deputy?.name} change={(id) => set({ deputy_person_id: id })} testId="plan-deputy" />
            <PersonField label={words.plan.secretary} unitId={draft.host_unit_id} value={draft.secretary_person_id} known={meeting?.secretary?.name} change={(id) => set({ secretary_person_id: id })} testId="plan-secretary" />
          </div>
        </Card>
        <Card><h2>{words.plan.sites}</h2><SitePicker siteIds={draft.site_ids} known={known} change={(ids) => set({ site_ids: ids })} rootId={draft.host_unit_id} /></Card>
        <Card><h2>{words.plan.agenda}</h2><AgendaEditor items={draft.items} slot={slotMinutes(draft)} change={(items) => set({ items })} /></Card>
        <Card>
          <h2>{words.plan.more}</h2>
          <div className={styles.form}>
            <Select label={words.plan.mode} value={draft.mode} onChange={(e) => set({ mode: e.target.value as Mode })}>{Object.entries(words.plan.modes).map(([mode, name]) => <option key={mode} value={mode}>{name}</option>)}</Select>
            <TextField label={words.plan.limit} inputMode="decimal" value={draft.limit_minutes} onChange={(e) => set({ limit_minutes: e.target.value })} data-testid="plan-limit" />
            <MarkingField value={draft.security_marking} change={(marking) => set({ security_marking: marking })} />
            {!isSecret(draft.security_marking) && <Checkbox label={words.plan.record} checked={draft.record} onChange={(e) => set({ record: e.target.checked })} data-testid="plan-record" />}
            <div className={styles.full}><SecretNotice marking={draft.security_marking} /></div>
            <div className={styles.full}><TextArea label={words.plan.note} value={draft.note} onChange={(e) => set({ note: e.target.value })} /></div>
          </div>
        </Card>
        <div className={styles.sticky}>
          <Button look="main" size="large" type="submit" disabled={busy} data-testid="save-plan">{sent ? words.plan.saveChanges : words.plan.saveDraft}</Button>
          <ButtonLink href={meeting ? `/meetings/${meeting.id}` : "/"}>{words.act.cancel}</ButtonLink>
          <ErrorNotice error={error} />
        </div>
      </form>
    </Frame>
  );
}

/** What cannot be taken in here stands there too, out of reach, with the reason. */
export function MarkingField({ value, change }: { value: string; change: (marking: string) => void }) {
  const words = useWords();
  const isolated = useSession().session?.isolated_network ?? false;
  return (
    <Select label={words.plan.marking} hint={isolated ? words.plan.markingIsolated : words.plan.markingNetworked} value={value} onChange={(e) => change(e.target.value)} data-testid="plan-marking">
      {markings(isolated).map(({ marking, taken }) => <option key={marking} value={marking} disabled={!taken}>{words.plan.markings[marking]}</option>)}
    </Select>
  );
}
