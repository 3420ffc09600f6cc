/** Hand-over of the chair: to a person of the directory, at one of the sites in the room. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
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
  const [siteId, setSiteId] = useState(state.chair_site_id ?? "");
  const [typed, setTyped] = useState("");
  const [person, setPerson] = useState("");
  const unitId = names.entry(siteId)?.unit_id ?? "";
  const people = useQuery({
    queryKey: ["persons", typed, unitId],
    queryFn: () => api.get<Page<Person>>(`/api/persons?q=${encodeURIComponent(typed)}&unit=${typed ? "" : unitId}`),
  });
  const hand = async () => {
    if (await command("hand_over_chair", { person_id: person, site_id: siteId })) onClose();
  };
  return (
    <Dialog title={words.room.handOver} onClose={onClose} actions={<Button look="main" disabled={!person || !siteId} onClick={() => void hand()} data-testid="hand-over-confirm">{words.room.handOver}</Button>}>
      <p>{words.room.handOverHint}</p>
      <Select label={words.room.handOverSite} value={siteId} onChange={(e) => setSiteId(e.target.value)} data-testid="hand-over-site">
        {here.map((entry) => <option key={entry.site_id} value={entry.site_id}>{entry.unit_title}</option>)}
      </Select>
      <TextField label={words.plan.personSearch} value={typed} onChange={(e) => setTyped(e.target.value)} data-testid="hand-over-search" />
      <Select label={words.room.handOverTo} value={person} onChange={(e) => setPerson(e.target.value)} data-testid="hand-over-person">
        <option value="">{words.plan.choose}</option>
        {people.data?.items.filter((one) => siteId !== state.chair_site_id || one.id !== state.chair_person_id).map((one) => <option key={one.id} value={one.id}>{one.name}{one.posts?.[0] && ` – ${one.posts[0].name}`}</option>)}
      </Select>
    </Dialog>
  );
}
