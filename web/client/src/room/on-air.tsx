/** The red banner of the site that has the floor: on air from the moment it was granted; its own clock, and the one button to give it back. */
import { useState } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import { clockOf } from "../words/when";
import { floorClock, isNext, justBegun, onAirOf } from "./model";
import styles from "./on-air.module.css";
import { useCommand, useNames, useNow, useRoom, useRoomContext, useStage } from "./use-room";

export function OnAirBanner() {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const floor = useRoom((p) => p.state.floor);
  const stage = useStage();
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const connected = useRoom((p) => p.media === "connected");
  const now = useNow(250);
  if (!floor || floor.site_id !== mine || stage === "adjourned") return <NextNotice now={now} />;
  if (stage === "suspended") return <p className={styles.next} role="status" data-testid="floor-kept">{words.room.floorKept}</p>;
  const clock = floorClock(floor, now);
  return (
    <section className={`${styles.banner} ${styles[clock.tone]}`} data-testid="on-air" data-tone={clock.tone} aria-label={words.room.program}>
      <div className={styles.text}>
        <OnAirText title={names.unit(mine)} />
        {connected && justBegun(floor, now) && <p className={styles.soon} data-testid="on-air-now">{words.room.onAirNow}</p>}
      </div>
      <SpeakerPicker />
      <div className={styles.clock} data-testid="floor-clock">
        <span>{clock.leftS === null ? words.room.timeSpent : clock.leftS < 0 ? words.room.overTime : words.room.timeLeft}</span>
        <b className="tabular">{clockOf(clock.leftS === null ? clock.spentS : Math.abs(clock.leftS))}</b>
      </div>
      <Button size="large" onClick={() => void command("return_floor")} data-testid="return-floor" className={styles.done}>{words.room.done}</Button>
    </section>
  );
}

/** Says only what is true: a switched-off microphone is not heard, and is switched on right here; who is cut off waits. */
function OnAirText({ title }: { title: string }) {
  const words = useWords();
  const { controller, local } = useRoomContext();
  const micOn = useRoom((p) => p.micOn);
  const camOn = useRoom((p) => p.camOn);
  const connected = useRoom((p) => p.media === "connected");
  const sent = onAirOf(connected, camOn && !!local.camera, micOn && !!local.microphone);
  return (
    <>
      <p className={styles.title} data-testid="on-air-text" data-sent={sent}>{words.room.onAir[sent](title)}</p>
      {(sent === "picture" || sent === "nothing") && local.microphone && <Button size="small" onClick={() => controller.setMicrophone(true)} data-testid="on-air-mic">{words.room.micOn}</Button>}
      {(sent === "voice" || sent === "nothing") && local.camera && <Button size="small" onClick={() => controller.setCamera(true)} data-testid="on-air-camera">{words.room.camOn}</Button>}
    </>
  );
}

/** First in the queue: it may be on air at any moment, at once, without another warning. */
function NextNotice({ now }: { now: number }) {
  const words = useWords();
  const state = useRoom((p) => p.state);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  return isNext(state, mine, now) ? <p className={styles.next} role="status" data-testid="next-up">{words.room.nextUp}</p> : null;
}

export function SpeakerPicker() {
  const words = useWords();
  const command = useCommand();
  const floor = useRoom((p) => p.state.floor);
  const people = useRoom((p) => (p.state.floor ? p.state.sites[p.state.floor.site_id]?.people : undefined)) ?? [];
  const [typed, setTyped] = useState("");
  if (!floor) return null;
  const name = (value: string) => {
    const person = people.find((p) => p.name === value);
    if (value.trim()) void command("name_speaker", { speech_id: floor.speech_id, speaker: { name: value.trim(), post: person?.post ?? "" } });
  };
  return (
    <label className={styles.speaker}>
      <span>{words.room.speakerName}</span>
      <input list="site-people" value={typed || (floor.speaker?.name ?? "")} placeholder={words.room.nameSpeaker} data-testid="speaker-name"
        onChange={(e) => setTyped(e.target.value)} onBlur={() => { if (typed) name(typed); setTyped(""); }} onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()} />
      <datalist id="site-people">{people.map((person, n) => <option key={n} value={person.name}>{person.post}</option>)}</datalist>
    </label>
  );
}
