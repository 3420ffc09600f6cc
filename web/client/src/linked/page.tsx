/** Levels taking part: pick units, open rooms for hosting units, see sites, lines and warnings before the meeting. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useParams } from "wouter";
import type { Candidate, Tree } from "../rest/linked";
import type { Meeting, Page } from "../rest/types";
import { useApi } from "../session/session";
import { Button, ButtonLink } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { ErrorNotice, Loading, Notice } from "../ui/notice";
import { useWords } from "../words";
import { Hosts } from "./hosts";
import { Lines, Warnings } from "./lines";
import styles from "./linked.module.css";
import { QuickChoice } from "./quick-choice";
import { countByRoom, planOf, selectionOf, unitsOf, type Selection } from "./selection";
import { UnitTree } from "./unit-tree";

export default function TreePage() {
  const { id = "" } = useParams<{ id: string }>();
  const words = useWords();
  const api = useApi();
  const meeting = useQuery({ queryKey: ["meeting", id], queryFn: () => api.get<Meeting>(`/api/meetings/${id}`) });
  const tree = useQuery({ queryKey: ["tree", id], queryFn: () => api.get<Tree>(`/api/meetings/${id}/tree`), refetchOnWindowFocus: false });
  const units = useQuery({ queryKey: ["tree-units", id], queryFn: () => api.get<Page<Candidate>>(`/api/meetings/${id}/tree/units`), staleTime: Infinity });
  const error = meeting.error ?? tree.error ?? units.error;
  if (!meeting.data || !tree.data || !units.data) return <Frame title={words.linked.title}>{error ? <ErrorNotice error={error} /> : <Loading />}</Frame>;
  return <Plan key={tree.data.version} meeting={meeting.data} tree={tree.data} items={units.data.items} />;
}

function Plan({ meeting, tree, items }: { meeting: Meeting; tree: Tree; items: Candidate[] }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const units = useMemo(() => unitsOf(items), [items]);
  const start = useMemo(() => selectionOf(tree), [tree]);
  const [selection, setSelection] = useState<Selection>(start);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const counts = useMemo(() => countByRoom(units, selection), [units, selection]);
  const changed = selection !== start;
  const save = async () => {
    setSaving(true);
    setError(null);
    try {
      const saved = await api.put<Tree>(`/api/meetings/${meeting.id}/tree`, { version: tree.version, ...planOf(selection) });
      await client.invalidateQueries({ queryKey: ["meeting", meeting.id] });
      client.setQueryData(["tree", meeting.id], saved);
    } catch (problem) {
      setError(problem);
      setSaving(false);
    }
  };
  const sum = words.linked.sum(selection.hosts.size + 1, selection.sites.size);
  return (
    <Frame title={words.linked.title} kicker={<p>{meeting.title}</p>} actions={<ButtonLink href={`/meetings/${meeting.id}`}>{words.linked.back}</ButtonLink>}>
      <p className={styles.intro}>{words.linked.intro}</p>
      {tree.may_plan && meeting.stage !== "draft" && <Notice tone="warn">{words.linked.changesGoOut}</Notice>}
      <div className={styles.columns}>
        <div className={styles.column}>
          {tree.may_plan && <Card><h2>{words.linked.quick}</h2><QuickChoice units={units} selection={selection} change={setSelection} /></Card>}
          <Card><h2>{words.linked.units}</h2><UnitTree units={units} selection={selection} change={tree.may_plan ? setSelection : undefined} /></Card>
        </div>
        <div className={styles.column}>
          <Card><h2>{words.linked.warnings}</h2><Warnings tree={tree} stale={changed} /></Card>
          <Card><h2>{words.linked.lines}</h2><Lines tree={tree} /></Card>
          <Card><h2>{words.linked.rooms}</h2><Hosts tree={tree} units={units} selection={selection} counts={counts} change={tree.may_plan ? setSelection : undefined} /></Card>
        </div>
      </div>
      {tree.may_plan && (
        <div className={styles.sticky}>
          <Button look="main" size="large" disabled={saving || !changed} onClick={() => void save()} data-testid="save-tree">{words.linked.save}</Button>
          <strong role="status" data-testid="tree-sum">{sum}</strong>
          <span className={styles.soft}>{changed ? words.linked.unsaved : ""}</span>
          <ErrorNotice error={error} />
        </div>
      )}
    </Frame>
  );
}
