/** Who is at the site already, said with its check: the roll call then need not ask. */
import { useState, type FormEvent } from "react";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import styles from "./panel.module.css";

export interface Attending { head_count: number; people: { name: string; post: string }[] }

export function People({ known, save }: { known: number | null; save: (attending: Attending) => Promise<boolean> }) {
  const words = useWords();
  const [count, setCount] = useState(known === null ? "" : String(known));
  const [name, setName] = useState("");
  const [post, setPost] = useState("");
  const [saved, setSaved] = useState(false);
  const [tried, setTried] = useState(false);
  const bad = !/^[1-9]\d{0,2}$/.test(count.trim());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    setSaved(false);
    if (!bad) setSaved(await save({ head_count: Number(count), people: name.trim() ? [{ name: name.trim(), post: post.trim() }] : [] }));
  };
  return (
    <form className={styles.people} onSubmit={(event) => void submit(event)}>
      <TextField label={words.room.headCount} inputMode="numeric" value={count} error={tried && bad ? words.room.headCountBad : null} onChange={(e) => setCount(e.target.value)} data-testid="ready-count" />
      <TextField label={words.readiness.leader} value={name} maxLength={200} onChange={(e) => setName(e.target.value)} data-testid="ready-name" />
      <TextField label={words.room.personPost} value={post} maxLength={200} onChange={(e) => setPost(e.target.value)} data-testid="ready-post" />
      <div><Button type="submit" data-testid="ready-people">{words.room.savePeople}</Button></div>
      {saved && <Notice tone="good">{words.readiness.peopleSaved}</Notice>}
    </form>
  );
}
