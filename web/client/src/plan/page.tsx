/** A meeting's page: the plan as it stands, and the one main button of its stage. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useParams } from "wouter";
import { toneOf } from "../pages/today";
import type { Meeting, ParentPlan, Stage } from "../rest/types";
import { isTime } from "../readiness/time";
import { useApi, useSession } from "../session/session";
import { Button, ButtonLink, FileLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice, Pill } from "../ui/notice";
import { useLanguage, useWords } from "../words";
import { dateOf, timeOf, weekdayOf } from "../words/when";
import { PlanActs } from "./acts";
import { AgendaSum } from "./agenda-editor";
import { Attendees } from "./attendees";
import { ForeignDevices } from "./foreign";
import styles from "./page.module.css";
import { Papers } from "./papers";
import { isSecret } from "./secrecy";
import { SecretNotice } from "./secret-notice";

const ReadinessPanel = lazy(() => import("../readiness/panel"));
const AFTER: Stage[] = ["adjourned", "minuted", "signed", "published", "filed"];
const LIVE: Stage[] = ["testing", "convened", "suspended"];
const BEFORE_END: Stage[] = ["draft", "sent", "postponed", ...LIVE];

export default function MeetingPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const [told, setTold] = useState("");
  const query = useQuery({ queryKey: ["meeting", id], queryFn: () => api.get<Meeting>(`/api/meetings/${id}`), refetchInterval: 10_000 });
  const meeting = query.data;
  if (!meeting) return <Frame title={words.pages.plan}>{query.error ? <ErrorNotice error={query.error} action={<Button onClick={() => void query.refetch()}>{words.act.retry}</Button>} /> : <Loading />}</Frame>;
  const mine = !!session?.site && isTime(meeting.starts_at, meeting.stage, Date.now());
  const seesSites = meeting.may.includes("see_replies") || meeting.may.includes("hand_out_links");
  return (
    <Frame title={meeting.title} kicker={<div className={styles.acts}><Pill tone={toneOf(meeting.stage)}><span data-testid="meeting-stage" data-stage={meeting.stage}>{words.stage[meeting.stage]}</span></Pill><span className={styles.soft}>{words.kind[meeting.kind as keyof typeof words.kind] ?? meeting.kind}</span></div>} actions={<MainActs meeting={meeting} onDone={setTold} />}>
      <SecretNotice marking={meeting.security_marking} />
      {meeting.parent && <ParentNotice parent={meeting.parent} />}
      {meeting.parent && !meeting.deputy && BEFORE_END.includes(meeting.stage) && meeting.may.includes("edit") && <NoDeputy meeting={meeting} />}
      {mine && <Card><Suspense><ReadinessPanel meetingId={meeting.id} startsAt={meeting.starts_at} stage={meeting.stage} /></Suspense></Card>}
      {told && <Notice tone="good"><span data-testid="told">{told}</span></Notice>}
      <div className={styles.grid}>
        <div className={styles.column}>
          {meeting.parent && meeting.parent.items.length > 0 && <Card><h2>{words.linked.parentAgenda}</h2><ol className={styles.common}>{meeting.parent.items.map((title) => <li key={title}>{title}</li>)}</ol></Card>}
          <Card><h2>{meeting.parent ? words.linked.ownAgenda : words.plan.agenda}</h2><Agenda meeting={meeting} /></Card>
          <Card><h2>{words.plan.papers}</h2><Papers meeting={meeting} mayAdd={meeting.may.includes("add_paper")} /></Card>
        </div>
        <div className={styles.column}><Card><h2>{words.plan.basics}</h2><Facts meeting={meeting} /></Card><Files meeting={meeting} /></div>
      </div>
      {meeting.may.includes("give_ticket") && BEFORE_END.includes(meeting.stage) && !isSecret(meeting.security_marking) && <Card><h2>{words.foreign.title}</h2><ForeignDevices meeting={meeting} /></Card>}
      {seesSites && <Card><h2>{words.plan.replies}</h2><Attendees meeting={meeting} /></Card>}
    </Frame>
  );
}

function MainActs({ meeting, onDone }: { meeting: Meeting; onDone: (text: string) => void }) {
  const words = useWords();
  const may = (act: string) => meeting.may.includes(act);
  const live = LIVE.includes(meeting.stage);
  const after = AFTER.includes(meeting.stage);
  const leaves = after && !isSecret(meeting.security_marking); // what is secret is neither recorded nor exported
  return (
    <>
      {live && may("join") && <ButtonLink look="main" size="large" href={`/rooms/${meeting.id}`} data-testid="join">{meeting.stage === "testing" ? words.action.test : words.action.join}</ButtonLink>}
      {meeting.stage === "sent" && may("open_room") && <ButtonLink look="main" href={`/rooms/${meeting.id}`} data-testid="open-room">{words.plan.openRoom}</ButtonLink>}
      {after && <ButtonLink look="main" href={`/meetings/${meeting.id}/minutes`} data-testid="to-minutes">{words.plan.minutes}</ButtonLink>}
      {leaves && <ButtonLink href={`/meetings/${meeting.id}/recording`} data-testid="to-recording">{words.plan.recording}</ButtonLink>}
      {leaves && <ButtonLink href={`/meetings/${meeting.id}/dossier`} data-testid="to-dossier">{words.plan.dossier}</ButtonLink>}
      {may("see_tree") && (meeting.stage === "sent" || live) && <ButtonLink href={`/meetings/${meeting.id}/board`} data-testid="to-board">{words.board.open}</ButtonLink>}
      {may("see_tree") && (may("plan_tree") || !!meeting.room_count) && <ButtonLink href={`/meetings/${meeting.id}/tree`} data-testid="to-tree">{may("plan_tree") ? words.linked.toTree : words.linked.seeTree}{meeting.room_count ? ` (${words.linked.roomsBelow(meeting.room_count)})` : ""}</ButtonLink>}
      {may("edit") && <ButtonLink href={`/meetings/${meeting.id}/edit`} data-testid="edit-plan">{words.plan.editDraft}</ButtonLink>}
      <PlanActs meeting={meeting} onDone={onDone} />
    </>
  );
}

function ParentNotice({ parent }: { parent: ParentPlan }) {
  const words = useWords();
  return <Notice><strong>{words.linked.parentOf(parent.title)}</strong> – {words.linked.parentBy(parent.host_title, parent.chair_name)}</Notice>;
}

/** Cut off from above, a room whose chair is not in it has nobody to lead it: the next of the unit is proposed. */
export function NoDeputy({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const proposed = meeting.proposed_deputy;
  const name = async (id: string) => {
    try {
      await api.put<Meeting>(`/api/meetings/${meeting.id}`, { title: meeting.title, deputy_person_id: id, version: meeting.version });
      await client.invalidateQueries({ queryKey: ["meeting", meeting.id] });
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Notice tone="warn">
      <p data-testid="no-deputy">{words.linked.noDeputy}</p>
      {proposed && <p><Button size="small" onClick={() => void name(proposed.id)} data-testid="name-deputy">{words.linked.nameDeputy(proposed.name)}</Button></p>}
      <ErrorNotice error={error} />
    </Notice>
  );
}

function Facts({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  const language = useLanguage();
  const rows: [string, string][] = [
    [words.link.time, `${timeOf(meeting.starts_at)} – ${timeOf(meeting.ends_at)}, ${weekdayOf(meeting.starts_at, language)}, ${dateOf(meeting.starts_at)}`],
    [words.plan.host, meeting.host?.title ?? ""],
    [words.plan.chair, meeting.chair?.name ?? ""],
    [words.linked.deputy, meeting.deputy?.name ?? ""],
    [words.plan.secretary, meeting.secretary?.name ?? ""],
    [words.plan.place, meeting.place],
    [words.plan.phone, meeting.contact_phone],
    [words.plan.mode, words.plan.modes[meeting.mode]],
    [words.plan.record, meeting.record ? words.act.yes : words.act.no],
    [words.plan.marking, meeting.security_marking === "none" ? "" : words.plan.markings[meeting.security_marking as keyof typeof words.plan.markings]],
    [words.plan.note, meeting.note],
  ];
  return <dl className={styles.facts}>{rows.filter(([, value]) => value).map(([name, value]) => <div key={name} style={{ display: "contents" }}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Agenda({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  return (
    <>
      <ol className={styles.rows}>
        {[...meeting.items].sort((a, b) => a.position - b.position).map((item, n) => (
          <li key={item.id} className={styles.line}><span><strong>{n + 1}. {item.title}</strong>{item.presenter_name && <p className={styles.soft}>{item.presenter_name}</p>}{item.note && <p className={styles.soft} style={{ whiteSpace: "pre-line" }}>{item.note}</p>}</span><span className="tabular">{words.today.minutes(item.minutes)}</span></li>
        ))}
      </ol>
      <AgendaSum sum={meeting.minutes_sum} slot={meeting.slot_minutes} />
    </>
  );
}

function Files({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  if (meeting.stage === "draft") return null;
  const base = `/api/meetings/${meeting.id}`;
  return (
    <Card>
      <div className={styles.acts}>
        {meeting.may.includes("hand_out_links") && <FileLink size="small" href={`${base}/giay-moi.pdf`} target="_blank">{words.plan.letter}</FileLink>}
        {meeting.may.includes("see_replies") && <FileLink size="small" href={`${base}/invitation.pdf`} target="_blank">{words.plan.invitations}</FileLink>}
        {!isSecret(meeting.security_marking) && <FileLink size="small" href={`${base}/calendar.ics`} data-testid="calendar-file">{words.plan.calendar}</FileLink>}
        {LIVE.includes(meeting.stage) && <ButtonLink size="small" href={`/rooms/${meeting.id}?view=hall`}>{words.plan.hall}</ButtonLink>}
      </div>
    </Card>
  );
}
