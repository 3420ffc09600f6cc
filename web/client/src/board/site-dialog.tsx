/** One site: what is wrong, its last check, and what the operator can do: call, write, look, put on air. */
import { useState } from "react";
import type { BoardRow } from "../rest/linked";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { ErrorNotice, Notice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import styles from "./board.module.css";
import { problemOf } from "./rows";

export function SiteDialog({ meetingId, row, onClose }: { meetingId: string; row: BoardRow; onClose: () => void }) {
  const words = useWords();
  const api = useApi();
  const [text, setText] = useState("");
  const [told, setTold] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [picture, setPicture] = useState("");
  const base = `/api/meetings/${meetingId}/board/${row.site_id}`;
  const joined = row.state === "joined";
  const act = async (work: () => Promise<unknown>, said: string) => {
    setError(null);
    setTold("");
    try {
      await work();
      setTold(said);
    } catch (problem) {
      setError(problem);
    }
  };
  const { check } = row;
  return (
    <Dialog title={row.unit_title} onClose={onClose} testId="board-site" actions={<Button onClick={onClose}>{words.act.close}</Button>}>
      <p className={styles.soft}>{row.site_name}</p>
      {row.problems.length > 0 ? <ul className={styles.problems}>{row.problems.map((code) => <li key={code} data-problem={code}>{problemOf(row, code, words.board)}</li>)}</ul> : <Notice tone="good">{words.board.states[row.state]}</Notice>}
      {row.reply === "declined" && row.reply_reason && <p>{words.board.reason(row.reply_reason)}</p>}
      {check && <p className={styles.soft}>{words.board.checkAt(timeOf(check.at), check.down_kbps, check.up_kbps, check.rtt_ms)} {check.is_ready ? words.board.signedOff : ""}</p>}
      {row.phone && <p><a className={styles.call} href={`tel:${row.phone.replace(/\s/g, "")}`} data-testid="call">{words.board.call(row.phone)}</a></p>}
      {joined ? (
        <>
          <form className={styles.message} onSubmit={(event) => { event.preventDefault(); if (text.trim()) void act(() => api.post(`${base}/message`, { text: text.trim() }), words.board.sent).then(() => setText("")); }}>
            <TextField label={words.board.message} value={text} maxLength={500} onChange={(e) => setText(e.target.value)} data-testid="site-message" />
            <Button type="submit" disabled={!text.trim()} data-testid="send-message">{words.board.send}</Button>
          </form>
          <div className={styles.acts}>
            <Button onClick={() => setPicture(`${base}/picture.jpg?${Date.now()}`)} data-testid="look">{words.board.see}</Button>
            <Button look="main" onClick={() => void act(() => api.post(`${base}/air`, {}), words.board.onAir)} data-testid="put-on-air">{words.board.putOnAir}</Button>
          </div>
          {picture && <img className={styles.picture} src={picture} alt={words.board.pictureOf(row.unit_title)} onError={() => { setPicture(""); setTold(words.board.noPicture); }} />}
        </>
      ) : <p className={styles.soft}>{words.board.notIn}</p>}
      {joined && row.far && <p className={styles.soft}>{words.board.far}</p>}
      {told && <Notice>{told}</Notice>}
      <ErrorNotice error={error} />
    </Dialog>
  );
}
