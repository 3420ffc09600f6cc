/** Điểm danh: every site with its status, its technician's number, and what the secretary notes about it. */
import { useState } from "react";
import { Button } from "../../ui/button";
import { ConfirmButton } from "../../ui/confirm";
import { Checkbox, TextField } from "../../ui/field";
import { useWords } from "../../words";
import { timeOf } from "../../words/when";
import { rollSum, siteStatus, type SiteStatus } from "../model";
import { useCommand, useMay, useNames, useRoom } from "../use-room";
import type { RosterEntry } from "../wire";
import styles from "./panels.module.css";

const TONE: Record<SiteStatus, string> = { none: "", tested: "", joined: "warn", good: "good", noVideo: "warn", noAudio: "warn", weak: "warn", lost: "bad", excused: "", absent: "bad" };

export function RollPanel({ preview, setPreview }: { preview: string | null; setPreview: (siteId: string | null) => void }) {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const lines = useRoom((p) => p.lines);
  const [badOnly, setBadOnly] = useState(false);
  const sum = rollSum(state);
  const heads = Object.values(state.sites).reduce((total, site) => total + (site.head_count ?? 0), 0);
  const rows = names.roster.filter((entry) => !badOnly || siteStatus(state, entry, lines[entry.site_id]) !== "good");
  return (
    <div className={styles.panel}>
      <h2>{words.room.roll}</h2>
      <p className={styles.sum} data-testid="roll-sum">{words.room.rollSum(sum.present, sum.expected, sum.excused, sum.absent)}</p>
      <p className={styles.soft}>{words.room.totalHeads(heads)}{state.roll && ` · ${words.room.rollAt(timeOf(state.roll.at))}`}</p>
      {may("call_roll") && <Button look="main" disabled={state.stage !== "testing" && state.stage !== "convened"} onClick={() => void command("call_roll")} data-testid="call-roll">{words.room.callRoll}</Button>}
      <Checkbox label={words.room.rollFilter} checked={badOnly} onChange={(e) => setBadOnly(e.target.checked)} />
      <ul className={styles.rows}>
        {rows.map((entry) => <SiteRow key={entry.site_id} entry={entry} watched={preview === entry.site_id} watch={() => setPreview(preview === entry.site_id ? null : entry.site_id)} />)}
      </ul>
    </div>
  );
}

function SiteRow({ entry, watched, watch }: { entry: RosterEntry; watched: boolean; watch: () => void }) {
  const words = useWords();
  const command = useCommand();
  const may = useMay();
  const state = useRoom((p) => p.state);
  const line = useRoom((p) => p.lines[entry.site_id]);
  const [reason, setReason] = useState("");
  const [deputy, setDeputy] = useState("");
  const site = state.sites[entry.site_id];
  const status = siteStatus(state, entry, line);
  const here = !!site?.connection_id;
  return (
    <li className={styles.row} data-testid="site-row" data-site-id={entry.site_id} data-status={status} data-attendance={site?.attendance ?? "unknown"}>
      <div className={styles.rowHead}>
        <i className={`${styles.dot} ${styles[`dot-${TONE[status]}`] ?? ""}`} aria-hidden="true" />
        <strong>{entry.unit_title}</strong>
        {entry.site_id === state.chair_site_id && <span className={styles.badge}>{words.role.chair}</span>}
        {site?.head_count != null && <span className={styles.badge}>{words.room.heads(site.head_count)}</span>}
      </div>
      <p className={styles.soft}>
        <span data-testid="site-status">{words.room.status[status]}</span>
        {site?.attendance === "present" && !here && ` · ✓`}{site?.reason && ` · ${site.reason}`}{site?.deputy && ` · ${words.room.deputy}: ${site.deputy.name}`}
        {entry.phone && <> · <a href={`tel:${entry.phone}`}>{entry.phone}</a></>}
      </p>
      {may("confirm_attendance") && (
        <div className={styles.acts}>
          {here && <Button size="small" aria-pressed={watched} aria-label={words.room.watchOf(entry.unit_title)} onClick={watch} data-testid="watch-site">{words.room.watch}</Button>}
          {site?.attendance !== "present" && <Button size="small" aria-label={words.room.confirmOf(entry.unit_title)} onClick={() => void command("confirm_attendance", { site_id: entry.site_id })} data-testid="confirm-attendance">{words.room.confirm}</Button>}
        </div>
      )}
      {may("excuse_absence") && (
        <details className={styles.details}>
          <summary className={styles.soft}>{words.room.more(entry.unit_title)}</summary>
          <div className={styles.inline}>
            <TextField label={words.room.reason} value={reason} onChange={(e) => setReason(e.target.value)} />
            <Button size="small" aria-label={`${reason.trim() ? words.room.excused : words.room.absent}: ${entry.unit_title}`} data-testid="excuse-absence" onClick={() => void command("excuse_absence", { site_id: entry.site_id, excused: !!reason.trim(), reason: reason.trim() })}>{reason.trim() ? words.room.excused : words.room.absent}</Button>
          </div>
          <div className={styles.inline}>
            <TextField label={words.room.deputy} value={deputy} onChange={(e) => setDeputy(e.target.value)} />
            <Button size="small" disabled={!deputy.trim()} data-testid="accept-deputy" onClick={() => void command("accept_deputy", { site_id: entry.site_id, deputy: { name: deputy.trim(), post: "" } })}>{words.room.acceptDeputy}</Button>
          </div>
          {here && <ConfirmButton size="small" look="danger" testId="remove-site" ask={words.room.removeAsk(entry.unit_title)} act={() => void command("remove_participant", { site_id: entry.site_id })}>{words.room.remove}</ConfirmButton>}
        </details>
      )}
    </li>
  );
}
