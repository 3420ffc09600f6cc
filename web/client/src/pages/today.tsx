/** My day: what goes on now, what comes, and for each meeting the one thing to do next. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { MainAction, MeetingCard, Stage, Today as TodayData } from "../rest/types";
import { hasRole, useApi, useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Pill } from "../ui/notice";
import { useLanguage, useWords, type Words } from "../words";
import { dateOf, isSameDay, timeOf, weekdayOf } from "../words/when";
import styles from "./today.module.css";
import { UrgentDialog } from "../plan/urgent";

const LIVE: Stage[] = ["testing", "convened", "suspended"];

export function toneOf(stage: Stage): "info" | "good" | "warn" | "bad" | "air" {
  if (stage === "convened") return "air";
  if (stage === "testing" || stage === "suspended" || stage === "postponed") return "warn";
  if (stage === "cancelled") return "bad";
  if (stage === "published" || stage === "filed" || stage === "signed") return "good";
  return "info";
}

export function targetOf(meeting: { id: string }, action: MainAction): string {
  if (action === "test" || action === "join") return `/rooms/${meeting.id}`;
  if (action === "minutes" || action === "sign" || action === "issue" || action === "read") return `/meetings/${meeting.id}/minutes`;
  if (action === "file") return `/meetings/${meeting.id}/dossier`;
  if (action === "edit") return `/meetings/${meeting.id}/edit`;
  return `/meetings/${meeting.id}`;
}

export default function Today() {
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const [urgent, setUrgent] = useState(false);
  const query = useQuery({ queryKey: ["today"], queryFn: () => api.get<TodayData>("/api/today"), refetchInterval: 15_000 });
  const now = query.data?.now ?? new Date().toISOString();
  const meetings = query.data?.meetings ?? [];
  const today = meetings.filter((m) => LIVE.includes(m.stage) || isSameDay(m.starts_at, now));
  const later = meetings.filter((m) => !today.includes(m));
  const mayPlan = hasRole(session, "secretary", "administrator", "unit_administrator");
  const name = session?.person?.name ?? session?.site?.name;
  return (
    <Frame
      title={words.today.title}
      kicker={<p className={styles.date}>{name && `${words.today.greeting(name)} · `}<DayName instant={now} /></p>}
      actions={mayPlan && (
        <>
          <Button onClick={() => setUrgent(true)} data-testid="urgent-meeting">{words.today.urgent}</Button>
          <ButtonLink href="/meetings/new" look="main" data-testid="new-meeting">{words.today.newMeeting}</ButtonLink>
        </>
      )}
    >
      {query.isLoading && <Loading />}
      <ErrorNotice error={query.error} action={<Button onClick={() => void query.refetch()}>{words.act.retry}</Button>} />
      {query.data && (
        <>
          {today.length ? today.map((m) => <MeetingRow key={m.id} meeting={m} now={now} prominent />) : <Card><p className={styles.none}>{words.today.none}</p></Card>}
          <h2 className={styles.later}>{words.today.later}</h2>
          {later.length ? later.map((m) => <MeetingRow key={m.id} meeting={m} now={now} />) : <p>{words.today.noneLater}</p>}
        </>
      )}
      {urgent && <UrgentDialog onClose={() => setUrgent(false)} />}
    </Frame>
  );
}

function DayName({ instant }: { instant: string }) {
  const language = useLanguage();
  return <>{weekdayOf(instant, language)}, {dateOf(instant)}</>;
}

export function MeetingRow({ meeting, now, prominent = false }: { meeting: MeetingCard; now: string; prominent?: boolean }) {
  const words = useWords();
  const action = meeting.main_action;
  return (
    <Card className={`${styles.row} ${prominent ? styles.prominent : ""}`} data-testid="meeting-card" data-meeting-id={meeting.id}>
      <div className={styles.when}>
        <span className={styles.time}>{timeOf(meeting.starts_at)}</span>
        <span className={styles.until}>– {timeOf(meeting.ends_at)}</span>
        {!isSameDay(meeting.starts_at, now) && <span className={styles.day}><DayName instant={meeting.starts_at} /></span>}
      </div>
      <div className={styles.what}>
        <div className={styles.pills}>
          <Pill tone={toneOf(meeting.stage)}>{words.stage[meeting.stage]}</Pill>
          {prominent && <span className={styles.soon}>{soonText(meeting, now, words)}</span>}
        </div>
        <h3 className={styles.title}><Link href={`/meetings/${meeting.id}`}>{meeting.title}</Link></h3>
        <p className={styles.facts}>{meeting.host.title} · {words.plan.chair}: {meeting.chair.name} · {words.today.sites(meeting.site_count)}</p>
      </div>
      <ButtonLink className={styles.act} look={action && action !== "read" ? "main" : "plain"} size={prominent ? "large" : "normal"} href={targetOf(meeting, action)} data-testid={`action-${action ?? "open"}`}>
        {action ? words.action[action] : words.action.open}
      </ButtonLink>
    </Card>
  );
}

function soonText(meeting: MeetingCard, now: string, words: Words): string {
  if (!["sent", "testing"].includes(meeting.stage)) return "";
  const minutes = Math.round((Date.parse(meeting.starts_at) - Date.parse(now)) / 60_000);
  if (minutes <= 0) return words.today.started;
  return words.today.startsIn(minutes < 90 ? words.today.minutes(minutes) : words.today.hours(Math.round(minutes / 60)));
}
