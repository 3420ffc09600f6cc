/** The check before a meeting at a site's page: starts by itself from 60 minutes before, again every ten minutes, signs off. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { ReadinessCheck } from "../rest/linked";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ErrorNotice, Notice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import styles from "./panel.module.css";
import { People, type Attending } from "./people";
import type { Report } from "./run";
import { isTime } from "./time";

const AGAIN_MS = 10 * 60_000;
const LOOK_MS = 15_000;

/** `enter` takes the session of the site; where the machine is not known as its (`isKnown`), nothing starts before the first click. */
export default function ReadinessPanel({ meetingId, startsAt, stage, enter, isKnown = true }: { meetingId: string; startsAt: string; stage: string; enter?: () => Promise<void>; isKnown?: boolean }) {
  const words = useWords();
  const api = useApi();
  const [check, setCheck] = useState<ReadinessCheck | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [now, setNow] = useState(Date.now());
  const running = useRef(false);
  const last = useRef(0);
  const found = useRef<Report | null>(null);
  const attending = useRef<Attending | null>(null);
  const send = useCallback(async () => (await api.post<{ check: ReadinessCheck }>(`/api/meetings/${meetingId}/readiness`, { ...found.current, ...attending.current })).check, [api, meetingId]);
  const run = useCallback(async () => {
    if (running.current) return;
    running.current = true;
    last.current = Date.now();
    setBusy(true);
    setError(null);
    try {
      await enter?.();
      const { runCheck } = await import("./run");
      found.current = await runCheck(api);
      setCheck(await send());
    } catch (problem) {
      setError(problem);
    }
    running.current = false;
    setBusy(false);
  }, [api, enter, send]);
  const tell = async (told: Attending) => {
    attending.current = told;
    setError(null);
    try {
      setCheck(await send());
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    }
  };
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const due = isTime(startsAt, stage, now);
  useEffect(() => {
    const first = last.current === 0;
    if (due && !(first && !isKnown) && !check?.is_ready && now - last.current > AGAIN_MS) void run();
  }, [due, now, isKnown, check, run]);
  if (!due) return null;
  return (
    <section className={styles.panel} aria-label={words.readiness.title} data-testid="readiness">
      <h2>{words.readiness.title}</h2>
      {!check && !busy && <p>{words.readiness.intro}</p>}
      {busy && <Notice>{words.readiness.running}</Notice>}
      {check && !busy && <Result check={check} />}
      {check && <People known={check.head_count} save={tell} />}
      <ErrorNotice error={error} />
      <div><Button onClick={() => void run()} disabled={busy} look={check?.is_ready ? "plain" : "main"} data-testid="run-readiness">{check ? words.readiness.again : words.readiness.start}</Button></div>
    </section>
  );
}

function Result({ check }: { check: ReadinessCheck }) {
  const words = useWords();
  const rows = words.readiness.rows;
  const mark = (code: string, name: string, figure = "") => {
    const wrong = check.problems.includes(code);
    return <li key={code} className={wrong ? styles.bad : styles.good}>{wrong ? "✕" : "✓"} {wrong ? words.readiness.wrong[code] : name}{figure && <span className={styles.figure}> {figure}</span>}</li>;
  };
  const mbps = (kbps: number) => `${Math.round(kbps / 100) / 10} Mbps`.replace(".", ",");
  return (
    <>
      <Notice tone={check.is_ready ? "good" : "warn"}><strong data-testid="readiness-result" data-ready={check.is_ready}>{check.is_ready ? words.readiness.ready(timeOf(check.at)) : words.readiness.notReady}</strong></Notice>
      <ul className={styles.rows}>
        {mark("microphone", rows.microphone)}{mark("camera", rows.camera)}{mark("down", rows.down, mbps(check.down_kbps))}{mark("up", rows.up, mbps(check.up_kbps))}{mark("loss", rows.loss, `${Math.round(check.rtt_ms)} ms`)}{mark("clock", rows.clock, check.problems.includes("clock") ? words.readiness.seconds(Math.round(check.clock_ms / 1000)) : "")}
      </ul>
    </>
  );
}
