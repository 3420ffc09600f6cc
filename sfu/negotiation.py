"""One offer, one answer (RFC 8829, RFC 8843): what of an offer we take, as a plan that ``answer.py`` writes down.

Slots are whatever m-lines of the offer want media. By order: the first sending audio line is the microphone, the first
sending video line the camera, the second the presentation; of two or more receiving video lines the first is the
presentation slot. One codec per kind: Opus, and the room's video codec. Nothing is ever renegotiated but ICE.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from sfu.errors import BadOffer, NoCodec
from sfu.events import Source
from sfu.plane.plane import ExtensionIds
from sfu.sdp import Codec, Section, SessionDescription, TransportLines

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

SlotKind = Literal["audio", "video", "presentation"]
CodecName = Literal["opus", "vp8", "h264"]
PROTOCOLS = {"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "RTP/SAVPF"}
FINGERPRINTS = ("sha-256", "sha-384", "sha-512")
MAY_SEND: dict[Source, str] = {"microphone": "audio", "camera": "video", "presentation": "presentation"}


@dataclass(frozen=True, slots=True)
class LineCodec:
    """The one codec of an m-line, with the offer's numbers."""

    name: CodecName
    clock_rate: int
    payload_type: int
    rtx_payload_type: int | None
    codec: Codec
    red_payload_type: int | None = None  # RFC 2198, of Opus

    @property
    def media_payload_types(self) -> tuple[int | None, ...]:
        """Under which media comes, repairs apart."""
        return (self.payload_type, self.red_payload_type)


@dataclass(frozen=True, slots=True)
class SendLine:
    """An m-line the peer may send on."""

    mid: str
    source: Source
    codec: LineCodec
    extensions: ExtensionIds
    rids: tuple[str, ...]
    declared: tuple[tuple[int, int | None], ...]  # (ssrc, rtx ssrc) the offer itself names
    paused: int = 0  # so many of the largest layers are not sent to begin with


@dataclass(frozen=True, slots=True)
class SlotLine:
    """An m-line the peer receives on, with SSRCs that stay for the connection's life."""

    mid: str
    kind: SlotKind
    codec: LineCodec
    extensions: ExtensionIds
    ssrc: int
    rtx_ssrc: int | None


@dataclass(slots=True)
class LinePlan:
    """One m-line of the answer; neither sending nor a slot: inactive; ``rejected``: port 0."""

    section: Section
    codec: LineCodec | None = None
    send: SendLine | None = None
    slot: SlotLine | None = None
    rejected: bool = False


@dataclass(slots=True)
class Negotiated:
    """What an offer comes to."""

    lines: list[LinePlan] = field(default_factory=list)
    remote_ufrag: str = ""
    remote_pwd: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    is_active: bool = False  # the peer waits for our ClientHello, as FFmpeg does; browsers send theirs

    @property
    def sends(self) -> list[SendLine]:
        return [line.send for line in self.lines if line.send is not None]

    @property
    def slots(self) -> list[SlotLine]:
        return [line.slot for line in self.lines if line.slot is not None]


def negotiate(
    offer: SessionDescription, may_send: Collection[str], video_codec: CodecName, new_ssrc: Callable[[], int]
) -> Negotiated:
    """Plan the answer to ``offer``. Raises BadOffer saying what is wrong with it."""
    _check_structure(offer)
    lines = transport_lines(offer)
    result = Negotiated([], lines.ice_ufrag, lines.ice_pwd, _fingerprints(lines), lines.setup == "passive")
    receiving = sum(1 for s in offer.sections if s.kind == "video" and s.receives and not s.rejected)
    seen: dict[str, int] = {}
    for section in offer.sections:
        result.lines.append(_plan_line(section, may_send, video_codec, new_ssrc, seen, receiving))
    if all(line.rejected for line in result.lines):
        raise BadOffer("the offer has no audio or video m-line that can be used")
    return result


