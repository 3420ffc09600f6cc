/** Who speaks now and how long; the chair's and the site's acts of the floor stand beside it. */
import { useState } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import { clockOf } from "../words/when";
import { floorClock, namesOf, speaksFor } from "./model";
import styles from "./floor-bar.module.css";
import { SpeakerPicker } from "./on-air";
import { useCommand, useMay, useNames, useNow, useRoom, useStage } from "./use-room";

export function FloorBar() {
  const words = useWords();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const now = useNow(500);
  const may = useMay();
  const stage = useStage();
  const floor = state.floor;
  const clock = floor && floorClock(floor, now);
  const isMine = !!floor && floor.site_id === mine;
  return (
    <div className={styles.bar} data-testid="floor-bar" data-floor-site={floor?.site_id ?? ""}>
      {floor && clock && stage !== "suspended" ? (
        <div className={`${styles.now} ${styles[clock.tone]}`}>
          <span className={styles.label}>{words.room.program}</span>
          <strong className={styles.name}>{names.unit(floor.site_id)}</strong>
          {floor.speaker?.name && <span>{floor.speaker.name}{floor.speaker.post && `, ${floor.speaker.post}`}</span>}
          {floor.merged.length > 0 && <span data-testid="speaks-for">{words.linked.room.withOthers(namesOf(floor.merged, names))}</span>}
          <span className={`${styles.clock} tabular`} data-testid="speech-clock">
            {clock.leftS === null ? clockOf(clock.spentS) : `${clock.leftS < 0 ? `${words.room.overTime} ` : ""}${clockOf(Math.abs(clock.leftS))}`}
          </span>
        </div>
      ) : (
        <p className={styles.nobody}>{stage === "suspended" ? words.room.suspendedText : state.mode === "discussion" ? words.room.modes.discussion : words.room.nobody}</p>
      )}
      {may("grant_floor") && !isMine && floor && <SpeakerPicker />}
      <ChairActs />
      <SiteActs />
    </div>
  );
}

function ChairActs() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const { stage, floor, queue } = useRoom((p) => p.state);
  if (!may("grant_floor")) return null;
  const live = stage === "convened" || stage === "testing";
  return (
    <div className={styles.acts}>
      <Button look="main" disabled={stage !== "convened" || !queue.some((r) => !r.put_off)} onClick={() => void command("grant_next")} data-testid="grant-next">{words.room.grantNext}</Button>
      {floor && <Button disabled={stage !== "convened"} onClick={() => void command("extend_time", { by_s: 120 })} data-testid="extend-time">{words.room.extend}</Button>}
      {floor && <Button look="danger" disabled={!live && stage !== "suspended"} onClick={() => void command("revoke_floor")} data-testid="revoke-floor">{words.room.revoke}</Button>}
    </div>
  );
}

/** A site asks to speak, says who will, and may take it back. */
function SiteActs() {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const names = useNames();
  const role = useRoom((p) => p.welcome?.role);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const [who, setWho] = useState("");
  if (role !== "site" || !mine || !may("request_floor")) return null;
  const place = state.queue.findIndex((r) => r.site_id === mine);
  const request = state.queue[place];
  const people = state.sites[mine]?.people ?? [];
  const leading = speaksFor(state, mine);
  if (leading) {
    return (
      <div className={styles.acts}>
        <span className={styles.place} role="status" data-testid="merged-into">{words.linked.room.mergedInto(names.unit(leading.request.site_id) || leading.request.origin?.site_name || "")}</span>
        <Button onClick={() => void command("withdraw_request", { request_id: leading.mine.request_id })} data-testid="withdraw-request">{words.room.withdraw}</Button>
      </div>
    );
  }
  if (request) {
    return (
      <div className={styles.acts}>
        <span className={styles.place} role="status" data-testid="my-request">{words.room.requested(place + 1)}</span>
        <Button onClick={() => void command("withdraw_request", { request_id: request.request_id })} data-testid="withdraw-request">{words.room.withdraw}</Button>
      </div>
    );
  }
  if (state.floor?.site_id === mine) return null;
  const ask = () => {
    const person = people.find((p) => p.name === who);
    const speaker = who ? { name: who, post: person?.post ?? "" } : null;
    void command("request_floor", { kind: "speech", ...(speaker && { speaker }) });
  };
  return (
    <div className={styles.acts}>
      {people.length > 0 && (
        <label className={styles.who}>
          <span>{words.room.who}</span>
          <select value={who} onChange={(e) => setWho(e.target.value)} data-testid="request-speaker">
            <option value="">{words.room.whoHint}</option>
            {people.map((person, n) => <option key={n} value={person.name}>{person.name}{person.post && ` – ${person.post}`}</option>)}
          </select>
        </label>
      )}
      <Button look="main" size="large" disabled={state.stage !== "convened" && state.stage !== "testing"} onClick={ask} data-testid="request-floor">{words.room.request}</Button>
    </div>
  );
}
