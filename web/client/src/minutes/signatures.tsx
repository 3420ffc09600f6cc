import { Notice } from "../ui/notice";
import { useWords } from "../words";
import { momentOf } from "../words/when";
import styles from "./minutes.module.css";
import type { Minutes } from "./types";

export function Signatures({ minutes }: { minutes: Minutes }) {
  const words = useWords();
  if (!minutes.signatures.length) return null;
  return (
    <section className={styles.locked} aria-label={words.minutes.signatures}>
      {minutes.signatures.map((s) => (
        <p key={s.role + s.at} data-testid="signature" data-role={s.role}>
          {words.role[s.role as "chair" | "secretary"] ?? s.role}: {words.minutes.signedBy(s.name, momentOf(s.at))} – {s.valid ? words.minutes.valid : words.minutes.invalid}
          {s.test_certificate && <span className={styles.test}> · {words.minutes.testMark}</span>}
        </p>
      ))}
      {minutes.status === "recalled" && <Notice tone="bad">{words.minutes.status.recalled}</Notice>}
    </section>
  );
}
