/** Papers of a meeting: hand in with the promise about secrets, look at page by page, withdraw. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import type { Meeting, Paper } from "../rest/types";
import { tooLarge } from "../rest/upload";
import { useApi, useSession } from "../session/session";
import { Button, FileLink } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { Checkbox, FileField, Select, TextField } from "../ui/field";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";
import styles from "./page.module.css";

export function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1).replace(".", ",")} MB`;
}

export function Papers({ meeting, mayAdd }: { meeting: Meeting; mayAdd: boolean }) {
  const words = useWords();
  const api = useApi();
  const client = useQueryClient();
  const [shown, setShown] = useState<Paper | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ["meeting", meeting.id] });
  const withdraw = async (paper: Paper) => {
    await api.delete(`/api/papers/${paper.id}`);
    await again();
  };
  const papers = meeting.papers.filter((paper) => !(paper as Paper & { withdrawn_at?: string | null }).withdrawn_at);
  return (
    <>
      {papers.length === 0 && <p className={styles.soft}>{words.plan.noPapers}</p>}
      <div>
        {papers.map((paper) => (
          <div key={paper.id} className={styles.line} data-testid="paper" data-paper-id={paper.id}>
            <div>
              <strong>{paper.title}</strong>
              <p className={styles.soft}>{paper.page_count ? `${words.plan.pages(paper.page_count)} · ` : ""}{sizeText(paper.size_bytes)} · {words.plan.received}</p>
            </div>
            <div className={styles.acts}>
              {paper.viewable && <Button size="small" onClick={() => setShown(paper)} aria-label={`${words.plan.view}: ${paper.title}`} data-testid="view-paper">{words.plan.view}</Button>}
              <FileLink size="small" look="quiet" href={`/api/papers/${paper.id}/file`} download={paper.file_name} aria-label={`${words.act.download}: ${paper.title}`}>{words.act.download}</FileLink>
              {mayAdd && <ConfirmButton size="small" look="quiet" testId="withdraw-paper" ask={`${words.plan.withdraw}: ${paper.title}`} act={() => void withdraw(paper)}>{words.plan.withdraw}</ConfirmButton>}
            </div>
          </div>
        ))}
      </div>
      {mayAdd && <Upload meeting={meeting} done={again} />}
      {shown && <PaperDialog paper={shown} onClose={() => setShown(null)} />}
    </>
  );
}

export function PaperDialog({ paper, onClose, start = 1 }: { paper: Pick<Paper, "id" | "title" | "page_count">; onClose: () => void; start?: number }) {
  const words = useWords();
  const [page, setPage] = useState(start);
  const count = paper.page_count ?? 1;
  return (
    <Dialog title={paper.title} onClose={onClose} wide>
      <img className={styles.sheet} src={`/api/papers/${paper.id}/pages/${page}.png?width=1200`} alt={`${paper.title}, ${words.plan.page(page, count)}`} data-testid="paper-page" />
      <div className={styles.acts}>
        <Button disabled={page <= 1} onClick={() => setPage(page - 1)}>{words.plan.previous}</Button>
        <span role="status">{words.plan.page(page, count)}</span>
        <Button disabled={page >= count} onClick={() => setPage(page + 1)}>{words.plan.next}</Button>
      </div>
    </Dialog>
  );
}

function Upload({ meeting, done }: { meeting: Meeting; done: () => Promise<void> }) {
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [notSecret, setNotSecret] = useState(false);
  const [missing, setMissing] = useState(false);
  const [noFile, setNoFile] = useState(false);
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const file = data.get("file");
    if (!(file instanceof File) || !file.name) return setNoFile(true);
    if (!notSecret) return setMissing(true);
    const refused = tooLarge(file, session?.upload_limit, words);
    if (refused) return setError(refused);
    if (!data.get("title")) data.set("title", file.name.replace(/\.[^.]+$/, ""));
    if (!data.get("item_id")) data.delete("item_id");
    data.set("not_secret", "true");
    setBusy(true);
    setError(null);
    try {
      await api.post(`/api/meetings/${meeting.id}/papers`, data);
      form.current?.reset();
      setRound((n) => n + 1);
      setNotSecret(false);
      setMissing(false);
      await done();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} noValidate onSubmit={(event) => void send(event)} className={styles.form}>
      <FileField key={round} label={words.plan.file} name="file" error={noFile ? words.act.fileNeeded : null} onChange={() => setNoFile(false)} data-testid="paper-file" />
      <TextField label={words.plan.paperTitle} name="title" data-testid="paper-title" />
      <Select label={words.plan.forItem} name="item_id"><option value="">{words.plan.wholeMeeting}</option>{meeting.items.map((item) => <option key={item.id} value={item.id}>{item.title}</option>)}</Select>
      <div className={styles.full}><Checkbox label={words.plan.notSecret} checked={notSecret} error={missing && !notSecret ? words.plan.notSecretNeeded : null} onChange={(e) => setNotSecret(e.target.checked)} data-testid="not-secret" /></div>
      <div className={styles.full}><ErrorNotice error={error} /></div>
      <Button type="submit" disabled={busy} data-testid="upload-paper">{busy ? words.plan.uploading : words.plan.upload}</Button>
    </form>
  );
}
