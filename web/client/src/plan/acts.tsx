/** Send, clone, postpone, cancel: each asked about once, each with its reason where others will read it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Meeting } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";
import styles from "./page.module.css";
import { isSecret } from "./secrecy";
import { dateOf, parseEnd, parseMoment, timeOf } from "../words/when";

export function PlanActs({ meeting, onDone }: { meeting: Meeting; onDone: (text: string) => void }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const [, go] = useLocation();
  const [error, setError] = useState<unknown>(null);
  const [asked, setAsked] = useState<"postpone" | "cancel" | null>(null);
  const may = (act: string) => meeting.may.includes(act);
  const secret = isSecret(meeting.security_marking);
  const run = async (act: string, body: unknown, done: (next: Meeting) => void) => {
    setError(null);
    try {
      const next = await api.post<Meeting>(`/api/meetings/${meeting.id}/${act}`, body);
      await client.invalidateQueries();
      setAsked(null);
      done(next);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      {may("send") && (meeting.stage === "draft" || meeting.stage === "postponed") && (
        <ConfirmButton look="main" testId="send-invitations" ask={secret ? words.plan.secretSendAsk(meeting.sites.length) : words.plan.sendAsk(meeting.sites.length)} act={() => void run("send", { version: meeting.version }, () => onDone(secret ? words.plan.secretSendDone : words.plan.sendDone))}>{words.plan.send}</ConfirmButton>
      )}
      {may("clone") && <Button onClick={() => void run("clone", {}, (next) => go(`/meetings/${next.id}/edit`))} data-testid="clone">{words.plan.clone}</Button>}
      {may("postpone") && <Button onClick={() => setAsked("postpone")} data-testid="postpone">{words.plan.postpone}</Button>}
      {may("cancel") && <Button look="danger" onClick={() => setAsked("cancel")} data-testid="cancel-meeting">{words.plan.cancel}</Button>}
      {asked === "postpone" && <PostponeDialog meeting={meeting} error={error} onClose={() => setAsked(null)} act={(body) => void run("postpone", body, () => onDone(words.plan.postponeAsk))} />}
      {asked === "cancel" && <CancelDialog error={error} onClose={() => setAsked(null)} act={(reason) => void run("cancel", { reason }, () => undefined)} />}
      {!asked && error !== null && <div className={styles.wholeLine}><ErrorNotice error={error} /></div>}
    </>
  );
}

function PostponeDialog({ meeting, act, onClose, error }: { meeting: Meeting; act: (body: unknown) => void; onClose: () => void; error: unknown }) {
  const words = useWords();
  const [date, setDate] = useState(dateOf(meeting.starts_at));
  const [from, setFrom] = useState(timeOf(meeting.starts_at));
  const [to, setTo] = useState(timeOf(meeting.ends_at));
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const start = parseMoment(date, from);
  const end = parseEnd(date, from, to);
  const wrong = !start || !end ? words.plan.badDate : end <= start ? words.plan.endBeforeStart : null;
  const go = () => {
    setTried(true);
    if (!wrong && reason.trim()) act({ starts_at: start, ends_at: end, reason: reason.trim() });
  };
  return (
    <Dialog title={words.plan.postpone} onClose={onClose} actions={<Button look="main" onClick={go} data-testid="postpone-confirm">{words.plan.postpone}</Button>}>
      <p>{words.plan.postponeAsk}</p>
      <TextField label={words.plan.date} value={date} error={tried ? wrong : null} onChange={(e) => setDate(e.target.value)} data-testid="postpone-date" />
      <TextField label={words.plan.from} value={from} onChange={(e) => setFrom(e.target.value)} data-testid="postpone-from" />
      <TextField label={words.plan.to} value={to} onChange={(e) => setTo(e.target.value)} data-testid="postpone-to" />
      <TextField label={words.plan.reason} value={reason} error={tried && !reason.trim() ? words.plan.reasonNeeded : null} onChange={(e) => setReason(e.target.value)} data-testid="postpone-reason" />
      <ErrorNotice error={error} />
    </Dialog>
  );
}

function CancelDialog({ act, onClose, error }: { act: (reason: string) => void; onClose: () => void; error: unknown }) {
  const words = useWords();
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  return (
    <Dialog title={words.plan.cancel} onClose={onClose} actions={<Button look="air" onClick={() => (reason.trim() ? act(reason.trim()) : setTried(true))} data-testid="cancel-confirm">{words.plan.cancel}</Button>}>
      <p>{words.plan.cancelAsk}</p>
      <TextField label={words.plan.reason} value={reason} error={tried && !reason.trim() ? words.plan.reasonNeeded : null} onChange={(e) => setReason(e.target.value)} data-testid="cancel-reason" />
      <ErrorNotice error={error} />
    </Dialog>
  );
}
