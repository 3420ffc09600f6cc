/** Everything that can stand between a site and its meeting, in plain words, with the one thing to do. */
import { Link } from "wouter";
import { SecretNotice } from "../plan/secret-notice";
import { Button, ButtonLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { Notice } from "../ui/notice";
import { useWords, type Words } from "../words";
import { AnswerLine } from "./answer-line";
import type { RoomController } from "./controller";
import { LinkLine } from "./link-line";
import { useRoom, useRoomContext } from "./use-room";
import type { Step } from "./wire";

function refusalText(code: number, words: Words): string {
  if (code === 4401) return words.room.noSession;
  if (code === 4403) return words.room.notInvited;
  if (code === 4404) return words.room.noMeeting;
  if (code === 4426 || code === 4400) return words.room.oldVersion;
  return words.state.failed;
}

/** A whole page instead of the room, or null while the room goes on. */
export function useInterruption(controller: RoomController, title: string) {
  const words = useWords();
  const phase = useRoom((p) => p.phase);
  const code = useRoom((p) => p.code);
  const stage = useRoom((p) => p.state.stage);
  const meetingId = useRoom((p) => p.welcome?.meeting.id);
  if (phase === "occupied" || phase === "taken_over") {
    return (
      <Frame title={title} narrow>
        <Card data-testid={phase}>
          <h2>{phase === "occupied" ? words.room.occupied : words.room.takenOver}</h2>
          <p>{phase === "occupied" ? words.room.occupiedText : words.room.takenOverText}</p>
          <Button look="main" size="large" onClick={() => controller.takeSite()} data-testid="take-over">{phase === "occupied" ? words.room.occupiedTake : words.room.comeBack}</Button>
          <Link href="/">{words.room.home}</Link>
        </Card>
      </Frame>
    );
  }
  if (phase === "ended" || stage === "adjourned") {
    return (
      <Frame title={title} narrow>
        <Card data-testid="room-ended">
          <h2>{words.room.ended}</h2>
          <p>{words.room.endedText}</p>
          <ButtonLink href={meetingId ? `/meetings/${meetingId}` : "/"} look="main">{words.plan.backToMeeting}</ButtonLink>
        </Card>
      </Frame>
    );
  }
  if (phase === "removed" || phase === "refused") {
    return (
      <Frame title={title} narrow>
        <Notice tone="bad" action={<Button onClick={() => location.reload()}>{words.act.retry}</Button>}>{phase === "removed" ? words.room.removed : refusalText(code, words)}</Notice>
        <Link href="/">{words.room.home}</Link>
      </Frame>
    );
  }
  return null;
}

/** What a weak line has taken away, and what is left. */
function WeakLine({ step, isWeak }: { step: Step; isWeak: boolean }) {
  const words = useWords();
  if (step === "full") return isWeak ? <Notice tone="warn">{words.room.weak}</Notice> : null;
  return <Notice tone={step === "text" ? "bad" : step === "medium" ? "info" : "warn"}><span data-testid="weak-line" data-step={step}>{words.room.steps[step]}</span></Notice>;
}

/** Help with the technique, written to this site from the site board; each is put away by hand. */
function OperatorNotices() {
  const words = useWords();
  const { controller } = useRoomContext();
  const notices = useRoom((p) => p.notices);
  const dismiss = (id: string) => controller.store.set({ notices: controller.store.get().notices.filter((one) => one.id !== id) });
  return notices.map((one) => <Notice key={one.id} tone="warn" action={<Button size="small" onClick={() => dismiss(one.id)}>{words.board.understood}</Button>}><span data-testid="operator-notice"><strong>{words.board.notice}:</strong> {one.text}</span></Notice>);
}

/** A strip over the room that keeps working: cuts, a slow line, a refused click. */
export function Strips({ refusal, dismiss }: { refusal: string; dismiss: () => void }) {
  const words = useWords();
  const phase = useRoom((p) => p.phase);
  const media = useRoom((p) => p.media);
  const recording = useRoom((p) => p.state.recording);
  const mine = useRoom((p) => p.welcome?.site_id ?? "");
  const line = useRoom((p) => p.lines[mine]);
  const step = useRoom((p) => p.step);
  const marking = useRoom((p) => p.welcome?.meeting.security_marking);
  return (
    <>
      {phase === "reconnecting" && <Notice tone="warn"><span data-testid="reconnecting">{words.room.reconnecting}</span></Notice>}
      {phase === "restarting" && <Notice tone="warn">{words.room.restarting}</Notice>}
      {phase === "online" && media === "connecting" && <Notice>{words.room.mediaConnecting}</Notice>}
      {phase === "online" && (media === "reconnecting" || media === "failed") && <Notice tone="warn"><span data-testid="media-lost">{words.room.mediaLost}</span></Notice>}
      {phase === "online" && media === "connected" && <WeakLine step={step} isWeak={!!line && line.quality !== "good"} />}
      <SecretNotice marking={marking} />
      <LinkLine />
      <AnswerLine />
      <OperatorNotices />
      {recording === "interrupted" && <Notice tone="bad">{words.room.interruptedText}</Notice>}
      {refusal && <Notice tone="bad" action={<Button size="small" onClick={dismiss}>{words.act.close}</Button>}><span data-testid="refusal">{refusal}</span></Notice>}
    </>
  );
}
