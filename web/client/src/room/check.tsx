/** Before the room: see and hear yourself, get told what to mend, then one button. */
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { Card, Frame } from "../ui/frame";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import { DevicesForm, useDevices } from "./devices-form";
import type { LocalTracks } from "./use-room";

export function DeviceCheck({ meetingId, title, needsDevices, isSite, enter }: { meetingId: string; title: string; needsDevices: boolean; isSite: boolean; enter: (tracks: LocalTracks) => void }) {
  const words = useWords();
  const api = useApi();
  const devices = useDevices(needsDevices);
  const { report, asking } = devices;
  const fine = !needsDevices || (!!report.camera && !!report.microphone);
  const go = () => {
    if (isSite) {
      const body = { camera: !!report.camera, microphone: !!report.microphone, browser: navigator.userAgent.slice(0, 500) };
      void api.post(`/api/meetings/${meetingId}/device-check`, body).catch(() => undefined);
    }
    enter({ camera: report.camera, microphone: report.microphone });
  };
  return (
    <Frame title={title} narrow kicker={<p>{words.room.checkTitle}</p>}>
      <Card>
        {needsDevices ? <DevicesForm {...devices} /> : <Notice>{words.room.listening}</Notice>}
        <Button look="main" size="large" disabled={asking || !report.opened} onClick={go} data-testid="enter-room">{fine ? words.room.enter : words.room.enterAnyway}</Button>
      </Card>
    </Frame>
  );
}
