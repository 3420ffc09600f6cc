/** A site's link: what meeting, the reply, and "Vào họp". Opening this page changes nothing; every act is a click, but for the check of a machine known as the site's. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useState, type FormEvent } from "react";
import { useLocation, useParams } from "wouter";
import { toneOf } from "../pages/today";
import styles from "../plan/page.module.css";
import { ApiError } from "../rest/request";
import type { Reply, Session, SiteLink, Stage } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice, Pill } from "../ui/notice";
import { useLanguage, useWords } from "../words";
import { momentOf, timeOf, weekdayOf } from "../words/when";

const ReadinessPanel = lazy(() => import("../readiness/panel"));
const LinkCheck = lazy(() => import("./check")); // media code is not part of the first page
const LIVE: Stage[] = ["testing", "convened", "suspended"];
const OVER: Stage[] = ["adjourned", "minuted", "signed", "published", "filed"];
const nameOf = (value: string | { name?: string; title?: string } | null) => (typeof value === "string" ? value : (value?.name ?? value?.title ?? ""));

export default function LinkPage() {
  const { token = "" } = useParams<{ token: string }>();
  const words = useWords();
  const language = useLanguage();
  const { api, session } = useSession();
  const [checked, setChecked] = useState<boolean | null>(null);
  const query = useQuery({ queryKey: ["link", token], queryFn: () => api.get<SiteLink>(`/api/site-links/${encodeURIComponent(token)}`), refetchInterval: 10_000, retry: false, placeholderData: keepPreviousData }); // what is typed and checked here outlives taking the session
  const link = query.data;
  if (!link) {
    const unknown = query.error instanceof ApiError && query.error.status === 404;
    return <Frame title={words.link.invited} narrow>{unknown ? <Notice tone="bad"><span data-testid="link-unknown">{(query.error as ApiError).message || words.link.unknown}</span></Notice> : query.error ? <ErrorNotice error={query.error} /> : <Loading />}</Frame>;
  }
  const meeting = link.meeting;
  const isMine = !!session?.site && session.site.id === link.site_id; // this machine was let in as this site before
  return (
    <Frame title={meeting?.title ?? words.link.invited} narrow kicker={<p>{words.link.invited}</p>}>
      {link.state !== "valid" && <Notice tone="bad"><span data-testid="link-refused">{link.state === "expired" ? words.link.expired(link.contact_phone) : words.link.revoked(link.contact_phone)}</span></Notice>}
      {meeting?.moved_from && <Notice tone="warn">{words.link.moved(momentOf(meeting.starts_at, language))}</Notice>}
      <Card>
        <p className={styles.sum}>{words.link.site}: {link.unit_title}</p>
        {meeting && <MeetingFacts meeting={meeting} />}
        {meeting && link.state === "valid" && <Join token={token} meetingId={meeting.id} stage={meeting.stage} startsAt={meeting.starts_at} isMine={isMine} checked={checked} setChecked={setChecked} />}
        {link.contact_phone && <p><a href={`tel:${link.contact_phone}`}>{words.link.contact(link.contact_phone)}</a></p>}
      </Card>
      {meeting && link.state === "valid" && (meeting.stage === "sent" || meeting.stage === "testing") && <ReplyForm key={link.reply} token={token} reply={link.reply ?? "needs_action"} />}
    </Frame>
  );
}

function MeetingFacts({ meeting }: { meeting: NonNullable<SiteLink["meeting"]> }) {
  const words = useWords();
  const language = useLanguage();
  return (
    <>
      <div><Pill tone={toneOf(meeting.stage)}>{words.stage[meeting.stage]}</Pill></div>
      <dl className={styles.facts}>
        <dt>{words.link.time}</dt><dd>{momentOf(meeting.starts_at, language)} ({weekdayOf(meeting.starts_at, language)}) – {timeOf(meeting.ends_at)}</dd>
        <dt>{words.link.chair}</dt><dd>{nameOf(meeting.chair)}</dd>
        <dt>{words.link.host}</dt><dd>{nameOf(meeting.host)}</dd>
      </dl>
    </>
  );
}

function Join({ token, meetingId, stage, startsAt, isMine, checked, setChecked }: { token: string; meetingId: string; stage: Stage; startsAt: string; isMine: boolean; checked: boolean | null; setChecked: (fine: boolean) => void }) {
  const words = useWords();
  const { api, adopt } = useSession();
  const [, go] = useLocation();
  const language = useLanguage();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [checking, setChecking] = useState(false);
  const takeSession = useCallback(async () => adopt(await api.post<Session>("/api/session/site", { token })), [adopt, api, token]);
  const join = async () => {
    setBusy(true);
    try {
      adopt(await api.post<Session>("/api/session/site", { token }));
      go(`/rooms/${meetingId}`);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  if (stage === "cancelled") return <Notice tone="bad">{words.link.cancelled}</Notice>;
  if (OVER.includes(stage)) return <Notice>{words.link.over}</Notice>;
  return (
    <>
      <Button look="main" size="large" disabled={busy || !LIVE.includes(stage)} onClick={() => void join()} data-testid="site-join">{words.link.join}</Button>
      <p className={styles.soft}>{LIVE.includes(stage) ? words.link.joinHint : words.link.notYet(momentOf(startsAt, language))}</p>
      {!LIVE.includes(stage) && <div><Button onClick={() => setChecking(true)} data-testid="link-check-open">{words.link.check}</Button></div>}
      {checked !== null && <Notice tone={checked ? "good" : "warn"}><span data-testid="link-checked">{checked ? words.link.checkFine : words.link.checkPoor}</span></Notice>}
      {checking && <Suspense fallback={<Loading />}><LinkCheck token={token} meetingId={meetingId} onClose={() => setChecking(false)} done={setChecked} /></Suspense>}
      <ErrorNotice error={error} />
      <Suspense><ReadinessPanel meetingId={meetingId} startsAt={startsAt} stage={stage} enter={takeSession} isKnown={isMine} /></Suspense>
    </>
  );
}

function ReplyForm({ token, reply }: { token: string; reply: Reply }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const [choice, setChoice] = useState<Reply>(reply);
  const [reason, setReason] = useState("");
  const [deputy, setDeputy] = useState({ name: "", post: "" });
  const [tried, setTried] = useState(false);
  const [saved, setSaved] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const missing = (choice === "declined" && !reason.trim()) || (choice === "delegated" && !deputy.name.trim());
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing || choice === "needs_action") return;
    try {
      const body = { reply: choice, ...(choice === "declined" && { reason: reason.trim() }), ...(choice === "delegated" && { deputy }) };
      const next = await api.post<SiteLink>(`/api/site-links/${encodeURIComponent(token)}/reply`, body);
      setSaved(true);
      if (next?.state) client.setQueryData(["link", token], { ...next });
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Card>
      <form onSubmit={(event) => void send(event)} className={styles.column}>
        <fieldset style={{ border: 0, padding: 0, margin: 0, display: "grid", gap: "0.5rem" }}>
          <legend><h2>{words.link.replyTitle}</h2></legend>
          {(["accepted", "delegated", "declined"] as const).map((one) => (
            <label key={one} className={styles.acts}><input type="radio" name="reply" checked={choice === one} onChange={() => { setChoice(one); setSaved(false); }} data-testid={`reply-${one}`} /> {words.reply[one]}</label>
          ))}
        </fieldset>
        {choice === "declined" && <TextField label={words.link.reason} value={reason} error={tried && !reason.trim() ? words.link.reasonNeeded : null} onChange={(e) => setReason(e.target.value)} data-testid="reply-reason" />}
        {choice === "delegated" && (
          <>
            <TextField label={words.link.deputyName} value={deputy.name} error={tried && !deputy.name.trim() ? words.link.deputyNeeded : null} onChange={(e) => setDeputy({ ...deputy, name: e.target.value })} data-testid="deputy-name" />
            <TextField label={words.link.deputyPost} value={deputy.post} onChange={(e) => setDeputy({ ...deputy, post: e.target.value })} data-testid="deputy-post" />
          </>
        )}
        <ErrorNotice error={error} />
        {(saved || reply !== "needs_action") && choice === reply && <Notice tone="good"><span data-testid="reply-saved">{words.link.replySaved} ({words.reply[reply]})</span></Notice>}
        <Button type="submit" disabled={choice === "needs_action"} data-testid="send-reply">{words.link.sendReply}</Button>
      </form>
    </Card>
  );
}
