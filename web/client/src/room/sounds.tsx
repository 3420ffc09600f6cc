/** The audio slots: always playing, never shown. A browser that wants a click first gets a button for it. */
import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import { useRoom, useRoomContext } from "./use-room";

export function Sounds() {
  const words = useWords();
  const { controller } = useRoomContext();
  const version = useRoom((p) => p.mediaVersion);
  const slots = useRoom((p) => p.slots);
  const holder = useRef<HTMLDivElement>(null);
  const [blocked, setBlocked] = useState(false);
  const mids = (controller.media?.slots ?? []).filter((slot) => slot.kind === "audio").map((slot) => slot.mid);
  const key = `${version}:${mids.join()}`;
  useEffect(() => {
    for (const audio of holder.current?.querySelectorAll("audio") ?? []) {
      const stream = controller.media?.streamOf(audio.dataset.slot ?? "") ?? null;
      if (audio.srcObject !== stream) audio.srcObject = stream;
      if (stream) audio.play().then(() => setBlocked(false), (error: Error) => error.name === "NotAllowedError" && setBlocked(true));
    }
  }, [controller, key]);
  const playAll = () => {
    for (const audio of holder.current?.querySelectorAll("audio") ?? []) void audio.play();
    setBlocked(false);
  };
  return (
    <div ref={holder}>
      {mids.map((mid) => (
        <audio key={mid} autoPlay data-slot={mid} data-site-id={slots.find((s) => s.mid === mid)?.site_id ?? ""} data-testid="audio-slot" />
      ))}
      {blocked && <Button look="main" onClick={playAll}>{words.room.hear}</Button>}
    </div>
  );
}
