/** A round of comments on the draft: the secretary asks until a deadline, those invited comment, he answers each. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Select, TextArea, TextField } from "../ui/field";
import { Card } from "../ui/frame";
import { ErrorNotice, Notice, Pill } from "../ui/notice";
import { useLanguage, useWords, type Words } from "../words";
import { dateOf, momentOf, parseMoment } from "../words/when";
import styles from "./minutes.module.css";
import type { Minutes } from "./types";

const REFRESH_MS = 15_000;
const SHOWN = 110; // characters of a paragraph in the list to choose from
const TWO_DAYS_MS = 2 * 86_400_000;

interface Round { number: number; note: string; deadline: string; is_open: boolean; closed_at: string | null }
interface Part { name: string; item_id: string; lines: string[] }
interface Comment { id: string; round: number; author: string; revision: number; part: string; quote: string; text: string; at: string; outcome: "accepted" | "declined" | null; answer: string }
interface Told { revision: number; round: Round | null; parts: Part[]; items: Comment[]; may: string[] }

export function Comments({ path, minutes }: { path: string; minutes: Minutes }) {
  const words = useWords();
  const language = useLanguage();
  const api = useApi();
  const client = useQueryClient();
  const key = ["comments", path];
  const query = useQuery({ queryKey: key, queryFn: () => api.get<Told>(`${path}/comments`), enabled: minutes.status === "draft" || minutes.status === "review", refetchInterval: REFRESH_MS, retry: false });
  const [open, setOpen] = useState<"round" | "comment" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const told = query.data;
  if (!told || (!told.round && !told.may.length)) return null;
  /** What was typed stays where it is unless it was taken. */
  const run = async (act: () => Promise<Told>, touchesMinutes = false) => {
    setError(null);
    try {
      client.setQueryData(key, await act());
      setOpen(null);
      if (touchesMinutes) await client.invalidateQueries({ queryKey: ["minutes"] });
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    }
  };
  const { round, items } = told;
  const waiting = items.filter((one) => !one.outcome).length;
  return (
    <Card>
      <section className={styles.text} aria-label={words.comments.title} data-testid="comments" data-open={round?.is_open ?? false}>
        <div className={styles.head}>
          <h2>{words.comments.title}</h2>
          {round && <Pill tone="info">{round.is_open ? words.comments.running(round.number, momentOf(round.deadline, language)) : words.comments.over(round.number, momentOf(round.closed_at ?? round.deadline, language))}</Pill>}
          {items.length > 0 && <span className={styles.soft}>{words.comments.count(items.length, waiting)}</span>}
        </div>
        {!round && <p>{words.comments.none}</p>}
        {round?.note && <Notice>{round.note}</Notice>}
        <div className={styles.acts}>
          {told.may.includes("comment") && <Button look="main" onClick={() => setOpen("comment")} data-testid="add-comment">{words.comments.add}</Button>}
          {told.may.includes("open_round") && <Button onClick={() => setOpen("round")} data-testid="open-round">{words.comments.open}</Button>}
          {told.may.includes("close_round") && <ConfirmButton testId="close-round" ask={words.comments.closeAsk} act={() => void run(() => api.post(`${path}/rounds/close`), true)}>{words.comments.close}</ConfirmButton>}
        </div>
        {!open && <ErrorNotice error={error} />}
        {items.length > 0 && <ol className={styles.text}>{items.map((one) => <Item key={one.id} one={one} told={told} minutes={minutes} resolve={(body) => run(() => api.post(`${path}/comments/${one.id}/resolve`, body))} />)}</ol>}
      </section>
      {open === "round" && <RoundDialog error={error} onClose={() => setOpen(null)} start={(body) => run(() => api.post(`${path}/rounds`, body), true)} />}
      {open === "comment" && <CommentDialog told={told} minutes={minutes} error={error} onClose={() => setOpen(null)} send={(body) => run(() => api.post(`${path}/comments`, body))} />}
    </Card>
  );
}

function partTitle(name: string, minutes: Minutes, words: Words): string {
  if (name === "attendance") return words.comments.attendance;
  if (name === "opening" || name === "closing" || name === "recipients") return words.minutes[name];
  const [itemId = "", field] = name.split(".");
  const title = minutes.sections.find((section) => section.item_id === itemId)?.title || words.minutes.general;
  return `${title} – ${field === "conclusion" ? words.minutes.conclusion : field === "opinions" ? words.minutes.opinions : words.comments.recorded}`;
}

interface Asked { error: unknown; onClose: () => void }

