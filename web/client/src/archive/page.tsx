/** The archive: found with or without accents, exact ones first; a hit in a recording opens at its second. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link } from "wouter";
import type { Hit } from "../minutes/types";
import type { Page } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Pill } from "../ui/notice";
import styles from "../minutes/minutes.module.css";
import { useWords } from "../words";
import { dateOf, parseMoment } from "../words/when";

export default function ArchivePage() {
  const words = useWords();
  const api = useApi();
  const [typed, setTyped] = useState({ q: "", from: "", to: "" });
  const [asked, setAsked] = useState("");
  const query = useInfiniteQuery({
    queryKey: ["search", asked],
    queryFn: ({ pageParam }) => api.get<Page<Hit>>(`/api/search?${asked}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    enabled: asked !== "",
  });
  const search = (event: FormEvent) => {
    event.preventDefault();
    const parameters = new URLSearchParams({ q: typed.q.trim() });
    const from = parseMoment(typed.from, "00:00");
    const to = parseMoment(typed.to, "23:59");
    if (from) parameters.set("from", from);
    if (to) parameters.set("to", to);
    setAsked(parameters.toString());
  };
  const hits = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Frame title={words.minutes.search}>
      <Card>
        <form role="search" onSubmit={search} className={styles.search}>
          <TextField label={words.act.search} hint={words.minutes.searchHint} type="search" autoFocus value={typed.q} onChange={(e) => setTyped({ ...typed, q: e.target.value })} data-testid="search-text" />
          <TextField label={words.minutes.from} placeholder={words.room.taskDueHint} value={typed.from} onChange={(e) => setTyped({ ...typed, from: e.target.value })} />
          <TextField label={words.minutes.to} placeholder={words.room.taskDueHint} value={typed.to} onChange={(e) => setTyped({ ...typed, to: e.target.value })} />
          <Button look="main" type="submit" data-testid="search-submit">{words.act.search}</Button>
        </form>
      </Card>
      {query.isLoading && <Loading />}
      <ErrorNotice error={query.error} />
      {query.data && <p role="status">{hits.length ? words.minutes.hitCount(hits.length) : words.minutes.searchNone}</p>}
      {hits.map((hit, n) => <HitCard key={n} hit={hit} />)}
      {query.hasNextPage && <Button onClick={() => void query.fetchNextPage()}>{words.act.more}</Button>}
    </Frame>
  );
}

function HitCard({ hit }: { hit: Hit }) {
  const words = useWords();
  const base = `/meetings/${hit.meeting.id}`;
  return (
    <Card data-testid="hit" data-meeting-id={hit.meeting.id}>
      <div className={styles.head}>
        <Pill>{words.minutes.hit[hit.kind]}</Pill>
        <span>{dateOf(hit.meeting.starts_at)} · {hit.meeting.host.title} · {words.stage[hit.meeting.stage]}</span>
      </div>
      <h2><Link href={hit.kind === "minutes" ? `${base}/minutes` : base}>{hit.title || hit.meeting.title}</Link></h2>
      {hit.snippet && <p>{hit.snippet.replace(/<\/?\w+>/g, "")}</p>}
      {hit.at_ms != null && <p><Link href={`${base}/recording?t=${hit.at_ms / 1000}`}>{words.minutes.play}</Link></p>}
    </Card>
  );
}
