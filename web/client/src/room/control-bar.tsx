/** Microphone, camera, presentation, leaving: what a machine in the room does with itself. */
import { useState } from "react";
import { useLocation } from "wouter";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { useWords } from "../words";
import styles from "./control-bar.module.css";
import { MainCourseButton } from "./course";
import { isHeard, seen } from "./model";
import { Sounds } from "./sounds";
import { useCommand, useMay, useRoom, useRoomContext } from "./use-room";

export function ControlBar({ help }: { help: () => void }) {
  const words = useWords();
  const { controller, local } = useRoomContext();
  const [, go] = useLocation();
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const micOn = useRoom((p) => p.micOn);
  const camOn = useRoom((p) => p.camOn);
  const meetingId = useRoom((p) => p.welcome?.meeting.id);
  const role = useRoom((p) => p.welcome?.role);
  const hasDevices = role === "site" || role === "chair";
  const open = useRoom((p) => isHeard(seen(p), mine)); // by the rules of the meeting; the site's own switch comes on top
  const heard = open && micOn && !!local.microphone;
  const micText = !local.microphone ? words.room.noMic : !open ? words.room.closedMic : micOn ? words.room.openMic : words.room.ownMicOff;
  return (
    <footer className={styles.bar}>
      {hasDevices && (
        <>
          {open && local.microphone && <Button onClick={() => controller.setMicrophone(!micOn)} data-testid="toggle-mic">{micOn ? words.room.micOff : words.room.micOn}</Button>}
          {local.camera && <Button onClick={() => controller.setCamera(!camOn)} data-testid="toggle-camera">{camOn ? words.room.camOff : words.room.camOn}</Button>}
          <span className={`${styles.mic} ${heard ? styles.open : ""}`} data-testid="mic-state" data-heard={heard}>{micText}</span>
        </>
      )}
      <PresentButton />
      <span className={styles.gap} />
      <Sounds />
      <MainCourseButton />
      <Button look="quiet" onClick={help} data-testid="shortcuts">{words.room.help}</Button>
      <ConfirmButton ask={words.room.leaveAsk} testId="leave-room" act={() => go(`/meetings/${meetingId}`)}>{words.room.leave}</ConfirmButton>
    </footer>
  );
}

function PresentButton() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const { controller, setRefusal } = useRoomContext();
  const state = useRoom((p) => p.state);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const presenting = useRoom((p) => p.presenting);
  const [busy, setBusy] = useState(false);
  const allowed = may("grant_floor") || (may("start_presentation") && state.floor?.site_id === mine);
  if (presenting) return <Button look="air" onClick={() => void controller.stopScreen(true)} data-testid="stop-presenting">{words.room.stopPresent}</Button>;
  if (state.presentation_site_id && may("grant_floor")) return <Button onClick={() => void command("stop_presentation", { site_id: state.presentation_site_id })} data-testid="stop-presentation">{words.room.stopPresent}</Button>;
  if (!allowed || !navigator.mediaDevices?.getDisplayMedia) return null;
  const share = async () => {
    setBusy(true);
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
      const track = stream.getVideoTracks()[0];
      if (track) await controller.startScreen(track).catch((error: Error) => { track.stop(); setRefusal(error.message || words.room.refused); });
    } catch {
      setRefusal(words.room.presentRefused);
    } finally {
      setBusy(false);
    }
  };
  return <Button disabled={busy} onClick={() => void share()} data-testid="present">{words.room.present}</Button>;
}
