"""Our answer to a server's offer: every m-line taken as it was offered, nothing sent."""

from __future__ import annotations

from sfu.negotiation import MID_URI, TRANSPORT_CC_URI
from sfu.sdp import Codec, Section, SessionDescription

CODECS = {"audio": "opus", "video": "vp8"}
FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")


def write_answer(offer: SessionDescription, ufrag: str, pwd: str, fingerprint: str, address: tuple[str, int]) -> str:
    """The answer as text."""
    mids = " ".join(section.mid for section in offer.sections)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    for section in offer.sections:
        lines += _section(section, ufrag, pwd, fingerprint, address)
    return "\r\n".join(lines) + "\r\n"


def _section(section: Section, ufrag: str, pwd: str, fingerprint: str, address: tuple[str, int]) -> list[str]:
    if section.kind not in CODECS:  # data channels: taken, never used
        body = [f"m={section.kind} 9 {section.protocol} webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=sctp-port:5000"]
    else:
        codec, repair = _chosen(section)
        numbers = [codec.payload_type] + ([repair.payload_type] if repair else [])
        body = [
            f"m={section.kind} 9 {section.protocol} {' '.join(map(str, numbers))}",
            "c=IN IP4 0.0.0.0",
            *(line for one in (codec, repair) if one for line in _codec_lines(one)),
            *_extensions(section),
            "a=recvonly" if section.sends else "a=inactive",
            "a=rtcp-mux",
        ]
    host, port = address
    return [
        *body,
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{pwd}",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:active",
        f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        "a=end-of-candidates",
    ]


def _chosen(section: Section) -> tuple[Codec, Codec | None]:
    codec = next(codec for codec in section.codecs.values() if codec.name == CODECS[section.kind])
    of_it = [c for c in section.codecs.values() if c.name == "rtx" and c.parameter("apt") == str(codec.payload_type)]
    return codec, next(iter(of_it), None)


def _codec_lines(codec: Codec) -> list[str]:
    number = codec.payload_type
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines = [f"a=rtpmap:{number} {codec.name}/{codec.clock_rate}{channels}"]
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in FEEDBACK if kind in codec.feedback]
    return lines + ([f"a=fmtp:{number} {codec.parameters}"] if codec.parameters else [])


def _extensions(section: Section) -> list[str]:
    return [
        f"a=extmap:{number} {uri}" for uri, number in section.extensions.items() if uri in (MID_URI, TRANSPORT_CC_URI)
    ]