def renegotiate_ice(plan: Negotiated, offer: SessionDescription) -> None:
    """Take the new ICE credentials of a re-offer; everything else must be as it was."""
    _check_structure(offer)
    before = [(line.section.kind, line.section.mid) for line in plan.lines]
    if [(s.kind, s.mid) for s in offer.sections] != before:
        raise BadOffer("an ICE restart must offer the same m-lines in the same order")
    lines = transport_lines(offer)
    if set(_fingerprints(lines)).isdisjoint(plan.fingerprints):
        raise BadOffer("an ICE restart must keep the certificate")
    plan.remote_ufrag, plan.remote_pwd = lines.ice_ufrag, lines.ice_pwd


def transport_lines(offer: SessionDescription) -> TransportLines:
    """ICE and DTLS lines that count: those of the first bundled m-line, or of the session."""
    first = next((s for s in offer.sections if not s.rejected), None)
    own = first.transport if first else TransportLines()
    general = offer.transport
    lines = TransportLines(
        own.ice_ufrag or general.ice_ufrag,
        own.ice_pwd or general.ice_pwd,
        own.fingerprints or general.fingerprints,
        own.setup or general.setup,
    )
    if len(lines.ice_ufrag) < 4 or len(lines.ice_pwd) < 22:
        raise BadOffer("no usable a=ice-ufrag and a=ice-pwd")
    if lines.setup not in ("actpass", "active", "passive", ""):
        raise BadOffer(f"a=setup:{lines.setup}: the offer must be actpass, active or passive")
    return lines


def _check_structure(offer: SessionDescription) -> None:
    if not offer.sections:
        raise BadOffer("no m-line")
    if offer.ice_lite:
        raise BadOffer("a=ice-lite on both sides: nobody would make the checks")
    active = [s for s in offer.sections if not s.rejected]
    mids = [s.mid for s in offer.sections]
    if not all(mids) or len(set(mids)) != len(mids):
        raise BadOffer("every m-line needs its own a=mid")
    for number, section in enumerate(active, 1):
        if len(active) > 1 and section.mid not in offer.bundle:
            raise BadOffer(f"m-line {number} (mid {section.mid}) is not in a=group:BUNDLE")
        if section.kind in ("audio", "video") and not section.rtcp_mux:
            raise BadOffer(f"m-line {number} (mid {section.mid}) lacks a=rtcp-mux")


def _fingerprints(lines: TransportLines) -> list[tuple[str, str]]:
    usable = [f for f in lines.fingerprints if f[0] in FINGERPRINTS]
    if not usable:
        raise BadOffer("no a=fingerprint with sha-256, sha-384 or sha-512")
    return usable


def _plan_line(
    section: Section,
    may_send: Collection[str],
    video_codec: CodecName,
    new_ssrc: Callable[[], int],
    seen: dict[str, int],
    receiving: int,
) -> LinePlan:
    if section.rejected or section.kind not in ("audio", "video"):
        return LinePlan(section, rejected=True)
    if section.protocol not in PROTOCOLS:
        raise BadOffer(f"mid {section.mid}: {section.protocol} is not DTLS-SRTP")
    codec = _choose_codec(section, "opus" if section.kind == "audio" else video_codec)
    plan = LinePlan(section, codec)
    extensions = _extension_ids(section)
    if section.sends:
        source = _source(section.kind, seen)
        if source and MAY_SEND[source] in may_send:
            plan.send = _send_line(section, source, codec, extensions)
    if section.receives:
        plan.slot = _slot_line(section, _slot_kind(section.kind, seen, receiving), codec, extensions, new_ssrc)
    return plan


def _source(kind: str, seen: dict[str, int]) -> Source | None:
    order: dict[str, list[Source]] = {"audio": ["microphone"], "video": ["camera", "presentation"]}
    index = seen.get("send " + kind, 0)
    seen["send " + kind] = index + 1
    return order[kind][index] if index < len(order[kind]) else None


def _slot_kind(kind: str, seen: dict[str, int], receiving: int) -> SlotKind:
    if kind == "audio":
        return "audio"
    first = not seen.get("slot video")
    seen["slot video"] = 1
    return "presentation" if first and receiving > 1 else "video"


