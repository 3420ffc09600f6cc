/** Conclusions of the chair and the tasks they give: what, who leads, with whom, by when. */
import { useState, type FormEvent } from "react";
import { Button } from "../../ui/button";
import { Select, TextArea, TextField } from "../../ui/field";
import { useWords } from "../../words";
import { parseDate, showDate } from "../../words/when";
import { useCommand, useMay, useNames, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function OutcomePanel() {
  const words = useWords();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const items = useRoom((p) => p.welcome?.meeting.items) ?? [];
  const title = (id: string | null) => items.find((item) => item.id === id)?.title ?? words.room.general;
  const edits = may("record_conclusion") && (state.stage === "convened" || state.stage === "suspended");
  return (
    <div className={styles.panel}>
      <h2>{words.room.conclusion}</h2>
      {state.conclusions.length === 0 && <p className={styles.empty}>{words.room.noOutcome}</p>}
      <ul className={styles.rows}>
        {state.conclusions.map((c) => <ConclusionRow key={c.conclusion_id} id={c.conclusion_id} itemId={c.item_id} text={c.text} title={title(c.item_id)} edits={edits} />)}
      </ul>
      {edits && <ConclusionForm key={state.current_item_id} />}
      <h2>{words.room.tasks}</h2>
      <Tasks />
      {edits && <TaskForm />}
    </div>
  );
}

function ItemSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const words = useWords();
  const items = useRoom((p) => p.welcome?.meeting.items) ?? [];
  return (
    <Select label={words.room.forItem} value={value} onChange={(e) => onChange(e.target.value)}>
      <option value="">{words.room.general}</option>
      {items.map((item) => <option key={item.id} value={item.id}>{item.title}</option>)}
    </Select>
  );
}

function ConclusionRow({ id, itemId, text, title, edits }: { id: string; itemId: string | null; text: string; title: string; edits: boolean }) {
  const words = useWords();
  const command = useCommand();
  const [draft, setDraft] = useState<string | null>(null);
  const save = async () => {
    if (draft?.trim() && (await command("record_conclusion", { conclusion_id: id, item_id: itemId, text: draft.trim() }))) setDraft(null);
  };
  return (
    <li className={styles.row} data-testid="conclusion">
      <p className={styles.soft}>{title}</p>
      {draft === null ? <p>{text}</p> : <TextArea label={words.room.conclusionText} value={draft} onChange={(e) => setDraft(e.target.value)} />}
      {edits && (
        <div className={styles.acts}>
          {draft === null ? <Button size="small" onClick={() => setDraft(text)}>{words.act.edit}</Button> : <><Button size="small" look="main" onClick={() => void save()}>{words.act.save}</Button><Button size="small" onClick={() => setDraft(null)}>{words.act.cancel}</Button></>}
        </div>
      )}
    </li>
  );
}

function ConclusionForm() {
  const words = useWords();
  const command = useCommand();
  const current = useRoom((p) => p.state.current_item_id);
  const [text, setText] = useState("");
  const [itemId, setItemId] = useState(current ?? "");
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() && (await command("record_conclusion", { item_id: itemId || null, text: text.trim() }))) setText("");
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <ItemSelect value={itemId} onChange={setItemId} />
      <TextArea label={words.room.conclusionText} value={text} onChange={(e) => setText(e.target.value)} data-testid="conclusion-text" />
      <Button type="submit" look="main" disabled={!text.trim()} data-testid="record-conclusion">{words.room.addConclusion}</Button>
    </form>
  );
}

/** Units are those of the invited sites. */
function useUnits(): { id: string; title: string }[] {
  const names = useNames();
  const seen = new Map<string, string>();
  for (const entry of names.roster) seen.set(entry.unit_id ?? entry.site_id, entry.unit_title);
  return [...seen].map(([id, title]) => ({ id, title }));
}

function Tasks() {
  const words = useWords();
  const tasks = useRoom((p) => p.state.tasks);
  const units = useUnits();
  const title = (id: string) => units.find((u) => u.id === id)?.title ?? "";
  return (
    <ul className={styles.rows}>
      {tasks.map((task) => (
        <li key={task.task_id} className={styles.row} data-testid="task">
          <strong>{task.what}</strong>
          <p className={styles.soft}>
            {title(task.lead_unit_id)}{task.with_unit_ids.length > 0 && ` · ${words.room.withUnits(task.with_unit_ids.map(title).join(", "))}`}{task.due && ` · ${words.room.by(showDate(task.due))}`}
          </p>
        </li>
      ))}
    </ul>
  );
}

function TaskForm() {
  const words = useWords();
  const command = useCommand();
  const units = useUnits();
  const current = useRoom((p) => p.state.current_item_id);
  const empty = { what: "", lead: "", with: [] as string[], due: "" };
  const [task, setTask] = useState(empty);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const due = task.due.trim() ? parseDate(task.due) : null;
    if (!task.what.trim() || !task.lead) return setProblem(words.room.taskNeeds);
    if (task.due.trim() && !due) return setProblem(words.room.badDue);
    setProblem(null);
    if (await command("assign_task", { item_id: current, what: task.what.trim(), lead_unit_id: task.lead, with_unit_ids: task.with, due })) setTask(empty);
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <TextArea label={words.room.taskWhat} rows={2} value={task.what} onChange={(e) => setTask({ ...task, what: e.target.value })} data-testid="task-what" />
      <Select label={words.room.taskLead} value={task.lead} onChange={(e) => setTask({ ...task, lead: e.target.value })} data-testid="task-lead">
        <option value="">{words.plan.choose}</option>
        {units.map((u) => <option key={u.id} value={u.id}>{u.title}</option>)}
      </Select>
      <details className={styles.details}>
        <summary>{words.room.taskWith} ({task.with.length})</summary>
        {units.filter((u) => u.id !== task.lead).map((u) => (
          <label key={u.id}><input type="checkbox" checked={task.with.includes(u.id)} onChange={(e) => setTask({ ...task, with: e.target.checked ? [...task.with, u.id] : task.with.filter((id) => id !== u.id) })} /> {u.title}</label>
        ))}
      </details>
      <TextField label={words.room.taskDue} hint={words.room.taskDueHint} inputMode="numeric" value={task.due} error={problem} onChange={(e) => setTask({ ...task, due: e.target.value })} data-testid="task-due" />
      <Button type="submit" look="main" data-testid="assign-task">{words.room.addTask}</Button>
    </form>
  );
}
