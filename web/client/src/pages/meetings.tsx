/** All meetings one may see, newest first, by name and stage. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { MeetingCard, Page } from "../rest/types";
import { hasRole, useApi, useSession } from "../session/session";
import { Button, ButtonLink } from "../ui/button";
import { Select, TextField } from "../ui/field";
import { Frame } from "../ui/frame";
import { ErrorNotice, Loading } from "../ui/notice";
import { useWords } from "../words";
import { MeetingRow } from "./today";

export default function Meetings() {
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const [typed, setTyped] = useState("");
  const [stage, setStage] = useState("");
  const query = useInfiniteQuery({
    queryKey: ["meetings", typed, stage],
    queryFn: ({ pageParam }) => {
      const parameters = new URLSearchParams();
      if (typed.trim()) parameters.set("q", typed.trim());
      if (stage) parameters.set("stage", stage);
      if (pageParam) parameters.set("cursor", pageParam);
      return api.get<Page<MeetingCard>>(`/api/meetings?${parameters}`);
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const now = new Date().toISOString();
  return (
    <Frame title={words.plan.list} actions={hasRole(session, "secretary", "administrator", "unit_administrator") && <ButtonLink look="main" href="/meetings/new">{words.today.newMeeting}</ButtonLink>}>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(14rem, 1fr))", gap: "1rem" }}>
        <TextField label={words.plan.searchTitle} type="search" value={typed} onChange={(e) => setTyped(e.target.value)} />
        <Select label={words.organisation.jobState} value={stage} onChange={(e) => setStage(e.target.value)}>
          <option value="">{words.plan.allStages}</option>
          {Object.entries(words.stage).map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </Select>
      </div>
      {query.isLoading && <Loading />}
      <ErrorNotice error={query.error} />
      {query.data && items.length === 0 && <p>{words.plan.noneFound}</p>}
      {items.map((meeting) => <MeetingRow key={meeting.id} meeting={meeting} now={now} />)}
      {query.hasNextPage && <Button onClick={() => void query.fetchNextPage()}>{words.act.more}</Button>}
    </Frame>
  );
}
