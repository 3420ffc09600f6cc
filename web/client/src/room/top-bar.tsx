/** Title, stage, clock, recording, connection: one line, always there, read-only. */
import { isSecret } from "../plan/secrecy";
import { Pill } from "../ui/notice";
import { useWords } from "../words";
import { clockOf, timeOf } from "../words/when";
import styles from "./top-bar.module.css";
import { useNow, useRoom, useStage } from "./use-room";

export function TopBar() {
  const words = useWords();
  const welcome = useRoom((p) => p.welcome);
  const state = useRoom((p) => p.state);
  const now = useNow(1000);
  const here = Object.values(state.sites).filter((site) => site.connection_id).length;
  const expected = Math.max(Object.values(state.sites).filter((site) => site.expected).length, welcome?.roster.length ?? 0);
  const stage = useStage();
  const stageTone = stage === "convened" ? "good" : stage === "adjourned" ? "info" : "warn";
  return (
    <header className={styles.bar}>
      <h1 className={styles.title}>{welcome?.meeting.title}</h1>
      <Pill tone={stageTone}><span data-testid="room-stage" data-stage={stage}>{stage === "waiting" ? words.stage.sent : words.stage[stage]}</span></Pill>
      {isSecret(welcome?.meeting.security_marking) && <Pill tone="bad"><span data-testid="marking">{words.plan.markings.mat}</span></Pill>}
      {state.stage !== "testing" && <Recording />}
      <span className={styles.facts}>
        <span data-testid="sites-here">{words.room.here(here, expected)}</span>
        {state.convened_at && state.stage !== "adjourned" && <span>{words.room.elapsed} <b className="tabular">{clockOf((now - Date.parse(state.convened_at)) / 1000)}</b></span>}
        <span className="tabular" data-testid="room-clock">{timeOf(now)}</span>
      </span>
    </header>
  );
}

function Recording() {
  const words = useWords();
  const recording = useRoom((p) => p.state.recording);
  const tone = recording === "on" ? "air" : recording === "off" ? "info" : "warn";
  return <Pill tone={tone}><span data-testid="recording" data-state={recording}>{recording === "on" ? "● " : ""}{words.room.recording[recording]}</span></Pill>;
}