function RoundDialog({ start, error, onClose }: Asked & { start: (body: { deadline: string; note: string }) => Promise<boolean> }) {
  const words = useWords();
  const [date, setDate] = useState(() => dateOf(Date.now() + TWO_DAYS_MS));
  const [time, setTime] = useState("17:00");
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState(false);
  const go = (event: FormEvent) => {
    event.preventDefault();
    const deadline = parseMoment(date, time);
    setWrong(!deadline);
    if (deadline) void start({ deadline, note });
  };
  return (
    <Dialog title={words.comments.title} onClose={onClose}>
      <form onSubmit={go} className={styles.text}>
        <p>{words.comments.openHint}</p>
        <div className={styles.two}>
          <TextField label={words.comments.date} value={date} onChange={(e) => setDate(e.target.value)} error={wrong ? words.comments.badDeadline : null} data-testid="round-date" />
          <TextField label={words.comments.time} value={time} onChange={(e) => setTime(e.target.value)} data-testid="round-time" />
        </div>
        <TextArea label={words.comments.note} value={note} onChange={(e) => setNote(e.target.value)} maxLength={2000} data-testid="round-note" />
        <ErrorNotice error={error} />
        <Button look="main" type="submit" data-testid="round-start">{words.comments.start}</Button>
      </form>
    </Dialog>
  );
}

function CommentDialog({ told, minutes, send, error, onClose }: Asked & { told: Told; minutes: Minutes; send: (body: { revision: number; part: string; paragraph: number; text: string }) => Promise<boolean> }) {
  const words = useWords();
  const [read] = useState(told); // what was on screen when the dialog opened, whatever is saved meanwhile
  const [chosen, setChosen] = useState("0.0");
  const [text, setText] = useState("");
  const [part, paragraph] = chosen.split(".").map(Number) as [number, number];
  const quote = read.parts[part]?.lines[paragraph] ?? "";
  const go = (event: FormEvent) => {
    event.preventDefault();
    void send({ revision: read.revision, part: read.parts[part]?.name ?? "", paragraph, text });
  };
  return (
    <Dialog wide title={words.comments.add} onClose={onClose}>
      <form onSubmit={go} className={styles.text}>
        <Select label={words.comments.about} value={chosen} onChange={(e) => setChosen(e.target.value)} data-testid="comment-paragraph">
          {read.parts.map((one, n) => <optgroup key={one.name} label={partTitle(one.name, minutes, words)}>{one.lines.map((line, m) => <option key={m} value={`${n}.${m}`}>{line.slice(0, SHOWN)}</option>)}</optgroup>)}
        </Select>
        <blockquote className={styles.locked}>{quote}</blockquote>
        <TextArea label={words.comments.text} rows={5} value={text} onChange={(e) => setText(e.target.value)} maxLength={5000} required data-testid="comment-text" />
        <ErrorNotice error={error} />
        <Button look="main" type="submit" disabled={!text.trim()} data-testid="comment-send">{words.comments.send}</Button>
      </form>
    </Dialog>
  );
}

function Item({ one, told, minutes, resolve }: { one: Comment; told: Told; minutes: Minutes; resolve: (body: { outcome: "accepted" | "declined"; answer: string }) => Promise<boolean> }) {
  const words = useWords();
  const language = useLanguage();
  const [answer, setAnswer] = useState("");
  const about = [partTitle(one.part, minutes, words), ...(one.revision === told.revision ? [] : [words.comments.textChanged(one.revision)])].join(", ");
  return (
    <li data-testid="comment" data-outcome={one.outcome ?? "waiting"}>
      <div className={styles.head}>
        <strong>{words.comments.by(one.author, momentOf(one.at, language))}</strong>
        <Pill tone={one.outcome === "accepted" ? "good" : one.outcome ? "info" : "warn"}>{words.comments[one.outcome ?? "waiting"]}</Pill>
      </div>
      <blockquote className={styles.locked}><span className={styles.soft}>{about}</span>{one.quote}</blockquote>
      <p className={styles.written}>{one.text}</p>
      {one.answer && <p className={styles.written}><strong>{words.comments.answer}:</strong> {one.answer}</p>}
      {!one.outcome && told.may.includes("resolve") && (
        <div className={styles.text}>
          <TextArea label={words.comments.answer} hint={words.comments.answerHint} rows={2} value={answer} onChange={(e) => setAnswer(e.target.value)} maxLength={5000} data-testid="comment-answer" />
          <div className={styles.acts}>
            <Button size="small" look="main" onClick={() => void resolve({ outcome: "accepted", answer })} data-testid="comment-accept">{words.comments.accept}</Button>
            <Button size="small" disabled={!answer.trim()} onClick={() => void resolve({ outcome: "declined", answer })} data-testid="comment-decline">{words.comments.decline}</Button>
          </div>
        </div>
      )}
    </li>
  );
}
