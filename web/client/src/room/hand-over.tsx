/** Hand-over of the chair: to a person of the directory at a site of this room, or to a site of a room below. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Board } from "../rest/linked";
import type { Page, Person } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Select, TextField } from "../ui/field";
import { useWords } from "../words";
import { useCommand, useNames, useRoom } from "./use-room";

export function HandOver({ onClose }: { onClose: () => void }) {
  const words = useWords();
  const api = useApi();
  const command = useCommand();
  const names = useNames();
  const state = useRoom((p) => p.state);
  const here = names.roster.filter((entry) => state.sites[entry.site_id]?.connection_id);
  const below = useSitesBelow();
  const [siteId, setSiteId] = useState(names.entry(state.chair_site_id)?.site_id ?? here[0]?.site_id ?? "");
  const [typed, setTyped] = useState("");
  const [person, setPerson] = useState("");
  const isBelow = below.some((room) => room.sites.some((site) => site.id === siteId));
  const unitId = names.entry(siteId)?.unit_id ?? "";
  const people = useQuery({
    queryKey: ["persons", typed, unitId],
    queryFn: () => api.get<Page<Person>>(`/api/persons?q=${encodeURIComponent(typed)}&unit=${typed ? "" : unitId}`),
    enabled: !isBelow,
  });
  const hand = async () => {
    const done = isBelow ? await command("lend_chair", { site_id: siteId }) : await command("hand_over_chair", { person_id: person, site_id: siteId });
    if (done) onClose();
  };
  return (
    <Dialog title={words.room.handOver} onClose={onClose} actions={<Button look="main" disabled={(!person && !isBelow) || !siteId} onClick={() => void hand()} data-testid="hand-over-confirm">{words.room.handOver}</Button>}>
      <p>{isBelow ? words.room.lendHint : words.room.handOverHint}</p>
      <Select label={words.room.handOverSite} value={siteId} onChange={(e) => setSiteId(e.target.value)} data-testid="hand-over-site">
        {here.map((entry) => <option key={entry.site_id} value={entry.site_id}>{entry.unit_title}</option>)}
        {below.map((room) => (
          <optgroup key={room.id} label={words.linked.roomOf(room.title)}>
            {room.sites.map((site) => <option key={site.id} value={site.id}>{site.title}</option>)}
          </optgroup>
        ))}
      </Select>
      {!isBelow && (
        <>
          <TextField label={words.plan.personSearch} value={typed} onChange={(e) => setTyped(e.target.value)} data-testid="hand-over-search" />
          <Select label={words.room.handOverTo} value={person} onChange={(e) => setPerson(e.target.value)} data-testid="hand-over-person">
            <option value="">{words.plan.choose}</option>
            {people.data?.items.filter((one) => siteId !== state.chair_site_id || one.id !== state.chair_person_id).map((one) => <option key={one.id} value={one.id}>{one.name}{one.posts?.[0] && ` – ${one.posts[0].name}`}</option>)}
          </Select>
        </>
      )}
    </Dialog>
  );
}

interface RoomBelow { id: string; title: string; sites: { id: string; title: string }[] }

/** Sites of rooms below that are there now, as the site board has them. */
function useSitesBelow(): RoomBelow[] {
  const api = useApi();
  const meetingId = useRoom((p) => p.welcome?.meeting.id);
  const isLinked = useRoom((p) => p.state.links.some((link) => link.side === "lower" && link.status === "open"));
  const board = useQuery({ queryKey: ["hand-over-board", meetingId], queryFn: () => api.get<Board>(`/api/meetings/${meetingId}/board`), enabled: isLinked, refetchInterval: 10_000 });
  const own = useRoom((p) => p.welcome?.roster);
  const mine = new Set(own?.map((entry) => entry.site_id));
  return (board.data?.rooms ?? [])
    .filter((room) => room.id !== meetingId)
    .map((room) => ({ id: room.id, title: room.unit_title, sites: board.data!.rows.filter((row) => row.room_id === room.id && row.state === "joined" && !mine.has(row.site_id)).map((row) => ({ id: row.site_id, title: row.unit_title })) }))
    .filter((room) => room.sites.length > 0);
}
