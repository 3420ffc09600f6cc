/** The queue of those who asked to speak; the chair gives the floor, puts off and reorders by mouse or keys. */
import { useState, type DragEvent } from "react";
import type { Request } from "../../proceedings/state";
import { Button } from "../../ui/button";
import { Select, TextField } from "../../ui/field";
import { useWords } from "../../words";
import { clockOf, timeOf } from "../../words/when";
import { moved, namesOf, spokenSums, speechSeconds } from "../model";
import { useCommand, useMay, useNames, useNow, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function QueuePanel() {
  const words = useWords();
  const queue = useRoom((p) => p.state.queue);
  const command = useCommand();
  const may = useMay();
  const [dragged, setDragged] = useState<string | null>(null);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const merges = may("merge_requests") && queue.filter((request) => request.forwarded === "no").length > 1;
  const together = queue.filter((request) => request.forwarded === "no" && picked.has(request.request_id));
  const pick = (requestId: string, on: boolean) => setPicked((before) => new Set(on ? [...before, requestId] : [...before].filter((one) => one !== requestId)));
  const merge = () => { void command("merge_requests", { request_ids: together.map((request) => request.request_id) }); setPicked(new Set()); };
  const place = (requestId: string, to: number) => void command("reorder", { request_ids: moved(queue, requestId, to) });
  return (
    <div className={styles.panel}>
      <h2>{words.room.queue}</h2>
      {queue.length === 0 && <p className={styles.empty}>{words.room.queueEmpty}</p>}
      <ol className={styles.rows} data-testid="queue">
        {queue.map((request, n) => (
          <QueueRow key={request.request_id} request={request} n={n} last={n === queue.length - 1} place={place} picked={picked.has(request.request_id)} pick={merges && request.forwarded === "no" ? pick : undefined}
            drag={may("reorder") ? { start: () => setDragged(request.request_id), drop: () => { if (dragged) place(dragged, n); setDragged(null); } } : null} />
        ))}
      </ol>
      {merges && <div className={styles.acts}><Button size="small" disabled={together.length < 2} onClick={merge} data-testid="merge-requests">{words.linked.room.merge(together.length)}</Button><span className={styles.soft}>{words.linked.room.mergeHint}</span></div>}
      {may("grant_floor") && <CallSite />}
      <History />
    </div>
  );
}

interface RowProps { request: Request; n: number; last: boolean; place: (id: string, to: number) => void; picked: boolean; pick?: (id: string, on: boolean) => void; drag: { start: () => void; drop: () => void } | null }

function QueueRow({ request, n, last, place, picked, pick, drag }: RowProps) {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const now = useNow(1000);
  const entry = names.entry(request.site_id);
  const title = names.unit(request.site_id) || request.origin?.site_name || "";
  const others = namesOf(request.merged, names);
  const spoken = spokenSums(state, now).get(request.site_id) ?? { times: 0, totalS: 0 };
  const waited = clockOf((now - Date.parse(request.at)) / 1000);
  const drags = drag && { draggable: true, onDragStart: drag.start, onDragOver: (e: DragEvent) => e.preventDefault(), onDrop: drag.drop };
  return (
    <li className={`${styles.row} ${request.put_off ? styles.putOff : ""}`} data-testid="queue-row" data-site-id={request.site_id} data-request-id={request.request_id} {...drags}>
      <div className={styles.rowHead}>
        {pick && <input type="checkbox" checked={picked} onChange={(e) => pick(request.request_id, e.target.checked)} aria-label={words.linked.room.mergeOf(title)} data-testid="pick-request" />}
        <span className={styles.number}>{n + 1}</span>
        <strong>{title}</strong>
        {entry && <span className={styles.badge}>{entry.level_name ?? entry.level}</span>}
        <span className={styles.badge}>{words.room.kinds[request.kind]}</span>
        {request.put_off && <span className={styles.badge}>{words.room.putOffMark}</span>}
        {request.forwarded !== "no" && <span className={styles.badge} data-testid="forwarded" data-status={request.forwarded}>{words.linked.room.forwarded[request.forwarded]}</span>}
      </div>
      {request.origin && <p className={styles.soft} data-testid="origin">{words.linked.room.from(request.origin.path.join(" › ") || request.origin.site_name)}</p>}
      {others && <p className={styles.soft} data-testid="with-others">{words.linked.room.withOthers(others)}</p>}
      {request.joined && <p className={styles.soft} data-testid="joined">{words.linked.room.joined(request.joined)}</p>}
      {request.speaker?.name && <p>{request.speaker.name}{request.speaker.post && `, ${request.speaker.post}`}</p>}
      <p className={styles.soft}>{words.room.waiting(waited)} · {words.room.spoken(spoken.times, clockOf(spoken.totalS))}</p>
      {request.forwarded === "no" && <Climb request={request} title={title} />}
      {may("grant_floor") && (
        <div className={styles.acts}>
          <Button look="main" size="small" aria-label={words.room.grantTo(title)} data-testid="grant-floor" onClick={() => void command("grant_floor", { site_id: request.site_id, request_id: request.request_id })}>{words.room.grant}</Button>
          {!request.put_off && <Button size="small" aria-label={words.room.putOffOf(title)} data-testid="put-off" onClick={() => void command("put_off", { request_id: request.request_id })}>{words.room.putOff}</Button>}
          <Button size="small" look="quiet" disabled={n === 0} aria-label={words.room.moveUp(title)} data-testid="move-up" onClick={() => place(request.request_id, n - 1)}>▲</Button>
          <Button size="small" look="quiet" disabled={last} aria-label={words.room.moveDown(title)} data-testid="move-down" onClick={() => place(request.request_id, n + 1)}>▼</Button>
        </div>
      )}
    </li>
  );
}

/** Up to the room above, or answered here in a sentence. */
function Climb({ request, title }: { request: Request; title: string }) {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const [text, setText] = useState<string | null>(null);
  const isLinked = useRoom((p) => p.state.links.some((link) => link.side === "upper" && link.status !== "lost"));
  if (!may("answer_request")) return null;
  const send = () => { if (text?.trim()) void command("answer_request", { request_id: request.request_id, text: text.trim() }); setText(null); };
  return (
    <div className={styles.acts}>
      {isLinked && may("forward_request") && <Button size="small" aria-label={words.linked.room.forwardOf(title)} data-testid="forward-request" onClick={() => void command("forward_request", { request_ids: [request.request_id] })}>{words.linked.room.forward}</Button>}
      {text === null ? <Button size="small" look="quiet" aria-label={words.linked.room.answerOf(title)} data-testid="answer-request" onClick={() => setText("")}>{words.linked.room.answer}</Button>
        : <><TextField hideLabel label={words.linked.room.answerText} placeholder={words.linked.room.answerText} value={text} maxLength={1000} onChange={(e) => setText(e.target.value)} data-testid="answer-text" /><Button size="small" onClick={send} data-testid="send-answer">{words.board.send}</Button></>}
    </div>
  );
}

/** The chair may call a site that did not ask. */
function CallSite() {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const state = useRoom((p) => p.state);
  const [siteId, setSiteId] = useState("");
  const callable = names.roster.filter((e) => state.sites[e.site_id]?.connection_id && e.site_id !== state.chair_site_id && e.site_id !== state.floor?.site_id);
  return (
    <div className={styles.inline}>
      <Select label={words.room.callSite} value={siteId} onChange={(e) => setSiteId(e.target.value)} data-testid="call-site">
        <option value="">{words.room.chooseSite}</option>
        {callable.map((e) => <option key={e.site_id} value={e.site_id}>{e.unit_title}</option>)}
      </Select>
      <Button disabled={!siteId} data-testid="call-site-grant" onClick={() => { void command("grant_floor", { site_id: siteId }); setSiteId(""); }}>{words.room.grant}</Button>
    </div>
  );
}

function History() {
  const words = useWords();
  const names = useNames();
  const speeches = useRoom((p) => p.state.speeches);
  return (
    <details className={styles.details}>
      <summary>{words.room.history} ({speeches.length})</summary>
      {speeches.length === 0 && <p className={styles.empty}>{words.room.noHistory}</p>}
      <ul className={styles.plain}>
        {[...speeches].reverse().map((speech) => (
          <li key={speech.speech_id}><span className="tabular">{timeOf(speech.started_at)}</span> {names.unit(speech.site_id)}{speech.speaker?.name && ` – ${speech.speaker.name}`} <span className={styles.soft}>{clockOf(speechSeconds(speech, 0))}</span></li>
        ))}
      </ul>
    </details>
  );
}
