/** The course of the meeting: begin, rest, go on, end; mode; hand-over; recording. For the chair and the secretary. */
import { useState } from "react";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Select } from "../ui/field";
import { isSecret } from "../plan/secrecy";
import { useWords } from "../words";
import { HandOver } from "./hand-over";
import styles from "./course.module.css";
import { useCommand, useMay, useRoom } from "./use-room";

const MODES = ["discussion", "one_speaker", "chair_only"] as const;

/** The one main button of the present stage. */
export function MainCourseButton() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const stage = useRoom((p) => p.state.stage);
  const assembly = useRoom((p) => p.welcome?.meeting.kind === "hoi_nghi");
  if (stage === "waiting" && may("open_testing")) return <Button look="main" onClick={() => void command("open_testing")} data-testid="open-testing">{words.room.openTesting}</Button>;
  if (stage === "testing" && may("convene")) return <Button look="main" onClick={() => void command("convene")} data-testid="convene">{assembly ? words.room.startAssembly : words.room.start}</Button>;
  if (stage === "suspended" && may("resume")) return <Button look="main" onClick={() => void command("resume")} data-testid="resume">{words.room.resume}</Button>;
  return null;
}

export function CoursePanel() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const assembly = useRoom((p) => p.welcome?.meeting.kind === "hoi_nghi");
  const secret = useRoom((p) => isSecret(p.welcome?.meeting.security_marking));
  const [handing, setHanding] = useState(false);
  const live = state.stage === "convened" || state.stage === "suspended";
  return (
    <div className={styles.panel}>
      <h2>{words.room.menu}</h2>
      <MainCourseButton />
      {may("change_mode") && (
        <Select label={words.room.mode} value={state.mode} onChange={(e) => void command("change_mode", { mode: e.target.value })} data-testid="mode">
          {MODES.map((mode) => <option key={mode} value={mode}>{words.room.modes[mode]}</option>)}
        </Select>
      )}
      {may("close_microphones") && <Button onClick={() => void command("close_microphones")} data-testid="close-microphones">{words.room.closeMicrophones}</Button>}
      {state.stage === "convened" && may("suspend") && <Button onClick={() => void command("suspend", { reason: "" })} data-testid="suspend">{words.room.suspend}</Button>}
      {state.stage === "convened" && state.recording === "off" && !secret && may("start_recording") && <Button onClick={() => void command("start_recording")} data-testid="start-recording">{words.room.startRecording}</Button>}
      {state.stage === "convened" && state.recording === "on" && may("pause_recording") && <Button onClick={() => void command("pause_recording")} data-testid="pause-recording">{words.room.pauseRecording}</Button>}
      {state.stage === "convened" && state.recording === "paused" && may("resume_recording") && <Button onClick={() => void command("resume_recording")} data-testid="resume-recording">{words.room.resumeRecording}</Button>}
      {may("hand_over_chair") && <Button onClick={() => setHanding(true)} data-testid="hand-over">{words.room.handOver}</Button>}
      {live && may("adjourn") && (
        <ConfirmButton look="danger" testId="adjourn" ask={words.room.endAsk} detail={words.room.endKept} act={() => void command("adjourn")}>{assembly ? words.room.endAssembly : words.room.end}</ConfirmButton>
      )}
      {handing && <HandOver onClose={() => setHanding(false)} />}
    </div>
  );
}
