/** The chair's buttons for the room above, for him who has its chair: its floor, queue, agenda and course. */
import { useState } from "react";
import { Button } from "../../ui/button";
import { ConfirmButton } from "../../ui/confirm";
import { Select } from "../../ui/field";
import { useWords } from "../../words";
import { clockOf } from "../../words/when";
import { useCommandAbove, useNow, useRoom } from "../use-room";
import type { Desk, DeskRequest } from "../wire";
import styles from "./panels.module.css";

const MODES = ["discussion", "one_speaker", "chair_only"] as const;
type Give = (name: string, args?: Record<string, unknown>) => void;

export function DeskPanel() {
  const words = useWords();
  const desk = useRoom((p) => p.desk);
  const command = useCommandAbove();
  if (!desk) return null;
  const give: Give = (name, args) => void command(name, args);
  return (
    <div className={styles.panel} data-testid="desk">
      <h2>{words.room.desk.title(desk.title)}</h2>
      <p className={styles.soft}>{words.stage[desk.stage]}</p>
      <Floor desk={desk} give={give} />
      <Queue desk={desk} give={give} />
      <CallSite desk={desk} give={give} />
      <Agenda desk={desk} give={give} />
      <Course desk={desk} give={give} />
    </div>
  );
}

interface Props { desk: Desk; give: Give }

function Floor({ desk: { floor, stage, queue }, give }: Props) {
  const words = useWords();
  const now = useNow(1000);
  const spent = floor ? Math.max((now - Date.parse(floor.started_at)) / 1000, 0) : 0;
  return (
    <>
      <p data-testid="desk-floor">{floor ? <><strong>{floor.title}</strong>{floor.speaker?.name && ` – ${floor.speaker.name}`} <b className="tabular">{clockOf(spent)}{floor.limit_s > 0 && ` / ${clockOf(floor.limit_s)}`}</b></> : words.room.nobody}</p>
      <div className={styles.acts}>
        <Button look="main" size="small" disabled={stage !== "convened" || !queue.some((one) => !one.put_off)} onClick={() => give("grant_next")} data-testid="desk-grant-next">{words.room.grantNext}</Button>
        {floor && <Button size="small" disabled={stage !== "convened"} onClick={() => give("extend_time", { by_s: 120 })} data-testid="desk-extend">{words.room.extend}</Button>}
        {floor && <Button size="small" look="danger" onClick={() => give("revoke_floor")} data-testid="desk-revoke">{words.room.revoke}</Button>}
      </div>
    </>
  );
}

function Queue({ desk, give }: Props) {
  const words = useWords();
  const ids = desk.queue.map((one) => one.request_id);
  const swap = (n: number) => give("reorder", { request_ids: [...ids.slice(0, n - 1), ids[n], ids[n - 1], ...ids.slice(n + 1)] });
  return (
    <>
      <h3>{words.room.queue}</h3>
      {desk.queue.length === 0 && <p className={styles.empty}>{words.room.queueEmpty}</p>}
      <ol className={styles.rows}>{desk.queue.map((one, n) => <Waiting key={one.request_id} request={one} n={n} up={() => swap(n)} give={give} />)}</ol>
      {desk.waiting > desk.queue.length && <p className={styles.soft}>{words.room.desk.more(desk.waiting - desk.queue.length)}</p>}
    </>
  );
}

