/** Linked installations: our pairing text, those above and below with their state, adding one and revoking one. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import styles from "../organisation/organisation.module.css";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Select, TextArea } from "../ui/field";
import { Card } from "../ui/frame";
import { ErrorNotice, Loading, Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { dateOf, secondsOf } from "../words/when";
import { detailIn, faultIn } from "./node-faults";

interface This { name: string; fingerprint: string; pairing_text: string }
interface Node {
  id: string; name: string; role: "upper" | "lower"; url: string; revoked_at: string | null; seen_at: string | null; is_up: boolean; rtt_ms: number | null;
  clock_offset_ms: number | null; facts_waiting: number; nodes_behind: number; media?: Legs | null; error: string; error_detail: string; error_at: string | null;
}
interface Refused { id: string; name: string; at: string; is_revoked: boolean }
interface Legs { legs: number; legs_up: number; loss_out: number; rtt_ms: number; bytes_in: number; bytes_out: number }
interface Checked { name: string; url: string; fingerprint: string; is_this: boolean }
const CLOCK_SHOWN_MS = 2000;

export function Nodes() {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["nodes"], queryFn: () => api.get<{ this: This; items: Node[]; refused: Refused[] }>("/api/nodes"), refetchInterval: 3_000 });
  const [error, setError] = useState<unknown>(null);
  const again = () => client.invalidateQueries({ queryKey: ["nodes"] });
  const revoke = (id: string) => void api.delete(`/api/nodes/${id}`).then(again, setError);
  if (!query.data) return query.error ? <ErrorNotice error={query.error} /> : <Loading />;
  const { this: ours, items, refused } = query.data;
  return (
    <>
      <ErrorNotice error={error} />
      <Card>
        <p>{words.nodes.intro}</p>
        {items.length === 0 ? <p>{words.nodes.none}</p> : (
          <div className={styles.tableWrap}><table className={styles.table}>
            <thead><tr>{[words.nodes.name, words.nodes.role, words.nodes.state, words.nodes.line, words.nodes.error, words.nodes.act].map((name) => <th key={name}>{name}</th>)}</tr></thead>
            <tbody>{items.map((node) => <Row key={node.id} node={node} revoke={() => revoke(node.id)} />)}</tbody>
          </table></div>
        )}
        {refused.map((one) => <Notice key={one.id} tone="warn"><span data-testid="refused-node">{(one.is_revoked ? words.nodes.refusedRevoked : words.nodes.refusedUnknown)(one.name, one.id.slice(0, 8))} ({dateOf(one.at)} {secondsOf(one.at)})</span></Notice>)}
      </Card>
      <Card>
        <h2>{words.nodes.ours}: {ours.name}</h2>
        <p>{words.nodes.oursHint}</p>
        <p>{words.nodes.fingerprint}: <strong>{ours.fingerprint}</strong></p>
        <TextArea label={words.nodes.text} value={ours.pairing_text} readOnly rows={5} data-testid="our-pairing" />
      </Card>
      <Add onAdded={() => void again()} />
    </>
  );
}

function Row({ node, revoke }: { node: Node; revoke: () => void }) {
  const words = useWords();
  const state = node.revoked_at ? words.nodes.revoked : node.is_up ? words.nodes.up : node.seen_at ? words.nodes.down : words.nodes.never;
  const skew = Math.abs(node.clock_offset_ms ?? 0);
  const line = [
    node.rtt_ms !== null && words.nodes.rtt(node.rtt_ms),
    skew > CLOCK_SHOWN_MS && words.nodes.clock(Math.round(skew / 1000)),
    node.facts_waiting > 0 && words.nodes.waiting(node.facts_waiting),
    node.media && words.nodes.media(node.media.legs_up, node.media.legs, node.media.loss_out * 100, Math.round(node.media.bytes_in / 1e6), Math.round(node.media.bytes_out / 1e6)),
    node.nodes_behind > 0 && words.nodes.behind(node.nodes_behind),
  ].filter(Boolean).join(", ");
  return (
    <tr data-testid="node-row">
      <td>{node.name}<br /><span className={styles.soft}>{node.url}</span></td>
      <td>{words.nodes.roles[node.role]}</td>
      <td><Pill tone={node.is_up ? "good" : node.revoked_at ? "info" : "bad"}>{state}</Pill></td>
      <td>{line}</td>
      <td>{node.error && <>{faultIn(words.nodes, node.error)}{node.error_at && ` (${dateOf(node.error_at)} ${secondsOf(node.error_at)})`}<br /><span className={styles.soft}>{detailIn(words.nodes, node.error, node.error_detail)}</span></>}</td>
      <td>{!node.revoked_at && <ConfirmButton look="danger" size="small" ask={words.nodes.revokeAsk(node.name)} detail={words.nodes.revokeDetail} act={revoke}>{words.nodes.revoke}</ConfirmButton>}</td>
    </tr>
  );
}

function Add({ onAdded }: { onAdded: () => void }) {
  const words = useWords();
  const api = useApi();
  const [text, setText] = useState("");
  const [role, setRole] = useState("lower");
  const [checked, setChecked] = useState<Checked | null>(null);
  const [error, setError] = useState<unknown>(null);
  const check = (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    api.post<Checked>("/api/nodes/check", { text }).then(setChecked, setError);
  };
  const add = () => void api.post("/api/nodes", { text, role }).then(() => { setText(""); setChecked(null); onAdded(); }, setError);
  return (
    <Card>
      <h2>{words.nodes.add}</h2>
      <form className={styles.form} onSubmit={check}>
        <TextArea label={words.nodes.theirText} value={text} rows={5} onChange={(e) => { setText(e.target.value); setChecked(null); }} data-testid="their-pairing" />
        <Select label={words.nodes.theyAre} value={role} onChange={(e) => setRole(e.target.value)}>
          {Object.entries(words.nodes.roles).map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </Select>
        <ErrorNotice error={error} />
        <div><Button type="submit" disabled={!text.trim()} data-testid="check-pairing">{words.nodes.check}</Button></div>
      </form>
      {checked?.is_this && <Notice tone="bad">{words.nodes.isThis}</Notice>}
      {checked && !checked.is_this && (
        <Notice tone="warn" action={<Button look="main" onClick={add} data-testid="add-node">{words.nodes.confirm(checked.name)}</Button>}>
          {checked.name}, {checked.url}. {words.nodes.fingerprint}: <strong>{checked.fingerprint}</strong>. {words.nodes.compare}
        </Notice>
      )}
    </Card>
  );
}
