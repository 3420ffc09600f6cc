/** The way of the minutes: submit, number, sign with PIN or outside, issue, recall; each for the one whose turn it is. */
import { useState, type FormEvent } from "react";
import { Link } from "wouter";
import { ApiError } from "../rest/request";
import { tooLarge } from "../rest/upload";
import { useApi, useSession } from "../session/session";
import { Button, FileLink } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { FileField, TextField } from "../ui/field";
import { ErrorNotice, Notice } from "../ui/notice";
import { useWords } from "../words";
import { dateOf, parseDate, showDate } from "../words/when";
import styles from "./minutes.module.css";
import type { Minutes } from "./types";

interface ActsProps { path: string; minutes: Minutes; adopt: (next: Minutes) => void }
type Open = "sign_secretary" | "sign_chair" | "number" | "upload" | "return" | "recall" | null;

export function MinutesActs({ path, minutes, adopt }: ActsProps) {
  const words = useWords();
  const api = useApi();
  const [open, setOpen] = useState<Open>(null);
  const [error, setError] = useState<unknown>(null);
  const may = (act: string) => minutes.may.includes(act);
  const run = async (act: () => Promise<Minutes>) => {
    setError(null);
    try {
      adopt(await act());
      setOpen(null);
    } catch (problem) {
      setError(problem);
    }
  };
  const show = (next: Open) => {
    setError(null);
    setOpen(next);
  };
  const close = () => setOpen(null);
  return (
    <div className={styles.acts}>
      {may("submit") && <ConfirmButton look="main" testId="submit-minutes" ask={`${words.minutes.submit}?`} act={() => void run(() => api.post(`${path}/submit`))}>{words.minutes.submit}</ConfirmButton>}
      {may("sign_secretary") && <Button look="main" onClick={() => show("sign_secretary")} data-testid="sign-secretary">{words.minutes.signAs.secretary}</Button>}
      {may("sign_chair") && <Button look="main" onClick={() => show("sign_chair")} data-testid="sign-chair">{words.minutes.signAs.chair}</Button>}
      {may("number") && <Button onClick={() => show("number")} data-testid="give-number">{words.minutes.giveNumber}</Button>}
      {may("issue") && <ConfirmButton look="main" testId="issue-minutes" ask={words.minutes.issueAsk} act={() => void run(() => api.post(`${path}/issue`))}>{words.minutes.issue}</ConfirmButton>}
      {may("upload") && <Button onClick={() => show("upload")} data-testid="upload-signed">{words.minutes.upload}</Button>}
      {may("return") && <Button onClick={() => show("return")} data-testid="return-minutes">{words.minutes.return}</Button>}
      {may("recall") && <Button look="danger" onClick={() => show("recall")} data-testid="recall-minutes">{words.minutes.recall}</Button>}
      {minutes.number && <span data-testid="minutes-number"><strong>{words.minutes.number} {String(minutes.number)}/{minutes.notation}</strong>{minutes.issued_on && `, ${showDate(minutes.issued_on)}`}</span>}
      {!open && <ErrorNotice error={error} />}
      {(open === "sign_secretary" || open === "sign_chair") && <SignDialog title={words.minutes.signAs[open === "sign_chair" ? "chair" : "secretary"]} error={error} onClose={close} sign={(pin) => run(() => api.post(`${path}/sign`, { role: open === "sign_chair" ? "chair" : "secretary", pin }))} />}
      {open === "number" && <NumberDialog minutes={minutes} error={error} onClose={close} give={(body) => run(() => api.put(`${path}/number`, body))} />}
      {open === "upload" && <UploadDialog ours={minutes.files.pdf} error={error} onClose={close} send={(form) => run(() => api.post(`${path}/upload`, form))} />}
      {(open === "return" || open === "recall") && <ReasonDialog title={words.minutes[open]} label={open === "return" ? words.minutes.returnReason : words.minutes.recallReason} error={error} onClose={close} act={(reason) => run(() => api.post(`${path}/${open}`, { reason }))} />}
    </div>
  );
}

interface Frame { error: unknown; onClose: () => void }

