/** Devices tried days before, while the room is still closed; the secretary then sees that the site is ready. */
import { useEffect } from "react";
import type { Session } from "../rest/types";
import { DevicesForm, useDevices } from "../room/devices-form";
import { useLatest } from "../room/use-room";
import { useSession } from "../session/session";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useWords } from "../words";

export default function LinkCheck({ token, meetingId, onClose, done }: { token: string; meetingId: string; onClose: () => void; done: (fine: boolean) => void }) {
  const words = useWords();
  const { api, adopt } = useSession();
  const devices = useDevices(true);
  const { report, asking } = devices;
  const held = useLatest(report);
  useEffect(() => () => [held.current.camera, held.current.microphone].forEach((track) => track?.stop()), [held]);
  const fine = !!report.camera && !!report.microphone;
  const tell = async () => {
    try {
      adopt(await api.post<Session>("/api/session/site", { token }));
      await api.post(`/api/meetings/${meetingId}/device-check`, { camera: !!report.camera, microphone: !!report.microphone, browser: navigator.userAgent.slice(0, 500) });
      done(fine);
    } finally {
      onClose();
    }
  };
  return (
    <Dialog title={words.room.checkTitle} onClose={onClose} testId="link-check" actions={<Button look="main" disabled={asking || !report.opened} onClick={() => void tell()} data-testid="link-check-done">{words.link.checkDone}</Button>}>
      <DevicesForm {...devices} />
    </Dialog>
  );
}
