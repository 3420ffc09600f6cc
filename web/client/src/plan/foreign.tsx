/** Tickets for encoders and players: given, shown once with their token, and revoked. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ForeignTicket, Meeting } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Select, TextField } from "../ui/field";
import { ErrorNotice, Notice } from "../ui/notice";
import { useWords } from "../words";
import styles from "./page.module.css";

type Kind = ForeignTicket["kind"];

export function ForeignDevices({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  const api = useApi();
  const path = `/api/meetings/${meeting.id}/tickets`;
  const [kind, setKind] = useState<Kind>("ingest");
  const [siteId, setSiteId] = useState(meeting.sites[0]?.site_id ?? "");
  const [label, setLabel] = useState("");
  const [fresh, setFresh] = useState<ForeignTicket | null>(null);
  const [error, setError] = useState<unknown>(null);
  const query = useQuery({ queryKey: ["tickets", meeting.id], queryFn: () => api.get<{ items: ForeignTicket[] }>(path), refetchInterval: 10_000 });
  const run = async (act: () => Promise<void>) => {
    setError(null);
    try {
      await act();
      await query.refetch();
    } catch (problem) {
      setError(problem);
    }
  };
  const give = () => run(async () => {
    const body = { kind, label: label.trim(), ...(kind === "ingest" ? { site_id: siteId } : {}) };
    setFresh(await api.post<ForeignTicket>(path, body));
    setLabel("");
  });
  const nameOf = (ticket: ForeignTicket) => meeting.sites.find((site) => site.site_id === ticket.site_id);
  const items = query.data?.items ?? [];
  return (
    <>
      <p className={styles.soft}>{words.foreign.explain}</p>
      {fresh && <NewTicket ticket={fresh} onDone={() => setFresh(null)} />}
      <div className={styles.acts}>
        <Select label={words.foreign.kind} value={kind} onChange={(e) => setKind(e.target.value as Kind)} data-testid="ticket-kind">
          {(["ingest", "playback"] as const).map((one) => <option key={one} value={one}>{words.foreign.kinds[one]}</option>)}
        </Select>
        {kind === "ingest" && (
          <Select label={words.foreign.site} value={siteId} onChange={(e) => setSiteId(e.target.value)} data-testid="ticket-site">
            {meeting.sites.map((site) => <option key={site.site_id} value={site.site_id}>{site.unit_title}, {site.site_name}</option>)}
          </Select>
        )}
        <TextField label={words.foreign.label} hint={words.foreign.labelHint} maxLength={200} value={label} onChange={(e) => setLabel(e.target.value)} data-testid="ticket-label" />
        <Button onClick={() => void give()} disabled={kind === "ingest" && !siteId} data-testid="give-ticket">{words.foreign.give}</Button>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      {items.length === 0 ? <p className={styles.soft}>{words.foreign.none}</p> : (
        <ul className={styles.rows}>
          {items.map((ticket) => (
            <li key={ticket.id} className={styles.line} data-testid="ticket">
              <span><strong>{ticket.label || words.foreign.kinds[ticket.kind]}</strong><p className={styles.soft}>{words.foreign.kinds[ticket.kind]}{nameOf(ticket) ? ` · ${nameOf(ticket)?.unit_title}` : ""} · {ticket.revoked_at ? words.foreign.revoked : words.foreign.inUse(ticket.in_use)}</p></span>
              {!ticket.revoked_at && <ConfirmButton size="small" look="danger" ask={words.foreign.revokeAsk} testId="revoke-ticket" act={() => void run(async () => { await api.delete(`${path}/${ticket.id}`); })}>{words.foreign.revoke}</ConfirmButton>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function NewTicket({ ticket, onDone }: { ticket: ForeignTicket; onDone: () => void }) {
  const words = useWords();
  return (
    <Notice tone="good">
      <p>{words.foreign.given}</p>
      <Copied label={words.foreign.url} value={ticket.url} testId="ticket-url" />
      <Copied label={words.foreign.token} value={ticket.token ?? ""} testId="ticket-token" />
      <Button size="small" onClick={onDone}>{words.foreign.done}</Button>
    </Notice>
  );
}

function Copied({ label, value, testId }: { label: string; value: string; testId: string }) {
  const words = useWords();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setDone(true);
  };
  return <p>{label}: <code data-testid={testId}>{value}</code> <Button size="small" onClick={() => void copy()}>{done ? words.foreign.copied : words.foreign.copy}</Button></p>;
}
