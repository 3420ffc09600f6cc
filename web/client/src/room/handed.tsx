/** The chair went to somebody else: whom it concerns is told in a dialog, all others in one line. */
import { Button, ButtonLink } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import type { Handed } from "./model";
import { useNames, useRoom } from "./use-room";

export function HandedNotice({ handed, dismiss }: { handed: Handed | null; dismiss: () => void }) {
  const words = useWords();
  const names = useNames();
  const site = useRoom((p) => names.unit(p.state.chair_site_id));
  if (handed !== "from_me" && handed !== "other") return null;
  return (
    <Notice tone="good" action={<Button size="small" onClick={dismiss}>{words.act.close}</Button>}>
      <span data-testid="chair-handed" data-to={handed}>{words.room.handed[handed](site)}</span>
    </Notice>
  );
}

export function HandedDialog({ handed, dismiss }: { handed: Handed | null; dismiss: () => void }) {
  const words = useWords();
  const meetingId = useRoom((p) => p.welcome?.meeting.id);
  const title = useRoom((p) => p.state.links.find((link) => link.side === "upper")?.title);
  if (handed === "above") {
    return (
      <Dialog title={words.room.handed.above} onClose={dismiss} testId="handed-above" actions={<Button look="main" onClick={dismiss} data-testid="handed-understood">{words.room.handed.understood}</Button>}>
        <p>{words.room.handed.aboveText(title ?? "")}</p>
      </Dialog>
    );
  }
  if (handed === "me") {
    return (
      <Dialog title={words.room.handed.me} onClose={dismiss} testId="handed-me" actions={<Button look="main" onClick={dismiss} data-testid="handed-understood">{words.room.handed.understood}</Button>}>
        <p>{words.room.handed.meText}</p>
      </Dialog>
    );
  }
  if (handed !== "here") return null;
  return (
    <Dialog title={words.room.handed.here} onClose={dismiss} testId="handed-here" actions={
      <>
        <Button onClick={dismiss} data-testid="handed-later">{words.room.handed.later}</Button>
        <ButtonLink look="main" href={`/login?next=${encodeURIComponent(`/rooms/${meetingId}`)}`} data-testid="handed-log-in">{words.room.handed.logIn}</ButtonLink>
      </>
    }>
      <p>{words.room.handed.hereText}</p>
    </Dialog>
  );
}
