/** One line about the rooms above and below: linked, in a discussion of its own, cut off, back and what was missed. */
import { useEffect, useState } from "react";
import type { Link, Missed } from "../proceedings/state";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import { MissedPart, MissedPlayer, type Part } from "./missed-part";
import { useCommand, useMay, useNames, useRoom } from "./use-room";

const BACK_MS = 5 * 60_000;

export function LinkLine() {
  const links = useRoom((p) => p.state.links);
  const above = links.find((link) => link.side === "upper");
  const below = links.filter((link) => link.side === "lower");
  return <>{above && <Above link={above} />}{below.length > 0 && <Below links={below} />}<ChairElsewhere /></>;
}

/** Where the chair is, while he is not in the room that he leads. */
function ChairElsewhere() {
  const words = useWords().linked.room;
  const { room: course } = useWords();
  const names = useNames();
  const command = useCommand();
  const may = useMay();
  const { far_chair, absent_chair, chair_above, chair_site_id, links } = useRoom((p) => p.state);
  const title = links.find((link) => link.meeting_id === chair_above?.meeting_id)?.title ?? "";
  const back = may("return_chair") && <Button size="small" onClick={() => void command("return_chair")} data-testid="take-chair-back">{course.takeChairBack}</Button>;
  if (far_chair && absent_chair) return <Notice tone="warn" action={back}><span data-testid="far-chair" data-status="lost">{words.farChairLost(far_chair.site_name, names.unit(chair_site_id))}</span></Notice>;
  if (far_chair) return <Notice action={back}><span data-testid="far-chair" data-status="open">{words.farChair(far_chair.site_name, far_chair.chair.name)}</span></Notice>;
  if (chair_above) return <Notice><span data-testid="chair-above">{words.chairAbove(names.unit(chair_above.site_id), chair_above.chair.name, title)}</span></Notice>;
  return null;
}

function Above({ link }: { link: Link }) {
  const words = useWords().linked.room;
  const act = useWords().act;
  const command = useCommand();
  const may = useMay();
  const [asking, setAsking] = useState(false);
  const [watching, setWatching] = useState<Part | null>(null);
  const isBack = useRecent(link);
  const hasBreak = useRoom((p) => p.breakAbove);
  const text = link.status === "lost" ? words.lost(link.title, timeOf(link.since)) : link.status === "away" ? words.away(link.title) : isBack && link.missed ? words.back(minutesOf(link.missed), link.missed.items.length, link.missed.speeches) : hasBreak ? words.breakAbove(link.title) : words.upper(link.title);
  const chairsAbove = useRoom((p) => p.state.chair_above !== null);
  const act_ = link.status === "open" && may("leave_program") && !chairsAbove
    ? asking ? <><Button size="small" look="main" data-testid="leave-sure" onClick={() => { setAsking(false); void command("leave_program", {}); }}>{words.leave}</Button><Button size="small" onClick={() => setAsking(false)}>{act.cancel}</Button></> : <Button size="small" data-testid="leave-program" onClick={() => setAsking(true)}>{words.leave}</Button>
    : link.status === "away" && may("rejoin_program") ? <Button size="small" look="main" data-testid="rejoin-program" onClick={() => void command("rejoin_program", {})}>{words.rejoin}</Button> : undefined;
  const watch = link.node && link.missed && link.status === "open" ? <MissedPart since={link.since} watch={setWatching} /> : undefined;
  return (
    <>
      <Notice tone={link.status === "lost" ? "warn" : isBack ? "good" : "info"} action={watch ? <>{watch}{act_}</> : act_}><span data-testid="link-line" data-status={link.status}>{asking ? words.leaveAsk : text}</span></Notice>
      {watching && <MissedPlayer part={watching} onClose={() => setWatching(null)} />}
    </>
  );
}

/** What was missed stands for some minutes after the link is back. */
function useRecent(link: Link): boolean {
  return isFresh(link, useNow());
}

function isFresh(link: Link, now: number): boolean {
  return !!link.missed && link.status === "open" && now - Date.parse(link.since) < BACK_MS;
}

const minutesOf = (missed: Missed) => Math.max(1, Math.round(missed.seconds / 60));

function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Below({ links }: { links: Link[] }) {
  const words = useWords().linked.room;
  const now = useNow();
  const lost = links.filter((link) => link.status === "lost");
  if (lost.length === 0) return <Notice><span data-testid="links-below">{words.lower(links.filter((link) => link.status === "open").length, links.length)}{links.filter((link) => isFresh(link, now)).map((link) => ` ${words.lowerBack(link.title, minutesOf(link.missed!), link.missed!.items.length, link.missed!.speeches)}`)}</span></Notice>;
  return <Notice tone="warn"><span data-testid="links-lost">{words.lowerLost(lost.map((link) => link.title).join(", "))}</span></Notice>;
}
