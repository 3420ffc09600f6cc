"""Reading session descriptions (RFC 8866, RFC 8829) as far as a forwarding unit needs them, with hard limits.

Strict about size and structure, lenient about lines we do not know. Says nothing about what is acceptable: that is
``negotiation.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sfu.errors import BadOffer

MAX_BYTES = 256 * 1024  # a browser spends 5.5 kB on a video m-line unless its codecs are restricted
MAX_SECTIONS = 64
MAX_LINES = 8192
MAX_TOKEN = 256

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")


@dataclass(slots=True)
class Codec:
    """One payload type of an m-line."""

    payload_type: int
    name: str  # lower case
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    feedback: list[str] = field(default_factory=list)

    def parameter(self, name: str) -> str | None:
        """The value of one ``fmtp`` parameter."""
        for part in self.parameters.split(";"):
            key, _, value = part.strip().partition("=")
            if key.lower() == name:
                return value
        return None


@dataclass(slots=True)
class TransportLines:
    """ICE and DTLS attributes; they may stand at session level or in an m-line."""

    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)  # (hash function, digest in upper case)
    setup: str = ""


@dataclass(slots=True)
class Section:
    """One m-line with its attributes."""

    kind: str
    port: int
    protocol: str
    mid: str = ""
    direction: Direction = "sendrecv"
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)  # URI → id
    send_rids: list[str] = field(default_factory=list)
    paused_rids: list[str] = field(default_factory=list)  # of these, what is not sent to begin with (RFC 8853 5.2)
    transport: TransportLines = field(default_factory=TransportLines)
    rtcp_mux: bool = False
    bundle_only: bool = False
    ssrcs: list[int] = field(default_factory=list)
    rtx_of: dict[int, int] = field(default_factory=dict)  # ssrc → rtx ssrc, from ssrc-group:FID

    @property
    def sends(self) -> bool:
        """The peer sends on this m-line."""
        return self.direction in ("sendonly", "sendrecv")

    @property
    def receives(self) -> bool:
        """The peer wants media on this m-line."""
        return self.direction in ("recvonly", "sendrecv")

    @property
    def rejected(self) -> bool:
        """Port 0 without bundle-only means: off."""
        return self.port == 0 and not self.bundle_only


@dataclass(slots=True)
class SessionDescription:
    """What an offer or answer says."""

    sections: list[Section] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)
    transport: TransportLines = field(default_factory=TransportLines)
    ice_lite: bool = False
    candidates: list[str] = field(default_factory=list)


def parse(text: str) -> SessionDescription:
    """The description in ``text``. Raises BadOffer naming the line."""
    if len(text) > MAX_BYTES:
        raise BadOffer(f"session description of {len(text)} characters, at most {MAX_BYTES}")
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise BadOffer(f"session description of {len(lines)} lines, at most {MAX_LINES}")
    if not lines[0].startswith("v=0"):
        raise BadOffer("session description does not start with v=0")
    description = SessionDescription()
    for number, line in enumerate(lines, 1):
        try:
            _read_line(description, line)
        except (ValueError, IndexError) as error:
            raise BadOffer(f"line {number} of the session description: {line[:80]!r}") from error
    return description


def _read_line(description: SessionDescription, line: str) -> None:
    if line.startswith("m="):
        if len(description.sections) >= MAX_SECTIONS:
            raise BadOffer(f"more than {MAX_SECTIONS} m-lines")
        description.sections.append(_section(line[2:]))
    elif line.startswith("a="):
        name, _, value = line[2:].partition(":")
        section = description.sections[-1] if description.sections else None
        lines = section.transport if section else description.transport
        if _transport_attribute(lines, name, value):
            return
        if section is None:
            _session_attribute(description, name, value)
        else:
            _media_attribute(description, section, name, value)


def _section(value: str) -> Section:
    kind, port, protocol, *formats = value.split()
    section = Section(kind=kind, port=_integer(port.partition("/")[0], 65535), protocol=protocol)
    if kind in ("audio", "video"):
        for payload_type in formats:
            number = _integer(payload_type, 127)
            section.codecs[number] = Codec(number, "", 0)
    return section


def _session_attribute(description: SessionDescription, name: str, value: str) -> None:
    if name == "group" and value.startswith("BUNDLE"):
        description.bundle = value.split()[1:]
    elif name == "ice-lite":
        description.ice_lite = True


def _transport_attribute(lines: TransportLines, name: str, value: str) -> bool:
    if name == "ice-ufrag":
        lines.ice_ufrag = _token(value)
    elif name == "ice-pwd":
        lines.ice_pwd = _token(value)
    elif name == "setup":
        lines.setup = _token(value)
    elif name == "fingerprint":
        algorithm, digest = value.split()
        lines.fingerprints.append((algorithm.lower(), digest.upper()))
    else:
        return False
    return True


def _media_attribute(description: SessionDescription, section: Section, name: str, value: str) -> None:
    if name in DIRECTIONS:
        section.direction = name
    elif name == "mid":
        section.mid = _token(value)
    elif name == "rtcp-mux":
        section.rtcp_mux = True
    elif name == "bundle-only":
        section.bundle_only = True
    elif name in ("rtpmap", "fmtp", "rtcp-fb"):
        _codec_attribute(section, name, value)
    elif name == "extmap":
        number, uri = value.split()[:2]
        section.extensions.setdefault(uri, _integer(number.partition("/")[0], 255))
    elif name == "rid":
        rid, direction = value.split()[:2]
        if direction == "send" and len(section.send_rids) < 8:
            section.send_rids.append(_token(rid))
    elif name == "simulcast":
        words = value.split()
        streams = dict(zip(words[::2], words[1::2], strict=False)).get("send", "")
        alternatives = [rid for stream in streams.split(";")[:8] for rid in stream.split(",")[:8]]
        section.paused_rids = [rid[1:] for rid in alternatives if rid.startswith("~")]
    elif name in ("ssrc", "ssrc-group"):
        _ssrc_attribute(section, name, value)
    elif name == "candidate" and len(description.candidates) < 64:
        description.candidates.append(value)


def _codec_attribute(section: Section, name: str, value: str) -> None:
    number, _, rest = value.partition(" ")
    if number == "*":
        return
    codec = section.codecs.get(_integer(number, 127))
    if codec is None:
        return
    if name == "fmtp":
        codec.parameters = rest.strip()
    elif name == "rtcp-fb":
        if len(codec.feedback) < 16:
            codec.feedback.append(rest.strip())
    else:
        encoding, rate, *channels = rest.strip().split("/")
        codec.name, codec.clock_rate = encoding.lower(), _integer(rate, 1_000_000)
        codec.channels = _integer(channels[0], 255) if channels else 1


def _ssrc_attribute(section: Section, name: str, value: str) -> None:
    if name == "ssrc":
        ssrc = _integer(value.split()[0], 0xFFFFFFFF)
        if ssrc not in section.ssrcs and len(section.ssrcs) < 16:
            section.ssrcs.append(ssrc)
    else:
        semantics, *ssrcs = value.split()
        if semantics == "FID" and len(section.rtx_of) < 16:
            media, rtx = (_integer(ssrc, 0xFFFFFFFF) for ssrc in ssrcs)
            section.rtx_of[media] = rtx


def _integer(text: str, at_most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(text)
    number = int(text)
    if number > at_most:
        raise ValueError(text)
    return number


def _token(text: str) -> str:
    if not text or len(text) > MAX_TOKEN or any(c in text for c in "\r\n\t "):
        raise ValueError(text)
    return text
