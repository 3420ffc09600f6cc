/** The red banner of the site that has the floor: full width, its own clock, and the one button to give it back. */
import { useState } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import { clockOf } from "../words/when";
import { countdown, floorClock } from "./model";
import styles from "./on-air.module.css";
import { useCommand, useNames, useNow, useRoom } from "./use-room";

const NEXT_NOTICE_S = 60;

export function OnAirBanner() {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const floor = useRoom((p) => p.state.floor);
  const stage = useRoom((p) => p.state.stage);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const now = useNow(250);
  if (!floor || floor.site_id !== mine || stage === "adjourned") return <NextNotice now={now} />;
  const clock = floorClock(floor, now);
  const soon = countdown(floor, now);
  return (
    <section className={`${styles.banner} ${styles[clock.tone]}`} data-testid="on-air" data-tone={clock.tone} aria-label={words.room.program}>
      <div className={styles.text}>
        <p className={styles.title}>{words.room.onAir(names.unit(mine))}</p>
        {soon > 0 && <p className={styles.soon}>{words.room.onAirSoon(soon)}</p>}
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

/** First in the queue while the one before comes to an end: time to get ready. */
function NextNotice({ now }: { now: number }) {
  const words = useWords();
  const state = useRoom((p) => p.state);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const first = state.queue[0];
  if (!mine || !first || first.site_id !== mine || first.put_off || !state.floor) return null;
  const { leftS } = floorClock(state.floor, now);
  if (leftS === null || leftS > NEXT_NOTICE_S) return null;
  return <p className={styles.next} role="status">{words.room.nextUp}</p>;
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
