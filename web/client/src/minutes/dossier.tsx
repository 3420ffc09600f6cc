/** The dossier: what stands in it, what to copy into the document system, and whether it is whole. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { sizeText } from "../plan/papers";
import { isSecret } from "../plan/secrecy";
import { SecretNotice } from "../plan/secret-notice";
import { ApiError } from "../rest/request";
import type { Meeting } from "../rest/types";
import { useApi } from "../session/session";
import { Button, ButtonLink, FileLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords } from "../words";
import { momentOf, timeOf } from "../words/when";
import styles from "./minutes.module.css";
import type { Dossier } from "./types";

interface Report { is_whole: boolean; defects: { file: string; message: string }[]; notes: string[]; files: number; facts: number }

export default function DossierPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const path = `/api/meetings/${id}/dossier`;
  const meeting = useQuery({ queryKey: ["meeting", id], queryFn: () => api.get<Meeting>(`/api/meetings/${id}`) }).data;
  const query = useQuery({ queryKey: ["dossier", id], queryFn: () => api.get<Dossier>(path), retry: false, refetchInterval: 5_000 });
  const [error, setError] = useState<unknown>(null);
  const file = async () => {
    setError(null);
    try {
      await api.post(path);
      await client.invalidateQueries();
    } catch (problem) {
      setError(problem);
    }
  };
  const missing = query.error instanceof ApiError && query.error.status === 404;
  const dossier = query.data;
  const secret = isSecret(meeting?.security_marking);
  return (
    <Frame title={words.minutes.dossier} kicker={<p>{meeting?.title}</p>} actions={<><ButtonLink href={`/meetings/${id}`}>{words.plan.backToMeeting}</ButtonLink>{!dossier && meeting?.may.includes("file") && !secret && <Button look="main" onClick={() => void file()} data-testid="file-dossier">{words.minutes.file}</Button>}</>}>
      <ErrorNotice error={error} />
      <SecretNotice marking={meeting?.security_marking} />
      {!dossier && !secret && (missing ? <Notice>{words.minutes.notFiled}</Notice> : query.error ? <ErrorNotice error={query.error} /> : <Loading />)}
      {dossier && (
        <>
          <Card>
            <CopyRow name={words.minutes.symbol} value={dossier.so_ky_hieu} testId="so-ky-hieu" />
            <CopyRow name={words.minutes.abstract} value={dossier.trich_yeu} testId="trich-yeu" />
            <CopyRow name={words.minutes.issued} value={dossier.ngay} testId="ngay" />
            <CopyRow name={words.minutes.fileCode} value={dossier.file_code} testId="file-code" />
          </Card>
          <Card>
            <h2>{words.minutes.documents}</h2>
            <ul>{dossier.documents.map((doc) => <li key={doc.name}><strong>{doc.name}</strong> ({sizeText(doc.size_bytes)}) <p className={styles.hash}>{doc.sha256}</p></li>)}</ul>
            <div className={styles.acts}>{dossier.zip_url && <FileLink href={dossier.zip_url} download data-testid="dossier-zip">{words.minutes.zip}</FileLink>}<Verify path={path} /></div>
          </Card>
          {dossier.deliveries.length > 0 && (
            <Card>
              <h2>{words.minutes.deliveries}</h2>
              <ul>{dossier.deliveries.map((d) => <li key={d.id} data-testid="delivery" data-status={d.status}>{d.recipient === "folder" ? words.minutes.folder : d.recipient}: {words.minutes.deliveryStatus[d.status as keyof typeof words.minutes.deliveryStatus] ?? d.status} {d.at && momentOf(d.at)} {d.error}{d.next_try && `, ${words.minutes.nextTry(timeOf(d.next_try))}`}</li>)}</ul>
            </Card>
          )}
        </>
      )}
    </Frame>
  );
}

function CopyRow({ name, value, testId }: { name: string; value: string | null; testId: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value ?? "");
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return <div className={styles.copyRow}><span className={styles.soft}>{name}</span><strong data-testid={testId}>{value}</strong><Button size="small" onClick={() => void copy()} aria-label={copied ? `${words.act.copied}: ${name}` : words.minutes.copyRow(name)}>{copied ? words.act.copied : words.act.copy}</Button></div>;
}

function Verify({ path }: { path: string }) {
  const words = useWords();
  const api = useApi();
  const [report, setReport] = useState<Report | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async () => {
    setBusy(true);
    try {
      setReport(await api.post<Report>(`${path}/verify`));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button disabled={busy} onClick={() => void run()} data-testid="verify-dossier">{busy ? words.minutes.verifying : words.minutes.verify}</Button>
      <ErrorNotice error={error} />
      {report && (
        <Notice tone={report.is_whole ? "good" : "bad"}>
          <strong data-testid="verify-report" data-whole={report.is_whole}>{report.is_whole ? words.minutes.verifyOk : words.minutes.verifyBad}</strong>
          <ul>
            <li>{words.minutes.verifyCount(report.files, report.facts)}</li>
            {report.defects.map((defect) => <li key={defect.file + defect.message}>{defect.file}: {defect.message}</li>)}
            {report.notes.map((note) => <li key={note}>{note}</li>)}
          </ul>
        </Notice>
      )}
    </>
  );
}
