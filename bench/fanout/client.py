"""One client of a run: what it sends and expects, from the descriptions it exchanged with a server."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.fanout.connection import Connection, Identity, Protocol, Remote
from bench.fanout.description import write_answer
from sfu.errors import PeerError
from sfu.light_peer.offer import Offer, Wanted, lines_for
from sfu.negotiation import LEVEL_URI, MID_URI, RID_URI, TRANSPORT_CC_URI
from sfu.plane.srtp import SrtpContext
from sfu.sdp import Section, SessionDescription, parse

if TYPE_CHECKING:
    from bench.fanout.load import Load


@dataclass(frozen=True, slots=True)
class Expected:
    """A stream the server said it will send."""

    ssrc: int
    rtx_ssrc: int
    is_video: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """A stream this client may send, with its header extensions laid out; ``number_at``: transport-wide number."""

    ssrc: int
    payload_type: int
    is_video: bool
    extension: bytes
    number_at: int


class Client:
    """``offer``/``take_answer`` or ``answer``, in any number of rounds; then ``remote`` says where to connect."""

    def __init__(
        self, identity: Identity, host: str, wanted: Wanted, *, protocol: Protocol = "udp", loss_permille: int = 0
    ) -> None:
        self.connection = Connection(identity, host, protocol)
        self.wanted = wanted
        self.loss_permille = loss_permille
        self.began_ns = time.monotonic_ns()
        self.expected: list[Expected] = []
        self.sending: list[Sending] = []
        self.twcc_id = 0
        self.number = -1  # in the generator
        self.publishers: list[int] = []
        self.profile = ""
        self.srtp: SrtpContext | None = None
        self._candidates: list[str] = []
        self._ssrcs = {rid: secrets.randbits(31) + 1 for rid in (*wanted.rids, "", "audio")}
        checks = self.connection.checks
        self._offer = Offer(checks.ufrag, checks.pwd, self.connection.fingerprint, lines_for(wanted))
        self._description = SessionDescription()

    def offer(self, *, with_ssrcs: bool = False) -> str:
        """Our offer; some servers want to read SSRCs in it."""
        text = self._offer.text()
        if not with_ssrcs:
            return text
        head, *sections = text.split("m=")
        for index, line in enumerate(self._offer.lines):
            if line.direction == "sendonly" and not line.rids:
                ssrc = self._ssrcs["audio" if line.kind == "audio" else ""]
                sections[index] += f"a=msid:{line.source} {line.source}\r\na=ssrc:{ssrc} cname:bench\r\n"
        return "m=".join([head, *sections])

    def take_answer(self, text: str) -> None:
        """The answer to our offer."""
        self._description = parse(text)
        self._expect()
        for line, section in zip(self._offer.lines, self._description.sections, strict=False):
            if line.direction == "sendonly" and not section.rejected:
                for rid in line.rids or ("",):
                    self.sending.append(self._sending(line.kind, line.mid, rid, section))

    def answer(self, text: str) -> str:
        """Our answer to the server's offer: we take everything."""
        self._description = parse(text)
        self._expect()
        checks = self.connection.checks
        return write_answer(
            self._description, checks.ufrag, checks.pwd, self.connection.fingerprint, self.connection.address
        )

    def add_candidate(self, candidate: str) -> None:
        """One that came beside the description."""
        self._candidates.append(candidate.removeprefix("candidate:"))

    def has_candidate(self) -> bool:
        """There is somewhere to connect."""
        try:
            self.remote()
        except PeerError:
            return False
        return True

    def remote(self) -> Remote:
        """Where to connect; the first candidate of our protocol. Raises PeerError when there is none."""
        lines = [section.transport for section in self._description.sections if not section.rejected]
        lines.append(self._description.transport)
        ufrag = next((line.ice_ufrag for line in lines if line.ice_ufrag), "")
        pwd = next((line.ice_pwd for line in lines if line.ice_pwd), "")
        fingerprints = next((line.fingerprints for line in lines if line.fingerprints), [])
        for candidate in (*self._description.candidates, *self._candidates):
            _, _, kind, _, host, port, *_ = candidate.split()
            if kind.lower() == self.connection.protocol and ":" not in host:
                return Remote(ufrag, pwd, fingerprints, host, int(port), any(line.setup == "active" for line in lines))
        raise PeerError(f"the server named no {self.connection.protocol} candidate")

    def send_media(self, load: Load, packet: bytes) -> None:
        """An RTP packet that the generator did not make."""
        if self.srtp is not None:
            load.generator.send(self.number, self.srtp.protect(packet))

    def _expect(self) -> None:
        self.expected.clear()
        for section in self._description.sections:
            if section.rejected or section.kind not in ("audio", "video") or not section.ssrcs or not section.sends:
                continue
            self.twcc_id = self.twcc_id or section.extensions.get(TRANSPORT_CC_URI, 0)
            repairs = set(section.rtx_of.values())
            self.expected += [
                Expected(ssrc, section.rtx_of.get(ssrc, 0), section.kind == "video")
                for ssrc in section.ssrcs
                if ssrc not in repairs
            ]

    def _sending(self, kind: str, mid: str, rid: str, section: Section) -> Sending:
        ids = section.extensions
        items = b""
        if (number := ids.get(MID_URI, 0)) != 0:
            items += _item(number, mid.encode())
        if rid and (number := ids.get(RID_URI, 0)) != 0:
            items += _item(number, rid.encode())
        if kind == "audio" and (number := ids.get(LEVEL_URI, 0)) != 0:
            items += _item(number, bytes([0x80 | 20]))
        number_at = 0
        if (number := ids.get(TRANSPORT_CC_URI, 0)) != 0:
            items += _item(number, bytes(2))
            number_at = 4 + len(items) - 2
        items += bytes(-len(items) % 4)
        block = b"\xbe\xde" + (len(items) // 4).to_bytes(2, "big") + items if items else b""
        name = {"opus": 111, "vp8": 96}
        codecs = [c for c in section.codecs.values() if c.name in name]
        payload_type = codecs[0].payload_type if codecs else name["opus" if kind == "audio" else "vp8"]
        ssrc = self._ssrcs["audio" if kind == "audio" else rid]
        return Sending(ssrc, payload_type, kind == "video", block, number_at)


def _item(number: int, value: bytes) -> bytes:
    return bytes([number << 4 | (len(value) - 1)]) + value
