/** For the administrator: the installation, the letters of the mail folder, jobs, the audit trail. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { Link, useParams } from "wouter";
import styles from "../organisation/organisation.module.css";
import type { Page } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { LineFields, lineFigures, lineText, type LineText } from "../ui/line-fields";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { Nodes } from "./nodes";
import { dateOf, secondsOf } from "../words/when";

export default function SettingsPage() {
  const { part = "installation" } = useParams<{ part?: string }>();
  const words = useWords();
  const parts = { installation: words.organisation.installation, mail: words.organisation.mail, jobs: words.organisation.jobs, audit: words.organisation.audit, nodes: words.nodes.title };
  return (
    <Frame title={words.organisation.settings}>
      <nav className={styles.tabs} aria-label={words.organisation.settings}>
        {Object.entries(parts).map(([key, name]) => <Link key={key} href={`/settings/${key}`} className={styles.name} aria-current={part === key ? "page" : undefined}>{name}</Link>)}
      </nav>
      {part === "mail" ? <Mail /> : part === "jobs" ? <Jobs /> : part === "audit" ? <Audit /> : part === "nodes" ? <Nodes /> : <Installation />}
    </Frame>
  );
}

type Settings = Record<string, unknown>;
const EDITABLE = ["name", "banner", "mail_sender", "support_phone"];

function Installation() {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["settings"], queryFn: () => api.get<Settings>("/api/settings"), refetchOnWindowFocus: false });
  const [changed, setChanged] = useState<Record<string, string>>({});
  const [line, setLine] = useState<LineText | null>(null);
  const [saved, setSaved] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const label: Record<string, string> = { name: words.organisation.field.name, banner: words.organisation.demo, mail_sender: words.organisation.field.mail_sender, support_phone: words.organisation.field.contact_phone };
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const figures = line && lineFigures(line);
    if (line && !figures) return;
    try {
      client.setQueryData(["settings"], await api.put<Settings>("/api/settings", { ...changed, ...figures }));
      await client.invalidateQueries({ queryKey: ["session"] });
      setSaved(true);
    } catch (problem) {
      setError(problem);
    }
  };
  if (!query.data) return query.error ? <ErrorNotice error={query.error} /> : <Loading />;
  const data = query.data;
  return (
    <Card>
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        {EDITABLE.filter((name) => name in data).map((name) => <TextField key={name} label={label[name] ?? name} value={changed[name] ?? String(data[name] ?? "")} onChange={(e) => { setChanged({ ...changed, [name]: e.target.value }); setSaved(false); }} data-testid={`setting-${name}`} />)}
        <LineFields value={line ?? lineText(data)} change={(text) => { setLine(text); setSaved(false); }} />
        <p className={styles.soft}>{words.organisation.field.public_url}: {String(data.public_url ?? "")}</p>
        <ErrorNotice error={error} />
        {saved && <Notice tone="good">{words.organisation.settingsSaved}</Notice>}
        <div><Button look="main" type="submit" data-testid="save-settings">{words.act.save}</Button></div>
      </form>
    </Card>
  );
}

function useItems<T>(key: string, path: string) {
  const api = useApi();
  return useQuery({ queryKey: [key], queryFn: async () => { const got = await api.get<Page<T> | T[]>(path); return Array.isArray(got) ? got : got.items; }, refetchInterval: 5_000 });
}

function Rows({ head, children, empty, none }: { head: string[]; children: ReactNode; empty: boolean; none: string }) {
  if (empty) return <Card><p>{none}</p></Card>;
  return <Card><div className={styles.tableWrap}><table className={styles.table}><thead><tr>{head.map((name) => <th key={name}>{name}</th>)}</tr></thead><tbody>{children}</tbody></table></div></Card>;
}

const moment = (at: string) => `${dateOf(at)} ${secondsOf(at)}`;

/** The envelope; subject and text as far as the meeting is one's own. */
interface Letter { id: string; to: string; at: string; kind: string; subject: string | null; may_open: boolean }

function Mail() {
  const words = useWords();
  const { session } = useSession();
  const query = useItems<Letter>("mail", "/api/mail");
  const isThere = !!query.data?.length;
  const kinds: Record<string, string> = words.organisation.mailKinds;
  return (
    <>
      <ErrorNotice error={query.error} />
      {isThere && <Notice><p>{words.organisation.mailHint}</p><p data-testid="mail-rule">{session?.installation.demo ? words.organisation.mailDemo : words.organisation.mailRule}</p></Notice>}
      <Rows head={[words.organisation.mailAt, words.organisation.mailTo, words.organisation.mailKind, words.organisation.mailState, words.organisation.mailSubject, words.act.open]} empty={!isThere} none={words.organisation.mailNone}>
        {query.data?.map((mail) => (
          <tr key={mail.id} data-testid="mail-row" data-open={mail.may_open}>
            <td>{moment(mail.at)}</td><td>{mail.to}</td><td>{kinds[mail.kind] ?? mail.kind}</td><td>{words.organisation.mailInFolder}</td>
            <td>{mail.subject ?? <span className={styles.soft}>{words.organisation.mailWithheld}</span>}</td>
            <td>{mail.may_open && <a href={`/api/mail/${mail.id}.eml`} download>{words.organisation.mailOpen}</a>}</td>
          </tr>
        ))}
      </Rows>
    </>
  );
}

function Jobs() {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useItems<{ id: string; kind: string; at: string; state: string; progress: number | null; error: string | null }>("jobs", "/api/jobs");
  const retry = async (id: string) => {
    await api.post(`/api/jobs/${id}/retry`).catch(() => undefined);
    await client.invalidateQueries({ queryKey: ["jobs"] });
  };
  return (
    <>
      <ErrorNotice error={query.error} />
      <Rows head={[words.organisation.mailAt, words.organisation.jobKind, words.organisation.jobState, words.organisation.jobProgress, words.organisation.jobError]} empty={!query.data?.length} none={words.organisation.jobNone}>
        {query.data?.map((job) => <tr key={job.id} data-testid="job-row" data-state={job.state}><td>{moment(job.at)}</td><td>{words.organisation.jobKinds[job.kind as keyof typeof words.organisation.jobKinds] ?? job.kind}</td><td><Pill tone={job.state === "done" ? "good" : job.state === "failing" ? "bad" : "info"}>{words.organisation.jobStates[job.state as keyof typeof words.organisation.jobStates] ?? job.state}</Pill></td><td>{job.progress ? `${Math.round(job.progress <= 1 ? job.progress * 100 : job.progress)} %` : ""}</td><td>{job.error} {job.state === "failing" && <Button size="small" onClick={() => void retry(job.id)}>{words.organisation.jobRetry}</Button>}</td></tr>)}
      </Rows>
    </>
  );
}

function Audit() {
  const words = useWords();
  const query = useItems<{ id: string; at: string; kind: string; who: string; about: string; address: string | null; detail: unknown }>("audit", "/api/audit");
  return (
    <>
      <ErrorNotice error={query.error} />
      <Rows head={[words.organisation.mailAt, words.organisation.auditWhat, words.organisation.auditWho, words.organisation.auditOn]} empty={!query.data?.length} none={words.organisation.auditNone}>
        {query.data?.map((entry) => <tr key={entry.id}><td>{moment(entry.at)}</td><td>{words.organisation.auditKinds[entry.kind as keyof typeof words.organisation.auditKinds] ?? entry.kind}</td><td>{entry.who} <span className={styles.soft}>{entry.address}</span></td><td>{entry.about}</td></tr>)}
      </Rows>
    </>
  );
}
