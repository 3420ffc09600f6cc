/** Đính chính: a new fact that says what an older one should have said; the older one stays. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Fact } from "../proceedings/facts";
import type { Meeting, Page } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Select, TextArea, TextField } from "../ui/field";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords, type Words } from "../words";
import { momentOf } from "../words/when";
import { correctables, shown, typed, type Correctable } from "./correctable";
import styles from "./minutes.module.css";
import type { Correction, Minutes } from "./types";

function labelOf(one: Correctable, words: Words, site: (id: string | null) => string): string {
  const names = words.minutes.correctable;
  if (one.what === "speaker") return names.speaker(site(one.siteId), one.at);
  if (one.what === "head_count" || one.what === "people" || one.what === "reason") return names[one.what](site(one.siteId));
  return `${names[one.what]}: ${one.now.slice(0, 60)}`;
}

export function CorrectButton({ meetingId, meeting, minutes, adopt }: { meetingId: string; meeting: Meeting | undefined; minutes: Minutes; adopt: (next: Minutes) => void }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  if (!meeting?.my_roles.some((role) => role === "chair" || role === "secretary")) return null;
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} data-testid="correct">{words.minutes.correct}</Button>
      {open && <CorrectionDialog meetingId={meetingId} meeting={meeting} minutes={minutes} adopt={adopt} onClose={() => setOpen(false)} />}
    </>
  );
}

function CorrectionDialog({ meetingId, meeting, minutes, adopt, onClose }: { meetingId: string; meeting: Meeting; minutes: Minutes; adopt: (next: Minutes) => void; onClose: () => void }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["proceedings", meetingId], queryFn: () => allFacts((after) => api.get<Page<Fact>>(`/api/meetings/${meetingId}/proceedings${after}`)) });
  const [chosen, setChosen] = useState("");
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const redraws = minutes.may.includes("draft");
  const list = correctables(query.data ?? []);
  const one = list.find((entry) => entry.key === chosen);
  const site = (id: string | null) => meeting.sites.find((s) => s.site_id === id)?.unit_title ?? "";
  const choose = (key: string) => {
    setChosen(key);
    setText(list.find((entry) => entry.key === key)?.now ?? "");
  };
  const save = async () => {
    const value = one && typed(one.kind, text);
    setProblem(value === undefined || !reason.trim() ? words.minutes.correctBad : null);
    if (!one || value === undefined || !reason.trim()) return;
    try {
      await api.post(`/api/meetings/${meetingId}/corrections`, { fact_id: one.factId, field: one.field, new: value, reason: reason.trim() });
      if (redraws) adopt(await api.post<Minutes>(`/api/meetings/${meetingId}/minutes`));
      await client.invalidateQueries({ queryKey: ["proceedings", meetingId] });
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  const long = one?.kind === "people" || one?.what === "conclusion";
  const field = { label: words.minutes.correctNew, hint: one?.kind === "people" ? words.minutes.peopleHint : undefined, value: text };
  return (
    <Dialog title={words.minutes.correct} onClose={onClose} testId="correction" actions={<Button look="main" disabled={!one} onClick={() => void save()} data-testid="correction-save">{words.minutes.correct}</Button>}>
      <p>{words.minutes.correctHint}</p>
      {!redraws && <Notice tone="warn">{words.minutes.correctLate}</Notice>}
      {query.isLoading && <Loading />}
      {query.data && list.length === 0 && <p>{words.minutes.correctNothing}</p>}
      {list.length > 0 && (
        <Select label={words.minutes.correctWhat} value={chosen} onChange={(e) => choose(e.target.value)} data-testid="correction-what">
          <option value="">{words.plan.choose}</option>
          {list.map((entry) => <option key={entry.key} value={entry.key} data-what={entry.what} data-site-id={entry.siteId ?? ""}>{labelOf(entry, words, site)}</option>)}
        </Select>
      )}
      {one && <p className={styles.pre}><span className={styles.soft}>{words.minutes.correctNow}: </span>{one.now}</p>}
      {one && (long ? <TextArea {...field} rows={4} onChange={(e) => setText(e.target.value)} data-testid="correction-new" /> : <TextField {...field} onChange={(e) => setText(e.target.value)} data-testid="correction-new" />)}
      {one && <TextField label={words.minutes.correctReason} value={reason} error={problem} onChange={(e) => setReason(e.target.value)} data-testid="correction-reason" />}
      <ErrorNotice error={query.error ?? error} />
    </Dialog>
  );
}

async function allFacts(page: (after: string) => Promise<Page<Fact>>): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (let after = ""; ; ) {
    const got = await page(after);
    facts.push(...got.items);
    if (!got.next) return facts;
    after = `?after=${got.next}`;
  }
}

const KINDS: Record<string, "date" | "somebody" | "people" | "text"> = { due: "date", speaker: "somebody", deputy: "somebody", people: "people" };

/** What was corrected so far, the old value beside the new. */
export function Corrections({ corrections }: { corrections: Correction[] | undefined }) {
  const words = useWords();
  if (!corrections?.length) return null;
  const value = (field: string, raw: unknown) => shown(KINDS[field] ?? "text", raw).replaceAll("\n", "; ");
  return (
    <section className={styles.locked} data-testid="corrections">
      <h2>{words.minutes.corrections}</h2>
      <ul>{corrections.map((c, n) => <li key={n}>{words.minutes.correctedField[c.field as keyof typeof words.minutes.correctedField] ?? c.field}: <del>{value(c.field, c.old)}</del> → <ins>{value(c.field, c.new)}</ins> – {c.reason} <span className={styles.soft}>({words.minutes.correctedBy(c.by, momentOf(c.at))})</span></li>)}</ul>
    </section>
  );
}
