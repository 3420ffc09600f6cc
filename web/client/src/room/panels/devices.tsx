import { useEffect } from "react";
import { Button } from "../../ui/button";
import { useWords } from "../../words";
import { DevicesForm, useDevices } from "../devices-form";
import { useCommand, useRoom, useRoomContext } from "../use-room";
import styles from "./panels.module.css";

export function DevicesPanel() {
  const words = useWords();
  const command = useCommand();
  const { controller, local, setLocal } = useRoomContext();
  const phone = useRoom((p) => p.welcome?.meeting.contact_phone);
  const devices = useDevices(true, local);
  const { camera, microphone } = devices.report;
  useEffect(() => {
    if (camera === local.camera && microphone === local.microphone) return;
    setLocal({ camera, microphone });
    void controller.setCapture({ camera, microphone });
  }, [camera, microphone, local, setLocal, controller]);
  const report = (what: string) => void command("post_chat", { text: words.room.troubleText(what) });
  return (
    <div className={styles.panel}>
      <h2>{words.room.devices}</h2>
      <DevicesForm {...devices} />
      <h2>{words.room.reportTrouble}</h2>
      <div className={styles.acts}>
        {Object.values(words.room.troubles).map((what) => <Button key={what} size="small" onClick={() => report(what)}>{what}</Button>)}
      </div>
      {phone && <p><a href={`tel:${phone}`}>{words.room.call(phone)}</a></p>}
    </div>
  );
}
