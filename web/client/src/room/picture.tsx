/** A picture with its name under it. Until frames come there is a name card: the voice is heard anyway. */
import { useEffect, useRef, useState } from "react";
import { useWords } from "../words";
import styles from "./picture.module.css";
import { useRoom, useRoomContext } from "./use-room";

interface PictureProps {
  title: string;
  note?: string;
  siteId: string | null;
  mid?: string | null;
  /** Our own picture instead of a slot. */
  own?: boolean;
  paused?: boolean;
  testId?: string;
  large?: boolean;
  onAir?: boolean;
  contain?: boolean;
}

function useStream(mid: string | null | undefined, own: boolean): MediaStream | null {
  const { controller, local } = useRoomContext();
  const version = useRoom((p) => p.mediaVersion);
  const [stream, setStream] = useState<MediaStream | null>(null);
  useEffect(() => {
    if (own) setStream(local.camera ? new MediaStream([local.camera]) : null);
    else setStream(mid ? (controller.media?.streamOf(mid) ?? null) : null);
  }, [controller, local, mid, own, version]);
  return stream;
}

export function Picture({ title, note, siteId, mid = null, own = false, paused = false, testId, large = false, onAir = false, contain = false }: PictureProps) {
  const words = useWords();
  const stream = useStream(mid, own);
  const here = useRoom((p) => !!siteId && !!p.state.sites[siteId]?.connection_id);
  const element = useRef<HTMLVideoElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const video = element.current;
    if (!video) return;
    setSeen(false);
    video.srcObject = stream;
    if (stream) void video.play().catch(() => undefined);
    const watch = () => setSeen(video.videoWidth > 0 && video.readyState >= 2);
    video.addEventListener("loadeddata", watch); // at once, not at the next look
    const timer = setInterval(watch, 250);
    return () => {
      clearInterval(timer);
      video.removeEventListener("loadeddata", watch);
    };
  }, [stream]);
  const shown = seen && !paused;
  const still = useRoom((p) => (paused && !own && siteId ? p.stills[siteId] : undefined));
  return (
    <figure className={`${styles.picture} ${large ? styles.large : ""} ${onAir ? styles.onAir : ""}`} data-site-id={siteId ?? ""}>
      <div className={styles.screen}>
        <video ref={element} autoPlay playsInline muted aria-label={title} className={`${contain ? styles.contain : ""} ${shown ? "" : styles.hidden}`} data-testid={testId} data-site-id={siteId ?? ""} data-slot={own ? "own" : (mid ?? "")} data-seen={shown} />
        {!shown && still && <img src={still} alt={words.room.stillOf(title)} className={styles.still} data-testid="still" data-site-id={siteId ?? ""} />}
        {!shown && !still && (
          <div className={styles.card}>
            <span className={styles.cardName}>{title}</span>
            <span>{!siteId || own ? words.room.noPicture : here ? words.room.voiceOnly : words.room.status.none}</span>
          </div>
        )}
      </div>
      <figcaption className={styles.caption}><strong>{title}</strong>{note && <span>{note}</span>}</figcaption>
    </figure>
  );
}
