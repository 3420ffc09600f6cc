/** What this room missed of the recording above: a button once it is here, and a player. The meeting goes on meanwhile. */
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useWords } from "../words";
import { clockOf } from "../words/when";
import styles from "./missed-part.module.css";
import { useRoom } from "./use-room";

interface Chapter { start_ms: number; kind: "item" | "speech" | "pause" | "gap"; title: string }
export interface Part { begin_ms: number; end_ms: number; segments: { url: string; duration_ms: number }[]; chapters: Chapter[] }

const LOOK_MS = 5_000;
const LOOKS = 180; // a quarter of an hour: then there was no recording, or the line is too thin for it

/** `since`: the link is back; what was missed before an earlier return is not shown for this one. Who watches is asked
 * to keep the player: it goes on when the link drops again, for what it plays is here. */
export function MissedPart({ since, watch }: { since: string; watch: (part: Part) => void }) {
  const words = useWords().linked.room.missed;
  const api = useApi();
  const meeting = useRoom((p) => p.welcome?.meeting.id) ?? "";
  const query = useQuery({
    queryKey: ["missed", meeting, since],
    queryFn: () => api.get<{ items: Part[] }>(`/api/meetings/${meeting}/missed`),
    refetchInterval: (q) => (lastFor(q.state.data?.items, since) || q.state.dataUpdateCount + q.state.errorUpdateCount > LOOKS ? false : LOOK_MS),
  });
  const part = lastFor(query.data?.items, since);
  return part ? <Button size="small" onClick={() => watch(part)} data-testid="watch-missed">{words.watch}</Button> : null;
}

const CLOCKS_MS = 10 * 60_000; // the clock above may be wrong by minutes, cuts lie further apart

function lastFor(parts: Part[] | undefined, since: string): Part | undefined {
  const last = parts?.at(-1);
  return last && Math.abs(last.end_ms - Date.parse(since)) < CLOCKS_MS ? last : undefined;
}

export function MissedPlayer({ part, onClose }: { part: Part; onClose: () => void }) {
  const words = useWords().linked.room.missed;
  const kinds = useWords().minutes.chapterKinds;
  const video = useRef<HTMLVideoElement>(null);
  const [number, setNumber] = useState(0);
  const starts = part.segments.map((_, n) => part.segments.slice(0, n).reduce((sum, one) => sum + one.duration_ms, 0));
  const wanted = useRef(0); // of the segment, in ms
  const go = (ms: number) => {
    const next = Math.max(starts.filter((start) => start <= ms).length - 1, 0);
    wanted.current = ms - (starts[next] ?? 0);
    if (next !== number) setNumber(next);
    else settle();
  };
  const settle = () => {
    if (!video.current) return;
    video.current.currentTime = wanted.current / 1000;
    void video.current.play().catch(() => undefined);
  };
  return (
    <Dialog title={words.title} onClose={onClose} wide testId="missed-part">
      <p>{words.goesOn}</p>
      <video ref={video} className={styles.video} src={part.segments[number]?.url} controls autoPlay aria-label={words.title} data-testid="missed-player"
        onLoadedMetadata={settle} onEnded={() => { if (number + 1 < part.segments.length) { wanted.current = 0; setNumber(number + 1); } }} />
      <ol className={styles.chapters}>
        {part.chapters.map((one, n) => (
          <li key={n}><Button size="small" look="quiet" onClick={() => go(one.start_ms)} data-testid="missed-chapter" data-kind={one.kind}><span className="tabular">{clockOf(one.start_ms / 1000)}</span> {one.title || kinds[one.kind]}</Button></li>
        ))}
      </ol>
    </Dialog>
  );
}
