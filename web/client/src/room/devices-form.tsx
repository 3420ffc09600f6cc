/** Camera, microphone and loudspeaker with advice for what does not work: before entering, and inside as a panel. */
import { useEffect, useRef, useState } from "react";
import { chime, listDevices, openDevices, type Choice, type DeviceProblem } from "../media/devices";
import { isBlack, watchLevel } from "../media/level";
import { Button } from "../ui/button";
import { Select } from "../ui/field";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import styles from "./devices-form.module.css";
import type { LocalTracks } from "./use-room";

export interface DeviceReport extends LocalTracks { cameraProblem: DeviceProblem | null; microphoneProblem: DeviceProblem | null; heard: boolean; opened: boolean }

const HEARD = 0.25;
const SILENT_AFTER_MS = 6_000;

/** Opens the devices once and again on demand; the tracks belong to whoever called. */
export function useDevices(wanted: boolean, start?: LocalTracks) {
  const [report, setReport] = useState<DeviceReport>({ camera: start?.camera ?? null, microphone: start?.microphone ?? null, cameraProblem: null, microphoneProblem: null, heard: false, opened: !wanted });
  const [asking, setAsking] = useState(false);
  const current = useRef(report);
  current.current = report;
  const open = async (choice: Choice = {}) => {
    setAsking(true);
    current.current.camera?.stop();
    current.current.microphone?.stop();
    const opened = await openDevices(choice);
    setAsking(false);
    setReport({ ...opened, heard: false, opened: true });
    return opened;
  };
  const first = useRef(true);
  useEffect(() => {
    if (wanted && first.current && !start?.camera && !start?.microphone) void open();
    first.current = false;
  });
  const setHeard = () => setReport((r) => (r.heard ? r : { ...r, heard: true }));
  return { report, asking, open, setHeard };
}

export function DevicesForm({ report, asking, open, setHeard }: ReturnType<typeof useDevices>) {
  const words = useWords();
  const retry = <Button size="small" onClick={() => void open()} data-testid="retry-devices">{words.act.retry}</Button>;
  return (
    <div className={styles.form}>
      {asking && <Notice>{words.room.allow}</Notice>}
      <CameraView track={report.camera} />
      {report.cameraProblem && <Notice tone="warn" action={retry}>{words.room[report.cameraProblem]}</Notice>}
      {report.microphone && <Meter track={report.microphone} heard={report.heard} onHeard={setHeard} />}
      {report.microphoneProblem && report.microphoneProblem !== report.cameraProblem && <Notice tone="warn" action={retry}>{words.room[report.microphoneProblem]}</Notice>}
      <Pickers report={report} open={open} />
      <div className={styles.speaker}>
        <Button onClick={() => void chime()} data-testid="test-speaker">{words.room.testSpeaker}</Button>
        <span>{words.room.speakerHeard}</span>
      </div>
    </div>
  );
}

function CameraView({ track }: { track: MediaStreamTrack | null }) {
  const words = useWords();
  const video = useRef<HTMLVideoElement>(null);
  const [seen, setSeen] = useState<"waiting" | "black" | "fine">("waiting");
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = track ? new MediaStream([track]) : null;
    setSeen("waiting");
    const watch = () => video.current?.videoWidth && setSeen(isBlack(video.current) ? "black" : "fine");
    const timer = setInterval(watch, 500);
    return () => clearInterval(timer);
  }, [track]);
  return (
    <>
      <div className={styles.camera}>
        <video ref={video} autoPlay playsInline muted aria-label={words.room.self} data-testid="check-video" hidden={!track} />
        {!track && <p>{words.room.noPicture}</p>}
      </div>
      {track && <p className={seen === "black" ? styles.bad : seen === "fine" ? styles.good : ""} role="status">{seen === "black" ? words.room.cameraBlack : seen === "fine" ? `✓ ${words.room.cameraOk}` : words.room.cameraOpening}</p>}
    </>
  );
}

export function Meter({ track, heard, onHeard }: { track: MediaStreamTrack; heard: boolean; onHeard?: () => void }) {
  const words = useWords();
  const [level, setLevel] = useState(0);
  const [silent, setSilent] = useState(false);
  const [muted, setMuted] = useState(track.muted);
  useEffect(() => {
    setSilent(false);
    const since = Date.now();
    const stop = watchLevel(track, (now) => {
      setLevel(now);
      setMuted(track.muted);
      if (now > HEARD) onHeard?.();
      setSilent((was) => (now > HEARD ? false : was || Date.now() - since > SILENT_AFTER_MS));
    });
    return stop;
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the meter belongs to the track alone
  }, [track]);
  const text = muted ? words.room.muted : heard ? `✓ ${words.room.microphoneOk}` : silent ? words.room.microphoneSilent : words.room.microphoneSpeak;
  return (
    <div className={styles.meterRow}>
      <span>{words.room.microphone}</span>
      <div className={styles.meter} role="meter" aria-label={words.room.level} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(level * 100)} data-testid="level-meter">
        <i style={{ transform: `scaleX(${level})` }} />
      </div>
      <p className={heard && !muted ? styles.good : silent || muted ? styles.bad : ""} role="status" data-testid="microphone-advice">{text}</p>
    </div>
  );
}

function Pickers({ report, open }: { report: DeviceReport; open: (choice: Choice) => Promise<unknown> }) {
  const words = useWords();
  const [devices, setDevices] = useState<{ cameras: MediaDeviceInfo[]; microphones: MediaDeviceInfo[] }>({ cameras: [], microphones: [] });
  useEffect(() => void listDevices().then(setDevices), [report]);
  const cameraId = report.camera?.getSettings().deviceId;
  const microphoneId = report.microphone?.getSettings().deviceId;
  if (devices.cameras.length < 2 && devices.microphones.length < 2) return null;
  return (
    <div className={styles.pickers}>
      <Select label={words.room.chooseCamera} value={cameraId} onChange={(e) => void open({ cameraId: e.target.value, microphoneId })}>
        {devices.cameras.map((d) => <option key={d.deviceId} value={d.deviceId}>{d.label || words.room.camera}</option>)}
      </Select>
      <Select label={words.room.chooseMicrophone} value={microphoneId} onChange={(e) => void open({ cameraId, microphoneId: e.target.value })}>
        {devices.microphones.map((d) => <option key={d.deviceId} value={d.deviceId}>{d.label || words.room.microphone}</option>)}
      </Select>
    </div>
  );
}
