/** The agenda: what is open, how long it has taken against the plan, and the move to the next item. */
import { Button } from "../../ui/button";
import { useWords } from "../../words";
import { clockOf } from "../../words/when";
import { itemSeconds } from "../model";
import { useCommand, useMay, useNow, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function AgendaPanel() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const plan = useRoom((p) => p.welcome?.meeting.items) ?? [];
  const now = useNow(1000);
  const status = new Map(state.items.map((item) => [item.item_id, item.status]));
  const order = state.items.length ? state.items.map((item) => item.item_id) : plan.map((item) => item.id);
  const items = order.map((id) => plan.find((item) => item.id === id)).filter((item) => item !== undefined);
  const runs = may("open_item") && state.stage === "convened";
  return (
    <div className={styles.panel}>
      <h2>{words.room.agenda}</h2>
      <ol className={styles.rows} data-testid="agenda">
        {items.map((item, n) => {
          const now_s = itemSeconds(state, item.id, now);
          const current = state.current_item_id === item.id;
          const itemStatus = status.get(item.id) ?? "waiting";
          return (
            <li key={item.id} className={`${styles.row} ${current ? styles.current : ""}`} data-testid="agenda-item" data-item-id={item.id} data-status={itemStatus} aria-current={current ? "step" : undefined}>
              <div className={styles.rowHead}><span className={styles.number}>{n + 1}</span><strong>{item.title}</strong></div>
              <p className={styles.soft}>
                {words.room.itemStatus[itemStatus]} · {words.room.planned(item.minutes)}{item.presenter_name && ` · ${item.presenter_name}`}
                {now_s > 0 && <> · <b className="tabular" style={now_s > item.minutes * 60 ? { color: "var(--bad)" } : undefined}>{clockOf(now_s)}</b></>}
              </p>
              {runs && (
                <div className={styles.acts}>
                  {!current && <Button size="small" look={itemStatus === "waiting" ? "main" : "plain"} aria-label={words.room.openItemOf(item.title)} data-testid="open-item" onClick={() => void command("open_item", { item_id: item.id })}>{words.room.openItem}</Button>}
                  {current && <Button size="small" data-testid="close-item" onClick={() => void command("close_item", { item_id: item.id })}>{words.room.closeItem}</Button>}
                  {itemStatus === "waiting" && <Button size="small" look="quiet" data-testid="postpone-item" onClick={() => void command("postpone_item", { item_id: item.id, reason: "" })}>{words.room.postponeItem}</Button>}
                </div>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
