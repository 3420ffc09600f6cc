/** The big screen of a hall: read-only, readable from the last row. `?screen=` picks one output for several screens. */
import { useSearch } from "wouter";
import { useWords } from "../words";
import { clockOf, timeOf } from "../words/when";
import { Button } from "../ui/button";
import styles from "./hall.module.css";
import { floorClock, itemSeconds } from "./model";
import { Sounds } from "./sounds";
import { Stage } from "./stage";
import { useNames, useNow, useRoom, useStage } from "./use-room";

export function Hall() {
  const words = useWords();
  const screen = new URLSearchParams(useSearch()).get("screen") ?? "program";
  const welcome = useRoom((p) => p.welcome);
  const state = useRoom((p) => p.state);
  const stage = useStage();
  const before = state.stage === "waiting" || state.stage === "testing";
  return (
    <main className={styles.hall} data-testid="hall" data-screen={screen}>
      <h1 className={styles.title}>{welcome?.meeting.title}</h1>
      {before && welcome && <p className={styles.before}>{words.room.hallWaiting} {timeOf(welcome.meeting.starts_at)}</p>}
      {stage === "suspended" && <p className={styles.before}>{words.room.suspendedText}</p>}
      {screen === "program" && <Stage preview={null} />}
      {screen !== "agenda" && <HallFloor large={screen === "floor"} />}
      {screen === "agenda" && <HallAgenda />}
      <div className={styles.corner}>
        <Sounds />
        <Button size="small" onClick={() => void document.documentElement.requestFullscreen?.()}>{words.room.fullScreen}</Button>
      </div>
    </main>
  );
}

function HallFloor({ large }: { large: boolean }) {
  const words = useWords();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const now = useNow(500);
  const floor = useStage() === "suspended" ? null : state.floor;
  const clock = floor && floorClock(floor, now);
  return (
    <section className={`${styles.floor} ${large ? styles.big : ""} ${clock ? styles[clock.tone] : ""}`} data-testid="hall-floor">
      <div>
        <p className={styles.unit}>{floor ? names.unit(floor.site_id) : state.convened_at ? words.room.chairSpeaking : ""}</p>
        {floor?.speaker?.name && <p className={styles.speaker}>{floor.speaker.name}{floor.speaker.post && ` – ${floor.speaker.post}`}</p>}
      </div>
      {clock && <b className={`${styles.clock} tabular`}>{clockOf(clock.leftS ?? clock.spentS)}</b>}
    </section>
  );
}

function HallAgenda() {
  const words = useWords();
  const state = useRoom((p) => p.state);
  const plan = useRoom((p) => p.welcome?.meeting.items) ?? [];
  const now = useNow(1000);
  return (
    <ol className={styles.agenda} aria-label={words.room.agenda}>
      {plan.map((item) => {
        const current = state.current_item_id === item.id;
        const spent = itemSeconds(state, item.id, now);
        return <li key={item.id} className={current ? styles.current : ""} aria-current={current ? "step" : undefined}>{item.title} {spent > 0 && <span className="tabular">{clockOf(spent)}</span>}</li>;
      })}
    </ol>
  );
}
