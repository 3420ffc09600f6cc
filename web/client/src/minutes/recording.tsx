/** The player: picture, chapters of items and speeches, gaps named, the paper of that second beside it. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useParams, useSearch } from "wouter";
import { useApi } from "../session/session";
import { ButtonLink, FileLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords } from "../words";
import { clockOf } from "../words/when";
import styles from "./minutes.module.css";
import { chapterAt, paperAt, sourceAt } from "./timeline";
import type { Recording } from "./types";

export default function RecordingPage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const query = useQuery({ queryKey: ["recording", id], queryFn: () => api.get<Recording>(`/api/meetings/${id}/recording`), refetchInterval: (q) => (q.state.data && ["capturing", "preparing", "playable"].includes(q.state.data.state) ? 3_000 : false) });
  const recording = query.data;
  return (
    <Frame title={words.minutes.recording} actions={<><ButtonLink href={`/meetings/${id}`}>{words.plan.backToMeeting}</ButtonLink><ButtonLink href={`/meetings/${id}/minutes`}>{words.minutes.title}</ButtonLink></>}>
      {!recording ? query.error ? <ErrorNotice error={query.error} /> : <Loading /> : (
        <>
          {recording.state !== "archived" && <Notice tone={recording.state === "failed" ? "bad" : "info"}><span data-testid="recording-state" data-state={recording.state}>{words.minutes.recordingState[recording.state]}{recording.state === "preparing" || recording.state === "playable" ? ` ${Math.round(recording.progress <= 1 ? recording.progress * 100 : recording.progress)} %` : ""}</span></Notice>}
          {(recording.mp4 || recording.segments.length > 0) && <Player recording={recording} />}
          {recording.gaps.length > 0 && <Card><h2>{words.minutes.gaps}</h2><ul>{recording.gaps.map((gap) => <li key={gap.start_ms}>{words.minutes.gap(clockOf(gap.start_ms / 1000), clockOf(gap.end_ms / 1000))}</li>)}</ul></Card>}
          {recording.sha256 && <Card><h2>{words.minutes.hash}</h2><p className={styles.hash} data-testid="recording-hash">{recording.sha256}</p></Card>}
        </>
      )}
    </Frame>
  );
}

function Player({ recording }: { recording: Recording }) {
  const words = useWords();
  const search = useSearch();
  const start = Number(new URLSearchParams(search).get("t") ?? 0) * 1000;
  const video = useRef<HTMLVideoElement>(null);
  const [nowMs, setNowMs] = useState(start);
  const source = useMemo(() => sourceAt(recording, nowMs), [recording, nowMs]);
  const wanted = useRef<number | null>(start);
  const seek = (ms: number) => {
    wanted.current = ms;
    setNowMs(ms);
    const next = sourceAt(recording, ms);
    if (video.current && next && next.url === source?.url) {
      video.current.currentTime = Math.max((ms - next.start_ms) / 1000, 0);
      void video.current.play().catch(() => undefined);
      wanted.current = null;
    }
  };
  useEffect(() => {
    const element = video.current;
    if (!element || !source) return;
    const loaded = () => {
      element.currentTime = Math.max(((wanted.current ?? source.start_ms) - source.start_ms) / 1000, 0);
      wanted.current = null;
    };
    element.addEventListener("loadedmetadata", loaded, { once: true });
    return () => element.removeEventListener("loadedmetadata", loaded);
  }, [source]);
  const chapter = chapterAt(recording.chapters, nowMs);
  const paper = paperAt(recording.papers, nowMs);
  if (!source) return null;
  return (
    <div className={styles.player}>
      <div className={styles.text}>
        <video ref={video} className={styles.video} src={source.url} controls preload="metadata" aria-label={words.minutes.player} data-testid="recording-player"
          onTimeUpdate={(e) => wanted.current === null && setNowMs(source.start_ms + e.currentTarget.currentTime * 1000)}
          onEnded={() => { const end = source.start_ms + source.duration_ms; const next = sourceAt(recording, end + 1); if (next && next.url !== source.url) seek(next.start_ms); }} />
        <div className={styles.row}><strong>{chapter?.title}</strong><span className="tabular">{clockOf(nowMs / 1000)}{recording.duration_ms ? ` / ${clockOf(recording.duration_ms / 1000)}` : ""}</span></div>
        {paper?.paper_id && <figure><figcaption className={styles.soft}>{words.minutes.paperNow}</figcaption><img className={styles.page} src={`/api/papers/${paper.paper_id}/pages/${paper.page}.png?width=1000`} alt={words.room.page(paper.page, paper.page)} /></figure>}
        {recording.mp4 && <div><FileLink href={recording.mp4.url} download>{words.minutes.downloadMp4}</FileLink></div>}
      </div>
      <Card>
        <h2>{words.minutes.chapters}</h2>
        <ol className={styles.chapters}>
          {recording.chapters.map((one, n) => (
            <li key={n}><button type="button" className={one.kind === "speech" ? styles.speech : ""} aria-current={one === chapter ? "true" : undefined} onClick={() => seek(one.start_ms)} data-testid="chapter" data-kind={one.kind} data-start-ms={one.start_ms}><span className="tabular">{clockOf(one.start_ms / 1000)}</span><span>{one.title || words.minutes.chapterKinds[one.kind]}</span></button></li>
          ))}
        </ol>
      </Card>
    </div>
  );
}