function Waiting({ request, n, up, give }: { request: DeskRequest; n: number; up: () => void; give: Give }) {
  const words = useWords();
  return (
    <li className={`${styles.row} ${request.put_off ? styles.putOff : ""}`} data-testid="desk-request" data-request-id={request.request_id}>
      <div className={styles.rowHead}><span className={styles.number}>{n + 1}</span><strong>{request.title}</strong><span className={styles.badge}>{words.room.kinds[request.kind]}</span></div>
      {request.path.length > 1 && <p className={styles.soft}>{words.linked.room.from(request.path.join(" › "))}</p>}
      {request.with.length > 0 && <p className={styles.soft}>{words.linked.room.withOthers(request.with.join(", "))}</p>}
      {request.speaker?.name && <p>{request.speaker.name}{request.speaker.post && `, ${request.speaker.post}`}</p>}
      <div className={styles.acts}>
        <Button look="main" size="small" aria-label={words.room.grantTo(request.title)} onClick={() => give("grant_floor", { site_id: request.site_id, request_id: request.request_id })} data-testid="desk-grant">{words.room.grant}</Button>
        {!request.put_off && <Button size="small" aria-label={words.room.putOffOf(request.title)} onClick={() => give("put_off", { request_id: request.request_id })}>{words.room.putOff}</Button>}
        <Button size="small" look="quiet" disabled={n === 0} aria-label={words.room.moveUp(request.title)} onClick={up} data-testid="desk-up">▲</Button>
      </div>
    </li>
  );
}

function CallSite({ desk, give }: Props) {
  const words = useWords();
  const [siteId, setSiteId] = useState("");
  return (
    <div className={styles.inline}>
      <Select label={words.room.callSite} value={siteId} onChange={(e) => setSiteId(e.target.value)} data-testid="desk-call">
        <option value="">{words.room.chooseSite}</option>
        {desk.sites.filter((one) => one.id !== desk.floor?.site_id).map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
      </Select>
      <Button disabled={!siteId} onClick={() => { give("grant_floor", { site_id: siteId }); setSiteId(""); }} data-testid="desk-call-grant">{words.room.grant}</Button>
    </div>
  );
}

function Agenda({ desk, give }: Props) {
  const words = useWords();
  if (desk.items.length === 0) return null;
  return (
    <>
      <h3>{words.room.agenda}</h3>
      <ol className={styles.rows}>
        {desk.items.map((item) => (
          <li key={item.id} className={`${styles.row} ${item.status === "open" ? styles.current : ""}`} data-testid="desk-item" data-status={item.status}>
            <div className={styles.rowHead}><strong>{item.title}</strong><span className={styles.badge}>{words.room.itemStatus[item.status]}</span></div>
            {desk.stage === "convened" && (item.status === "open"
              ? <div className={styles.acts}><Button size="small" onClick={() => give("close_item", { item_id: item.id })}>{words.room.closeItem}</Button></div>
              : <div className={styles.acts}><Button size="small" aria-label={words.room.openItemOf(item.title)} onClick={() => give("open_item", { item_id: item.id })} data-testid="desk-open-item">{words.room.openItem}</Button></div>)}
          </li>
        ))}
      </ol>
    </>
  );
}

function Course({ desk, give }: Props) {
  const words = useWords();
  return (
    <>
      <h3>{words.room.menu}</h3>
      <Select label={words.room.mode} value={desk.mode} onChange={(e) => give("change_mode", { mode: e.target.value })} data-testid="desk-mode">
        {MODES.map((mode) => <option key={mode} value={mode}>{words.room.modes[mode]}</option>)}
      </Select>
      <div className={styles.acts}>
        <Button look="main" onClick={() => give("return_chair")} data-testid="desk-return">{words.room.desk.giveBack}</Button>
        <Button onClick={() => give("close_microphones")}>{words.room.closeMicrophones}</Button>
        {desk.stage === "testing" && <Button onClick={() => give("convene")}>{words.room.start}</Button>}
        {desk.stage === "convened" && <Button onClick={() => give("suspend", { reason: "" })} data-testid="desk-suspend">{words.room.suspend}</Button>}
        {desk.stage === "suspended" && <Button onClick={() => give("resume")} data-testid="desk-resume">{words.room.resume}</Button>}
        {(desk.stage === "convened" || desk.stage === "suspended") && <ConfirmButton look="danger" testId="desk-adjourn" ask={words.room.endAsk} detail={words.room.endKept} act={() => give("adjourn")}>{words.room.end}</ConfirmButton>}
      </div>
    </>
  );
}
