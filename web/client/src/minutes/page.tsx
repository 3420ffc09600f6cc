/** Minutes: agenda to the left, for each item what the system recorded (locked) above what the secretary writes. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useParams } from "wouter";
import { isSecret } from "../plan/secrecy";
import type { Meeting } from "../rest/types";
import { useApi } from "../session/session";
import { Button, ButtonLink, FileLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { MinutesActs } from "./acts";
import { Attendance } from "./attendance";
import { Comments } from "./comments";
import { CorrectButton, Corrections } from "./correction";
import { DocumentView } from "./document-view";
import { Editor } from "./editor";
import styles from "./minutes.module.css";
import { RevisionsButton } from "./revisions";
import { Signatures } from "./signatures";
import type { Minutes } from "./types";

export default function MinutesPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const path = `/api/meetings/${id}/minutes`;
  const meeting = useQuery({ queryKey: ["meeting", id], queryFn: () => api.get<Meeting>(`/api/meetings/${id}`) }).data;
  const query = useQuery({ queryKey: ["minutes", id], queryFn: () => api.get<Minutes>(path), refetchOnWindowFocus: false });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const adopt = useCallback((next: Minutes) => {
    client.setQueryData(["minutes", id], next);
    void client.invalidateQueries({ queryKey: ["meeting", id] });
  }, [client, id]);
  const make = async () => {
    setBusy(true);
    try {
      adopt(await api.post<Minutes>(path));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const minutes = query.data;
  if (!minutes) return <Frame title={words.minutes.title}>{query.error ? <ErrorNotice error={query.error} /> : <Loading />}</Frame>;
  const links = (
    <>
      <ButtonLink href={`/meetings/${id}`}>{words.plan.backToMeeting}</ButtonLink>
      {!isSecret(meeting?.security_marking) && <ButtonLink href={`/meetings/${id}/recording`}>{words.minutes.recording}</ButtonLink>}
      {minutes.may.includes("dossier") && !isSecret(meeting?.security_marking) && <ButtonLink href={`/meetings/${id}/dossier`}>{words.minutes.dossier}</ButtonLink>}
    </>
  );
  if (!minutes.id) {
    return (
      <Frame title={words.minutes.title} kicker={<p>{meeting?.title}</p>} actions={links}>
        <Card>
          <p>{words.minutes.none}</p>
          {minutes.may.includes("draft") && <div><Button look="main" size="large" disabled={busy} onClick={() => void make()} data-testid="make-minutes">{busy ? words.minutes.making : words.minutes.make}</Button></div>}
          <ErrorNotice error={error} />
        </Card>
      </Frame>
    );
  }
  const files = [[minutes.files.pdf, words.minutes.pdf], [minutes.files.signed_pdf, words.minutes.signedPdf], [minutes.files.docx, words.minutes.docx], [minutes.files.html, words.minutes.html]] as const;
  return (
    <Frame title={words.minutes.title} actions={links} kicker={<div className={styles.head}><Pill tone={minutes.status === "issued" ? "good" : "info"}><span data-testid="minutes-status" data-status={minutes.status}>{words.minutes.status[minutes.status as keyof typeof words.minutes.status]}</span></Pill><span>{meeting?.title}</span><RevisionsButton path={path} minutes={minutes} /></div>}>
      {minutes.return_reason && minutes.may.includes("edit") && <Notice tone="warn">{words.minutes.returnReason}: {minutes.return_reason}</Notice>}
      <MinutesActs path={path} minutes={minutes} adopt={adopt} />
      <DocumentView key={minutes.status} minutes={minutes}>{files.map(([href, name]) => href && <FileLink key={name} size="small" href={href} target="_blank">{name}</FileLink>)}<CorrectButton meetingId={id} meeting={meeting} minutes={minutes} adopt={adopt} /></DocumentView>
      <Corrections corrections={minutes.locked.corrections} />
      <Signatures minutes={minutes} />
      <Comments path={path} minutes={minutes} />
      <div className={styles.grid}>
        <nav className={styles.tree} aria-label={words.minutes.agenda}>
          <h2>{words.minutes.agenda}</h2>
          <ol>{minutes.sections.map((section) => <li key={section.item_id}><a href={`#item-${section.item_id || "general"}`}>{section.title || words.minutes.general}</a></li>)}</ol>
          <Attendance locked={minutes.locked} />
        </nav>
        <Editor path={path} minutes={minutes} adopt={adopt} meetingId={id} />
      </div>
    </Frame>
  );
}
