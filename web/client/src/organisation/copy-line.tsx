/** A link that is handed over by hand. */
import { useState, type FormEvent } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import styles from "./organisation.module.css";

export function CopyLine({ text }: { text: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async (event: FormEvent) => {
    event.preventDefault();
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return <form className={styles.acts} onSubmit={(event) => void copy(event)}><code className={styles.code} data-testid="one-time-link">{text}</code><Button size="small" type="submit">{copied ? words.act.copied : words.act.copy}</Button></form>;
}