function SignDialog({ title, sign, error, onClose }: Frame & { title: string; sign: (pin: string) => Promise<void> }) {
  const words = useWords();
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    await sign(pin);
    setBusy(false);
    setPin("");
  };
  const missing = error instanceof ApiError && /certificate/.test(error.code);
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void go(event)} className={styles.text}>
        <TextField label={words.minutes.pin} hint={words.minutes.pinHint} type="password" autoComplete="off" autoFocus value={pin} onChange={(e) => setPin(e.target.value)} data-testid="pin" />
        <ErrorNotice error={error} />
        {missing && <Link href="/me">{words.minutes.addCertificate}</Link>}
        <Button look="main" type="submit" disabled={!pin || busy} data-testid="sign-confirm">{words.minutes.sign}</Button>
      </form>
    </Dialog>
  );
}

function NumberDialog({ minutes, give, error, onClose }: Frame & { minutes: Minutes; give: (body: unknown) => Promise<void> }) {
  const words = useWords();
  const [number, setNumber] = useState(minutes.number ? String(minutes.number) : "");
  const [notation, setNotation] = useState(minutes.notation);
  const [date, setDate] = useState(minutes.issued_on ? showDate(minutes.issued_on) : dateOf(Date.now()));
  const [tried, setTried] = useState("");
  const iso = parseDate(date);
  const typed = [number, notation, date].join("/");
  const warned = error instanceof ApiError && error.code.includes("duplicate") ? error.detail : null;
  const go = (confirm: boolean) => {
    setTried(typed);
    if (number.trim() && iso) void give({ number: number.trim(), notation: notation.trim(), date: iso, confirm });
  };
  return (
    <Dialog title={words.minutes.giveNumber} onClose={onClose} actions={<Button look="main" onClick={() => go(false)} data-testid="number-confirm">{words.minutes.giveNumber}</Button>}>
      <div className={styles.two}>
        <TextField label={words.minutes.number} value={number} onChange={(e) => setNumber(e.target.value)} data-testid="number" />
        <TextField label={words.minutes.notation} value={notation} onChange={(e) => setNotation(e.target.value)} data-testid="notation" />
        <TextField label={words.minutes.date} value={date} error={tried && (!iso || !number.trim()) ? words.minutes.badNumber : null} onChange={(e) => setDate(e.target.value)} data-testid="issue-date" />
      </div>
      {!warned && <ErrorNotice error={error} />}
      {/* of another number than the one that is typed now it says nothing */}
      {warned && typed === tried && <Notice tone="warn" action={<Button onClick={() => go(true)} data-testid="use-anyway">{words.minutes.useAnyway}</Button>}>{words.minutes.duplicate(String(warned.number), String(warned.title))}</Notice>}
    </Dialog>
  );
}

function UploadDialog({ ours, send, error, onClose }: Frame & { ours: string | null; send: (form: FormData) => Promise<void> }) {
  const words = useWords();
  const { session } = useSession();
  const [noFile, setNoFile] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const file = form.get("file");
    if (!(file instanceof File) || !file.name) return setNoFile(true);
    const large = tooLarge(file, session?.upload_limit, words);
    setRefused(large);
    if (large) return;
    setBusy(true);
    await send(form);
    setBusy(false);
  };
  return (
    <Dialog title={words.minutes.upload} onClose={onClose}>
      <form noValidate onSubmit={(event) => void go(event)} className={styles.text}>
        {ours && <div><FileLink size="small" href={ours} download="bien-ban.pdf" data-testid="download-to-sign">{words.minutes.downloadToSign}</FileLink></div>}
        <FileField label={words.plan.file} hint={words.minutes.uploadHint} name="file" accept="application/pdf" error={noFile ? words.act.fileNeeded : null} onChange={() => setNoFile(false)} data-testid="signed-file" />
        <ErrorNotice error={refused ?? error} />
        <Button look="main" type="submit" disabled={busy} data-testid="upload-confirm">{busy ? words.plan.uploading : words.act.send}</Button>
      </form>
    </Dialog>
  );
}

function ReasonDialog({ title, label, act, error, onClose }: Frame & { title: string; label: string; act: (reason: string) => Promise<void> }) {
  const [reason, setReason] = useState("");
  return (
    <Dialog title={title} onClose={onClose} actions={<Button look="main" disabled={!reason.trim()} onClick={() => void act(reason.trim())} data-testid="reason-confirm">{title}</Button>}>
      <TextField label={label} value={reason} onChange={(e) => setReason(e.target.value)} data-testid="reason" />
      <ErrorNotice error={error} />
    </Dialog>
  );
}
