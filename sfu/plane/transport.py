"""One peer's path: keys, address, what it sends and what is sent to it. Owns no decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from pylibsrtp import Error

from ..congestion.twcc import ArrivalLog
from .budgets import Budget
from .errors import ProtectionError
from .pace import Pace
from .plane import Address, ExtensionIds, PlaneStats
from .send_log import SendLog
from .srtp import SrtpContext

if TYPE_CHECKING:
    from .consumer import Consumer
    from .encoding import Encoding
    from .probing import Probe

__all__ = ["Stranger", "Transport"]

MAX_SSRCS = 256  # authentic SSRCs of one peer; more are dropped unopened, for each costs memory
MAX_MOVES = 8
NTP_EPOCH = 2208988800  # seconds from 1900 to 1970


@dataclass(slots=True)
class Stranger:
    """What was learned of an SSRC that nobody told us of."""

    payload_type: int
    mid: str | None = None
    rid: str | None = None
    repaired_rid: str | None = None
    told_at: float = float("-inf")


@dataclass(slots=True)
class Departed:
    """Where the outbound stream of a removed consumer ended; the SSRC must go on from there under the same keys."""

    next_index: int
    next_timestamp: int
    next_rtx_index: int


@dataclass(slots=True, eq=False)
class Transport:
    """State of one transport. ``outbox`` and ``stats`` are the plane's."""

    handle: int
    outbox: list[tuple[bytes, Address]]
    stats: PlaneStats
    random: Random
    srtp: SrtpContext | None = None
    address: Address | None = None
    receive_ids: ExtensionIds = field(default_factory=ExtensionIds)
    streams: dict[int, tuple[Encoding, bool]] = field(default_factory=dict)  # inbound SSRC → encoding, is it its RTX
    consumers: dict[int, Consumer] = field(default_factory=dict)  # by SSRC
    strangers: dict[int, Stranger] = field(default_factory=dict)
    ssrcs: set[int] = field(default_factory=set)  # inbound, authenticated
    departed: dict[int, Departed] = field(default_factory=dict)  # by SSRC
    arrivals: ArrivalLog = field(default_factory=ArrivalLog)
    feedback_due: bool = False
    media_ssrc: int = 0  # last inbound SSRC, for feedback
    local_ssrc: int = 0
    sent: SendLog = field(default_factory=SendLog)  # with transport-wide numbers
    pace: Pace | None = None  # of all video
    pace_due: bool = False  # somebody waits for it
    probe: Probe | None = None
    probe_due: bool = False
    rtt: float | None = None
    clock_offset: float | None = None  # seconds to add to the peer's NTP clock to get ours
    moves_told: dict[Address, float] = field(default_factory=dict)  # AddressMoved events, when
    closed: bool = False
    controls: Budget = field(default_factory=Budget)
    nacks: Budget = field(default_factory=Budget)
    repairs: Budget = field(default_factory=Budget)
    strange_events: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.local_ssrc = self.random.getrandbits(32) or 1

    def send_rtp(self, data: bytes) -> int:
        """Encrypt and send; how many bytes left, 0 when it cannot be sent."""
        if self.srtp is None or self.address is None:
            return 0
        try:
            datagram = self.srtp.protect(data)
        except (Error, ValueError):
            self.count("unprotectable")
            return 0
        self.outbox.append((datagram, self.address))
        return len(datagram)

    def send_rtcp(self, data: bytes) -> None:
        """Encrypt and send a compound packet; dropped while keys or address are missing."""
        if self.srtp is None or self.address is None:
            return
        try:
            self.outbox.append((self.srtp.protect_rtcp(data), self.address))
        except ProtectionError:
            self.count("unprotectable")

    def count(self, what: str) -> None:
        """One more of a rare thing."""
        self.stats.extra[what] = self.stats.extra.get(what, 0) + 1

    def may_tell_move(self, address: Address, now: float) -> bool:
        """Whether an AddressMoved is due: of one address once a second, of all together eight."""
        told = self.moves_told
        if now - told.get(address, float("-inf")) < 1.0:
            return False
        told.pop(address, None)
        if len(told) == MAX_MOVES:
            oldest = next(iter(told))
            if now - told[oldest] < 1.0:
                return False
            del told[oldest]
        told[address] = now
        return True

    def hear_clock(self, ntp: int, wall_ns: int) -> None:
        """A sender report: the peer's clock against ours. All streams of a peer share it, so that lips match."""
        measured = wall_ns / 1e9 + NTP_EPOCH - ntp / 2**32
        offset = self.clock_offset
        if offset is None or abs(measured - offset) > 0.5:
            self.clock_offset = measured
        else:  # the least delayed report is the truest; follow drift slowly
            self.clock_offset = measured if measured < offset else offset + (measured - offset) * 0.01
