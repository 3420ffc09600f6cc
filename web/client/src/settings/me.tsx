/** My own certificate and password. The PIN is used at once and never kept. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useLocation, useParams } from "wouter";
import styles from "../organisation/organisation.module.css";
import type { Session } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { FileField, TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { dateOf } from "../words/when";

interface Certificate { subject: string; valid_to: string; is_test: boolean }

export default function MePage() {
  const { session } = useSession();
  return <Frame title={session?.person?.name ?? ""} narrow><CertificateCard /><PasswordCard /></Frame>;
}

function CertificateCard() {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["certificate"], queryFn: () => api.get<{ certificate: Certificate | null }>("/api/me/certificate") });
  const [error, setError] = useState<unknown>(null);
  const [pin, setPin] = useState("");
  const [missing, setMissing] = useState({ file: false, pin: false });
  const run = async (act: () => Promise<unknown>) => {
    setError(null);
    try {
      await act();
      setPin("");
      await client.invalidateQueries({ queryKey: ["certificate"] });
    } catch (problem) {
      setError(problem);
    }
  };
  const upload = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const file = data.get("file");
    const missing = { file: !(file instanceof File) || !file.name, pin: !data.get("pin") };
    setMissing(missing);
    if (missing.file || missing.pin) return;
    void run(() => api.put("/api/me/certificate", data));
  };
  const held = query.data?.certificate;
  return (
    <Card>
      <h2>{words.minutes.certificate}</h2>
      {held ? (
        <>
          <p data-testid="certificate">{words.minutes.certificateSubject}: <strong>{held.subject}</strong> {held.is_test && <Pill tone="warn">{words.minutes.certificateIsTest}</Pill>}</p>
          <p>{words.minutes.certificateUntil} {dateOf(held.valid_to)}</p>
          <div><ConfirmButton look="danger" ask={`${words.minutes.certificateDelete}?`} act={() => void run(() => api.delete("/api/me/certificate"))}>{words.minutes.certificateDelete}</ConfirmButton></div>
        </>
      ) : <p>{words.minutes.certificateNone}</p>}
      <form noValidate className={styles.form} onSubmit={upload}>
        <FileField label={words.minutes.certificateFile} name="file" accept=".p12,.pfx" error={missing.file ? words.act.fileNeeded : null} data-testid="certificate-file" />
        <TextField label={words.minutes.pin} hint={words.minutes.pinHint} type="password" name="pin" autoComplete="off" error={missing.pin ? words.minutes.pinNeeded : null} data-testid="certificate-pin" />
        <Button type="submit" data-testid="upload-certificate">{words.minutes.certificateUpload}</Button>
      </form>
      <form className={styles.form} onSubmit={(event) => { event.preventDefault(); void run(() => api.post("/api/me/certificate/test", { pin })); }}>
        <TextField label={words.minutes.newPin} hint={words.minutes.certificateTestHint} type="password" autoComplete="new-password" value={pin} onChange={(e) => setPin(e.target.value)} data-testid="test-pin" />
        <Button type="submit" disabled={!pin} data-testid="test-certificate">{words.minutes.certificateTest}</Button>
      </form>
      <ErrorNotice error={error} />
    </Card>
  );
}

function PasswordCard() {
  const words = useWords();
  return <Card><h2>{words.nav.password}</h2><OwnPassword /></Card>;
}

/** Before anything else: the password that somebody else knows is replaced. */
export function FirstPasswordPage() {
  const words = useWords();
  return <Frame title={words.nav.password} narrow><Card><Notice tone="warn"><span data-testid="must-change">{words.login.mustChange}</span></Notice><OwnPassword /></Card></Frame>;
}

/** The old password ends every session; this machine goes on with the new one that comes back. */
function OwnPassword() {
  const { api, adopt } = useSession();
  return <NewPassword withOld send={async (old, fresh) => adopt(await api.post<Session>("/api/password", { old, new: fresh }))} />;
}

/** The page of a one-time link. */
export function ResetPage() {
  const { token = "" } = useParams<{ token: string }>();
  const words = useWords();
  const api = useApi();
  const [, go] = useLocation();
  return <Frame title={words.login.newPassword} narrow><Card><NewPassword send={async (_, fresh) => { await api.post(`/api/password-resets/${encodeURIComponent(token)}`, { new: fresh }); setTimeout(() => go("/login"), 2_500); }} /></Card></Frame>;
}

function NewPassword({ send, withOld = false }: { send: (old: string, fresh: string) => Promise<unknown>; withOld?: boolean }) {
  const words = useWords();
  const [form, setForm] = useState({ old: "", fresh: "", again: "" });
  const [error, setError] = useState<unknown>(null);
  const [problem, setProblem] = useState("");
  const [done, setDone] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(form.fresh.length < 10 ? words.login.short : form.fresh !== form.again ? words.login.differ : "");
    if (form.fresh.length < 10 || form.fresh !== form.again) return;
    try {
      await send(form.old, form.fresh);
      setDone(true);
      setError(null);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void go(event)}>
      {withOld && <TextField label={words.login.old} type="password" autoComplete="current-password" value={form.old} onChange={(e) => setForm({ ...form, old: e.target.value })} data-testid="old-password" />}
      <TextField label={words.login.newPassword} type="password" autoComplete="new-password" value={form.fresh} error={problem || null} onChange={(e) => setForm({ ...form, fresh: e.target.value })} data-testid="new-password" />
      <TextField label={words.login.repeat} type="password" autoComplete="new-password" value={form.again} onChange={(e) => setForm({ ...form, again: e.target.value })} data-testid="repeat-password" />
      <ErrorNotice error={error} />
      {done && <Notice tone="good"><span data-testid="password-changed">{withOld ? words.login.changedHere : words.login.changed}</span></Notice>}
      <Button look="main" type="submit" data-testid="change-password">{words.act.save}</Button>
    </form>
  );
}
