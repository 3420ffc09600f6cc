/** What everybody sees: a paper, a presentation or the one who speaks; the other pictures stand in a strip beside. */
import { useMemo, useState } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import { largeSite, otherPictures, presentationSlot, seen, slotOf } from "./model";
import { PaperPage } from "./paper-page";
import { Picture } from "./picture";
import styles from "./stage.module.css";
import { useNames, useRoom, useStage } from "./use-room";

export function Program({ large, showNote = true }: { large: boolean; showNote?: boolean }) {
  const words = useWords();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const slots = useRoom((p) => p.slots);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const leads = useRoom((p) => p.leads);
  const shown = useLarge();
  const stage = useStage();
  const slot = slotOf(slots, shown, "camera");
  const speech = state.floor?.site_id === shown ? state.floor : null;
  const title = names.unit(shown) || words.room.program;
  const isChair = shown !== null && (shown === state.chair_site_id || shown === leads);
  const note = isChair ? words.role.chair : (speech?.speaker?.name ?? "");
  return (
    <Picture title={title} note={showNote ? note : ""} siteId={shown} mid={slot?.mid} own={shown !== null && shown === mine} paused={slot?.paused} testId="program-video" large={large} onAir={speech !== null && stage !== "suspended"} />
  );
}

function useLarge(): string | null {
  return useRoom((p) => largeSite(seen(p), p.slots, p.far, p.leads, p.activeSiteId, p.welcome?.site_id ?? null));
}

export function Stage({ preview }: { preview: string | null }) {
  const words = useWords();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const slots = useRoom((p) => p.slots);
  const presenting = useRoom((p) => p.presenting);
  const [paperAside, setPaperAside] = useState(false);
  const shared = presenting ? null : presentationSlot(slots);
  const main = state.paper && !paperAside ? "paper" : shared ? "presentation" : "program";
  return (
    <section className={styles.stage} aria-label={words.room.stageRegion} id="stage" tabIndex={-1} data-testid="stage">
      <div className={styles.main}>
        {main === "paper" && state.paper && <PaperPage paperId={state.paper.paper_id} page={state.paper.page} testId="shown-paper" />}
        {main === "presentation" && shared && (
          <Picture large contain title={words.room.presentationOf(names.unit(shared.site_id))} siteId={shared.site_id} mid={shared.mid} paused={shared.paused} testId="presentation-video" />
        )}
        {main === "program" && <Program large />}
      </div>
      <Strip withProgram={main !== "program"} preview={preview} />
      {state.paper && shared && <Button size="small" onClick={() => setPaperAside(!paperAside)}>{paperAside ? words.room.papers : words.room.presentation}</Button>}
    </section>
  );
}

function Strip({ withProgram, preview }: { withProgram: boolean; preview: string | null }) {
  const words = useWords();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const slots = useRoom((p) => p.slots);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const role = useRoom((p) => p.welcome?.role);
  const main = useLarge();
  const stage = useStage();
  const others = useMemo(() => otherPictures(slots, main, names.roster).filter((s) => s.site_id !== preview), [slots, main, names, preview]);
  const previewSlot = slotOf(slots, preview, "camera");
  const camOn = useRoom((p) => p.camOn);
  return (
    <div className={`${styles.strip} ${role === "secretary" ? styles.board : ""}`} role="group" aria-label={words.room.sitesStrip}>
      {withProgram && <Program large={false} />}
      {preview && preview !== main && (
        <Picture title={names.unit(preview)} note={words.room.preview} siteId={preview} mid={previewSlot?.mid} paused={previewSlot?.paused} testId="preview-video" />
      )}
      {mine && main !== mine && role !== "secretary" && role !== "hall" && <Picture title={words.room.self} siteId={mine} own paused={!camOn} testId="self-video" onAir={stage !== "suspended" && state.floor?.site_id === mine} />}
      {others.map((slot) => (
        <Picture key={slot.mid} title={names.unit(slot.site_id)} siteId={slot.site_id} mid={slot.mid} paused={slot.paused} testId="site-video" />
      ))}
    </div>
  );
}
