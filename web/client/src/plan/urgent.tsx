/** Họp khẩn: one field, one button, the room is open and the invitations are on their way. */
import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import type { Meeting } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";

export function UrgentDialog({ onClose }: { onClose: () => void }) {
  const words = useWords();
  const api = useApi();
  const [, go] = useLocation();
  const [title, setTitle] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (!title.trim()) return setMissing(true);
    setBusy(true);
    try {
      const meeting = await api.post<Meeting>("/api/meetings/urgent", { title: title.trim() });
      go(`/rooms/${meeting.id}`);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return (
    <Dialog title={words.plan.urgentTitle} onClose={onClose}>
      <p>{words.plan.urgentText} {words.plan.urgentAll}</p>
      <form onSubmit={(event) => void start(event)} style={{ display: "grid", gap: "1rem" }}>
        <TextField label={words.plan.urgentName} value={title} autoFocus onChange={(e) => setTitle(e.target.value)} error={missing && !title.trim() ? words.plan.titleNeeded : null} data-testid="urgent-title" />
        <ErrorNotice error={error} />
        <Button look="main" type="submit" disabled={busy} data-testid="urgent-start">{words.plan.urgentStart}</Button>
      </form>
    </Dialog>
  );
}
