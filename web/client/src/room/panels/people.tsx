/** Who sits at this site: a number and, where known, names and posts; prefilled from last time. */
import { useState, type FormEvent } from "react";
import { Button } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Notice } from "../../ui/notice";
import { useWords } from "../../words";
import { useCommand, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function PeoplePanel() {
  const words = useWords();
  const command = useCommand();
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const reported = useRoom((p) => (mine ? p.state.sites[mine] : undefined));
  const last = useRoom((p) => p.welcome?.people);
  const known = reported?.head_count != null;
  const [count, setCount] = useState(String((known ? reported?.head_count : last?.head_count) ?? 1));
  const [people, setPeople] = useState(() => {
    const start = known ? reported!.people : (last?.people ?? []);
    return start.length ? start.map((p) => ({ ...p })) : [{ name: "", post: "" }];
  });
  const [saved, setSaved] = useState(false);
  const bad = !/^\d{1,3}$/.test(count.trim());
  const change = (n: number, field: "name" | "post", value: string) => setPeople(people.map((p, i) => (i === n ? { ...p, [field]: value } : p)));
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (bad) return;
    const named = people.filter((p) => p.name.trim()).map((p) => ({ name: p.name.trim(), post: p.post.trim() }));
    setSaved(await command("report_head_count", { site_id: mine, head_count: Math.max(Number(count), named.length), people: named }));
  };
  return (
    <form className={styles.panel} onSubmit={(event) => void save(event)}>
      <h2>{words.room.people}</h2>
      {!known && last && <p className={styles.soft}>{words.room.peoplePrefilled}</p>}
      <TextField label={words.room.headCount} inputMode="numeric" value={count} error={bad ? words.room.headCountBad : null} onChange={(e) => setCount(e.target.value)} data-testid="head-count" />
      {people.map((person, n) => (
        <div key={n} className={styles.person}>
          <TextField label={words.room.personName} value={person.name} onChange={(e) => change(n, "name", e.target.value)} data-testid="person-name" />
          <TextField label={words.room.personPost} value={person.post} onChange={(e) => change(n, "post", e.target.value)} data-testid="person-post" />
          <Button size="small" look="quiet" aria-label={words.room.removePerson(person.name)} onClick={() => setPeople(people.filter((_, i) => i !== n))}>✕</Button>
        </div>
      ))}
      <div className={styles.acts}>
        <Button size="small" onClick={() => setPeople([...people, { name: "", post: "" }])} data-testid="add-person">{words.room.addPerson}</Button>
        <Button size="small" look="main" type="submit" data-testid="save-people">{words.room.savePeople}</Button>
      </div>
      {saved && <Notice tone="good">{words.room.peopleSaved}</Notice>}
    </form>
  );
}
