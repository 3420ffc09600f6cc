"""The light peer's offer, in the order and form of a browser's."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu.negotiation import (
    LEVEL_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    TRANSPORT_CC_URI,
)
from sfu.plane.plane import ExtensionIds

OPUS, VP8, RTX = 111, 96, 97
AUDIO_IDS = ExtensionIds(mid=4, audio_level=1, transport_cc=3)
VIDEO_IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, transport_cc=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the offer asks for."""

    audio: bool = True
    video: bool = True
    presentation: bool = False
    rids: tuple[str, ...] = ()
    audio_slots: int = 3
    presentation_slots: int = 1
    video_slots: int = 4


@dataclass(slots=True)
class OfferedLine:
    """One m-line of ours."""

    mid: str
    kind: str
    direction: str
    source: str = ""
    rids: tuple[str, ...] = ()


@dataclass(slots=True)
class Offer:
    """Lines and their text."""

    ufrag: str
    pwd: str
    fingerprint: str
    lines: list[OfferedLine] = field(default_factory=list)

    def text(self) -> str:
        bundle = " ".join(line.mid for line in self.lines)
        head = [
            "v=0",
            "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {bundle}",
            "a=extmap-allow-mixed",
            "a=msid-semantic: WMS",
        ]
        return "\r\n".join([*head, *(part for line in self.lines for part in self._line(line))]) + "\r\n"

    def _line(self, line: OfferedLine) -> list[str]:
        audio = line.kind == "audio"
        lines = [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {OPUS if audio else f'{VP8} {RTX}'}",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.pwd}",
            "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            "a=setup:actpass",
            f"a=mid:{line.mid}",
            *_extensions(audio),
            f"a={line.direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *_codecs(audio),
        ]
        if line.rids:
            lines += [f"a=rid:{rid} send" for rid in line.rids]
            lines.append(f"a=simulcast:send {';'.join(line.rids)}")
        return lines


def lines_for(wanted: Wanted) -> list[OfferedLine]:
    """m-lines in the order a browser of ours has them."""
    lines: list[tuple[str, str, str, tuple[str, ...]]] = []
    if wanted.audio:
        lines.append(("audio", "sendonly", "microphone", ()))
    if wanted.video:
        lines.append(("video", "sendonly", "camera", wanted.rids))
    if wanted.presentation:
        lines.append(("video", "sendonly", "presentation", ()))
    lines += [("audio", "recvonly", "", ())] * wanted.audio_slots
    lines += [("video", "recvonly", "", ())] * (wanted.presentation_slots + wanted.video_slots)
    return [OfferedLine(str(index), *line) for index, line in enumerate(lines)]


def _extensions(audio: bool) -> list[str]:
    ids = AUDIO_IDS if audio else VIDEO_IDS
    pairs = [
        (ids.audio_level, LEVEL_URI),
        (ids.mid, MID_URI),
        (ids.rid, RID_URI),
        (ids.repaired_rid, REPAIRED_RID_URI),
        (ids.transport_cc, TRANSPORT_CC_URI),
    ]
    return [f"a=extmap:{number} {uri}" for number, uri in pairs if number]


def _codecs(audio: bool) -> list[str]:
    if audio:
        return [
            f"a=rtpmap:{OPUS} opus/48000/2",
            f"a=rtcp-fb:{OPUS} transport-cc",
            f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
        ]
    return [
        f"a=rtpmap:{VP8} VP8/90000",
        f"a=rtcp-fb:{VP8} goog-remb",
        f"a=rtcp-fb:{VP8} transport-cc",
        f"a=rtcp-fb:{VP8} ccm fir",
        f"a=rtcp-fb:{VP8} nack",
        f"a=rtcp-fb:{VP8} nack pli",
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
    ]
