"""Writing the answer down, line by line as Chromium, Firefox and aiortc accept it (tried with each)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.negotiation import (
    LEVEL_URI,
    MID_URI,
    REPAIRED_RID_URI,
    RID_URI,
    SEND_TIME_URI,
    TRANSPORT_CC_URI,
    LineCodec,
    LinePlan,
    Negotiated,
)
from sfu.sdp import Codec

EXTENSIONS = {MID_URI, RID_URI, REPAIRED_RID_URI, LEVEL_URI, SEND_TIME_URI, TRANSPORT_CC_URI}
FEEDBACK = {
    "audio": ("transport-cc",),
    "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"),
}
CNAME = "giaoban"


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our side of one connection, as it stands in the answer."""

    ufrag: str
    pwd: str
    fingerprint: str  # sha-256, upper case with colons
    addresses: tuple[tuple[str, int, str], ...]  # (host, port, "udp" or "tcp")
    session_id: int
    version: int = 1


def write_answer(plan: Negotiated, local: LocalTransport) -> str:
    """The answer as text."""
    bundle = " ".join(line.section.mid for line in plan.lines if not line.rejected)
    lines = [
        "v=0",
        f"o=- {local.session_id} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {bundle}",
        "a=ice-lite",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]
    first = True
    for line in plan.lines:
        if line.rejected:
            lines += _rejected(line)
        else:
            lines += _accepted(line, local, first, plan.is_active)
            first = False
    return "\r\n".join(lines) + "\r\n"


def _rejected(line: LinePlan) -> list[str]:
    section = line.section
    formats = " ".join(str(number) for number in section.codecs) or "webrtc-datachannel"
    return [
        f"m={section.kind} 0 {section.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _accepted(line: LinePlan, local: LocalTransport, first: bool, active: bool) -> list[str]:
    section, codec = line.section, line.codec
    assert codec is not None  # noqa: S101  an accepted line has a codec
    host, port = _default_address(local)
    formats = " ".join(str(number) for number in _formats(line, codec))
    lines = [
        f"m={section.kind} {port} {section.protocol} {formats}",
        f"c=IN {'IP6' if ':' in host else 'IP4'} {host}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{'active' if active else 'passive'}",
        f"a=mid:{section.mid}",
        *_extension_lines(line),
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *_codec_lines(line),
        *_direction_lines(line),
    ]
    return lines + (_candidate_lines(local) if first else [])


def _formats(line: LinePlan, codec: LineCodec) -> list[int]:
    """Payload types. What comes first is what a browser sends: its voice with the packets before it (RED)."""
    plain = [number for number in (codec.payload_type, codec.rtx_payload_type) if number is not None]
    if codec.red_payload_type is None:
        return plain
    return [codec.red_payload_type, *plain] if line.send is not None else [*plain, codec.red_payload_type]


def _extension_lines(line: LinePlan) -> list[str]:
    ids = line.section.extensions.items()
    return [f"a=extmap:{number} {uri}" for uri, number in ids if uri in EXTENSIONS and 1 <= number <= 14]


def _codec_lines(line: LinePlan) -> list[str]:
    plan = line.codec
    assert plan is not None  # noqa: S101
    codec, number = plan.codec, plan.payload_type
    name = {"opus": "opus", "vp8": "VP8", "h264": "H264"}[plan.name]
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines = [f"a=rtpmap:{number} {name}/{codec.clock_rate}{channels}"]
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in FEEDBACK[line.section.kind] if kind in codec.feedback]
    if parameters := _parameters(line, codec):
        lines.append(f"a=fmtp:{number} {parameters}")
    if plan.red_payload_type is not None:
        lines.append(f"a=rtpmap:{plan.red_payload_type} red/{codec.clock_rate}{channels}")
        lines.append(f"a=fmtp:{plan.red_payload_type} {number}/{number}")
    if plan.rtx_payload_type is not None:
        lines.append(f"a=rtpmap:{plan.rtx_payload_type} rtx/{codec.clock_rate}")
        lines.append(f"a=fmtp:{plan.rtx_payload_type} apt={number}")
    return lines


def _parameters(line: LinePlan, codec: Codec) -> str:
    """Of whom we hear we want nothing while he is silent (RFC 7587 7): 2 packets/s, not 50, of a closed microphone."""
    if line.send is None or codec.name != "opus" or codec.parameter("usedtx") is not None:
        return codec.parameters
    return ";".join(filter(None, (codec.parameters, "usedtx=1")))


def _direction_lines(line: LinePlan) -> list[str]:
    send, slot = line.send, line.slot
    lines = [f"a={_direction(line)}"]
    if slot is not None:
        name = f"slot-{slot.mid}"
        lines.append(f"a=msid:{name} {name}")
        if slot.rtx_ssrc is not None:
            lines.append(f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}")
        lines.append(f"a=ssrc:{slot.ssrc} cname:{CNAME}")
        if slot.rtx_ssrc is not None:
            lines.append(f"a=ssrc:{slot.rtx_ssrc} cname:{CNAME}")
    if send is not None and send.rids:
        lines += [f"a=rid:{rid} recv" for rid in send.rids]
        lines.append(f"a=simulcast:recv {';'.join(send.rids)}")
    return lines


def _direction(line: LinePlan) -> str:
    return {(True, True): "sendrecv", (True, False): "recvonly", (False, True): "sendonly", (False, False): "inactive"}[
        (line.send is not None, line.slot is not None)
    ]


def _default_address(local: LocalTransport) -> tuple[str, int]:
    return next(((host, port) for host, port, kind in local.addresses if kind == "udp"), ("0.0.0.0", 9))  # noqa: S104


def _candidate_lines(local: LocalTransport) -> list[str]:
    """UDP before TCP, earlier addresses before later (RFC 8445 5.1.2.1, RFC 6544 4.2)."""
    lines = []
    for index, (host, port, kind) in enumerate(local.addresses):
        preference = 65535 - index
        if kind == "udp":
            priority = (126 << 24) | (preference << 8) | 255
            lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host")
        else:
            priority = (90 << 24) | (preference << 8) | 255
            lines.append(f"a=candidate:{index + 1} 1 tcp {priority} {host} {port} typ host tcptype passive")
    return [*lines, "a=end-of-candidates"]