def _send_line(section: Section, source: Source, codec: LineCodec, extensions: ExtensionIds) -> SendLine:
    rids = tuple(section.send_rids) if source == "camera" else tuple(section.send_rids[:1])
    rtx = set(section.rtx_of.values())
    declared = tuple((ssrc, section.rtx_of.get(ssrc)) for ssrc in section.ssrcs if ssrc not in rtx)
    sent = [index for index, rid in enumerate(rids) if rid not in section.paused_rids]
    paused = len(rids) - 1 - max(sent, default=0) if rids else 0
    return SendLine(section.mid, source, codec, extensions, rids, () if rids else declared[:1], paused)


def _slot_line(
    section: Section, kind: SlotKind, codec: LineCodec, extensions: ExtensionIds, new_ssrc: Callable[[], int]
) -> SlotLine:
    rtx_ssrc = new_ssrc() if codec.rtx_payload_type is not None else None
    # SSRC lines in the answer say which m-line a packet belongs to, so a mid on every packet would be waste.
    out = ExtensionIds(
        audio_level=extensions.audio_level,
        abs_send_time=extensions.abs_send_time,
        transport_cc=extensions.transport_cc,
    )
    return SlotLine(section.mid, kind, codec, out, new_ssrc(), rtx_ssrc)


def _choose_codec(section: Section, name: CodecName) -> LineCodec:
    matching = [c for c in section.codecs.values() if c.name == name and _usable(c)]
    if not matching:
        offered = ", ".join(sorted({c.name for c in section.codecs.values() if c.name})) or "nothing"
        kind = BadOffer if name == "opus" else NoCodec
        raise kind(f"mid {section.mid}: this room needs {name}, the offer has {offered}")
    codec = min(matching, key=_preference)
    rtx = next(
        (c for c in section.codecs.values() if c.name == "rtx" and c.parameter("apt") == str(codec.payload_type)), None
    )
    red = _red_of(section, codec) if name == "opus" else None
    return LineCodec(name, codec.clock_rate, codec.payload_type, rtx.payload_type if rtx else None, codec, red)


def _red_of(section: Section, codec: Codec) -> int | None:
    """The payload type of RED (RFC 2198) around this codec and nothing else."""
    for one in section.codecs.values():
        blocks = set(one.parameters.replace(" ", "").split("/"))
        if one.name == "red" and one.clock_rate == codec.clock_rate and blocks == {str(codec.payload_type)}:
            return one.payload_type
    return None


def _usable(codec: Codec) -> bool:
    if codec.name == "h264":
        return codec.parameter("packetization-mode") == "1"
    return codec.clock_rate == (48000 if codec.name == "opus" else 90000)


def _preference(codec: Codec) -> int:
    """Constrained Baseline first: every browser and every old PC decodes it."""
    profile = (codec.parameter("profile-level-id") or "").lower()
    return {"42e0": 0, "4200": 1}.get(profile[:4], 2) if codec.name == "h264" else 0


def _extension_ids(section: Section) -> ExtensionIds:
    offered = {uri: number for uri, number in section.extensions.items() if 1 <= number <= 14}
    return ExtensionIds(
        mid=offered.get(MID_URI, 0),
        rid=offered.get(RID_URI, 0),
        repaired_rid=offered.get(REPAIRED_RID_URI, 0),
        audio_level=offered.get(LEVEL_URI, 0) if section.kind == "audio" else 0,
        abs_send_time=offered.get(SEND_TIME_URI, 0),
        transport_cc=offered.get(TRANSPORT_CC_URI, 0),
    )


def extensions_of(plan: Negotiated) -> ExtensionIds:
    """Ids of a bundle: each URI has one id in all its m-lines (RFC 8843 9.2), so the lines are put together."""
    lines = [send.extensions for send in plan.sends]

    def first(name: str) -> int:
        return next((number for line in lines if (number := getattr(line, name))), 0)

    return ExtensionIds(
        mid=first("mid"),
        rid=first("rid"),
        repaired_rid=first("repaired_rid"),
        audio_level=first("audio_level"),
        abs_send_time=first("abs_send_time"),
        transport_cc=first("transport_cc"),
    )
