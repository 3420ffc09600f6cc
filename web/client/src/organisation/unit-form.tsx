/** A unit as its administrator writes it: added below another, or changed where it stands. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { Level, Page, UnitDetail } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Select, TextField } from "../ui/field";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";
import { parseDate, showDate } from "../words/when";
import styles from "./organisation.module.css";

const levelOf = (unit: UnitDetail | null | undefined): Level | null => (unit && typeof unit.level === "object" ? unit.level : null);

export function UnitForm({ unit, parent, done }: { unit?: UnitDetail; parent: UnitDetail | null; done: (saved: UnitDetail) => void }) {
  const words = useWords();
  const api = useApi();
  const levels = useQuery({ queryKey: ["levels"], queryFn: () => api.get<Page<Level>>("/api/levels") }).data?.items ?? [];
  const least = levelOf(parent)?.rank ?? 0;
  const possible = unit ? levels : levels.filter((level) => level.rank >= least);
  const [form, setForm] = useState({
    name: unit?.name ?? "", kind: unit?.kind ?? "", level_id: levelOf(unit)?.id ?? "", code: unit?.code ?? "", organ_id: unit?.organ_id ?? "", organ_name: unit?.organ_name ?? "",
    notation: unit?.notation ?? "UBND", place: unit?.place ?? "", protocol_order: String(unit?.protocol_order ?? 0), valid_from: showDate(unit?.valid_from), valid_to: showDate(unit?.valid_to),
  });
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const text = (name: keyof typeof form) => ({ value: form[name], onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }), "data-testid": `unit-${name.replace("_", "-")}` });
  const go = async (event: FormEvent) => {
    event.preventDefault();
    const dates = [form.valid_from, form.valid_to].map((date) => (date.trim() ? parseDate(date) : ""));
    setProblem(dates.includes(null) ? words.minutes.badDate : null);
    if (dates.includes(null)) return;
    const body = {
      ...form, level_id: form.level_id || (possible[0]?.id ?? ""), parent_id: unit ? unit.parent_id : (parent?.id ?? null), code: form.code.trim() || null, organ_id: form.organ_id.trim() || null,
      protocol_order: Number(form.protocol_order) || 0, valid_from: dates[0] || null, valid_to: dates[1] || null,
    };
    try {
      done(await (unit ? api.put<UnitDetail>(`/api/units/${unit.id}`, body) : api.post<UnitDetail>("/api/units", body)));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void go(event)}>
      <TextField label={words.organisation.kind} hint={words.organisation.kindHint} {...text("kind")} />
      <TextField label={words.organisation.name} required {...text("name")} />
      <Select label={words.organisation.level} {...text("level_id")}>{possible.map((level) => <option key={level.id} value={level.id}>{level.name}</option>)}</Select>
      <TextField label={words.organisation.organName} hint={words.organisation.organNameHint} {...text("organ_name")} />
      <TextField label={words.organisation.notation} {...text("notation")} />
      <TextField label={words.organisation.place} {...text("place")} />
      <TextField label={words.organisation.code} inputMode="numeric" {...text("code")} />
      <TextField label={words.organisation.organId} {...text("organ_id")} />
      <TextField label={words.organisation.order} hint={words.organisation.orderHint} inputMode="numeric" {...text("protocol_order")} />
      <TextField label={words.organisation.validFrom} placeholder="dd/mm/yyyy" {...text("valid_from")} />
      <TextField label={words.organisation.validTo} placeholder="dd/mm/yyyy" error={problem} {...text("valid_to")} />
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-unit">{words.act.save}</Button>
    </form>
  );
}
