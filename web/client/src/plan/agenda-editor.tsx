import { Button } from "../ui/button";
import { TextArea, TextField } from "../ui/field";
import { useWords } from "../words";
import { agendaSum, newItem, type DraftItem } from "./draft";
import styles from "./page.module.css";

export function AgendaSum({ sum, slot }: { sum: number; slot: number }) {
  const words = useWords();
  return (
    <p className={`${styles.sum} ${sum > slot ? styles.over : ""}`} role="status" data-testid="agenda-sum">
      {words.plan.sum(sum, slot)} · {sum > slot ? words.plan.over(sum - slot) : words.plan.spare(slot - sum)}
    </p>
  );
}

export function AgendaEditor({ items, slot, change }: { items: DraftItem[]; slot: number; change: (items: DraftItem[]) => void }) {
  const words = useWords();
  const set = (n: number, part: Partial<DraftItem>) => change(items.map((item, i) => (i === n ? { ...item, ...part } : item)));
  const move = (n: number, to: number) => {
    const next = [...items];
    next.splice(to, 0, ...next.splice(n, 1));
    change(next);
  };
  return (
    <>
      <ol className={styles.rows}>
        {items.map((item, n) => (
          <li key={item.key} className={styles.item} aria-label={words.plan.item(n + 1)} data-testid="edit-item">
            <span className={styles.number}>{n + 1}</span>
            <TextField label={words.plan.itemTitle} value={item.title} onChange={(e) => set(n, { title: e.target.value })} data-testid="item-title" />
            <TextField label={words.plan.itemMinutes} inputMode="numeric" value={item.minutes} onChange={(e) => set(n, { minutes: e.target.value })} data-testid="item-minutes" />
            <TextField label={words.plan.presenter} value={item.presenter_name} onChange={(e) => set(n, { presenter_name: e.target.value })} data-testid="item-presenter" />
            <div className={styles.acts}>
              <Button size="small" look="quiet" disabled={n === 0} aria-label={`${words.plan.moveUp}: ${item.title}`} onClick={() => move(n, n - 1)}>▲</Button>
              <Button size="small" look="quiet" disabled={n === items.length - 1} aria-label={`${words.plan.moveDown}: ${item.title}`} onClick={() => move(n, n + 1)}>▼</Button>
              <Button size="small" look="quiet" aria-label={`${words.plan.removeItem}: ${item.title}`} onClick={() => change(items.filter((_, i) => i !== n))}>✕</Button>
            </div>
            {item.note !== undefined && <div className={styles.brought}><TextArea label={words.plan.note} value={item.note} onChange={(e) => set(n, { note: e.target.value })} data-testid="item-note" /></div>}
          </li>
        ))}
      </ol>
      <div className={styles.acts}>
        <Button onClick={() => change([...items, newItem()])} data-testid="add-item">{words.plan.addItem}</Button>
        <AgendaSum sum={agendaSum(items)} slot={slot} />
      </div>
    </>
  );
}
