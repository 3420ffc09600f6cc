/** The codecs a room may use, asked for in every line: a Chromium offer with all it knows outgrows a signalling frame. */

interface Codec { mimeType: string; sdpFmtpLine?: string }

function isWanted(codec: Codec): boolean {
  const name = codec.mimeType.toLowerCase();
  if (name === "video/h264") return /packetization-mode=1/.test(codec.sdpFmtpLine ?? "") && /profile-level-id=42e0/i.test(codec.sdpFmtpLine ?? "");
  return ["audio/opus", "audio/red", "video/vp8", "video/rtx"].includes(name);
}

/** VP8 before H.264; Opus for sound, in RED where packets get lost. */
export function wantedCodecs<C extends Codec>(all: readonly C[]): C[] {
  const rank = (codec: C) => (codec.mimeType.toLowerCase() === "video/vp8" ? 0 : 1);
  return all.filter(isWanted).sort((a, b) => rank(a) - rank(b));
}

export function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
  const sends = transceiver.direction === "sendonly";
  const all = (sends ? RTCRtpSender : RTCRtpReceiver).getCapabilities?.(kind)?.codecs ?? [];
  const wanted = wantedCodecs(all);
  if (!wanted.length || !("setCodecPreferences" in transceiver)) return;
  try {
    transceiver.setCodecPreferences(wanted);
  } catch {
    // an older browser refuses lists it does not know; its own order does
  }
}
