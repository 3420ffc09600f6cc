"""A Producer: one source of one peer (microphone, camera, presentation) and its encodings. Sans-IO."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from sfu.events import Source
from sfu.negotiation import SendLine
from sfu.plane.budgets import Budget
from sfu.plane.plane import EncodingSettings, EncodingStats

LAYER_ALIVE_S = 1.5
LAYER_MISSING_S = 5.0  # asked for so long and not come: a small camera, a thin line up
PRODUCER_ALIVE_S = 3.0
PLI_INTERVAL_S = 0.5
FALL = 0.97
CHANGES, CHANGES_PER_SECOND = 6.0, 0.5
Wish = Literal["high", "middle", "low"]
WISHES: tuple[Wish, ...] = ("high", "middle", "low")


@dataclass(slots=True)
class Encoding:
    """One simulcast layer (``rid``; empty without simulcast) as the plane knows it."""

    handle: int
    rid: str
    ssrc: int
    rtx_ssrc: int | None
    packets: int = 0
    repaired: int = 0
    seen_at: float = -math.inf  # when its packet count last grew
    paused: bool = False
    is_stopped: bool = False  # the other side of a link has said so: its packets are not waited for
    bitrate: int = 0  # quick to rise, slow to fall
    told: int = 0  # bit/s that it costs, as the other side of a link says; 0: nothing said
    began_at: float = -math.inf  # its packets, without a gap
    temporal: tuple[float, ...] = ()  # share of the bitrate up to each temporal layer; empty: not known
    reported_loss: float | None = None  # told to the plane

    def is_alive(self, now: float) -> bool:
        return not self.is_stopped and now - self.seen_at <= LAYER_ALIVE_S

    def measure(self, stats: EncodingStats, now: float) -> None:
        """Note what the plane counted since the last time."""
        if stats.packets == self.packets:
            return
        if not self.is_alive(now):
            self.began_at, self.bitrate = now, 0
        self.packets, self.repaired, self.seen_at = stats.packets, stats.repaired, now
        self.bitrate = max(stats.bitrate, int(FALL * self.bitrate + (1 - FALL) * stats.bitrate))
        if (total := sum(stats.temporal_bitrates)) > 0:
            self.temporal = tuple(sum(stats.temporal_bitrates[: i + 1]) / total for i in range(4))


@dataclass(slots=True)
class Producer:
    """``number`` tells the plane which encodings show the same picture."""

    number: int
    peer: str
    label: str
    transport: int
    line: SendLine
    encodings: dict[str, Encoding] = field(default_factory=dict)
    missing: int = 0  # so many of the largest layers are not to be had
    asked: dict[str, float] = field(default_factory=dict)  # layers that the sender is asked for, since when
    repair: dict[str, int] = field(default_factory=dict)  # rid → RTX SSRC seen before its encoding
    pli_sent_at: float = -math.inf
    pli_due_at: float | None = None
    pli_ssrc: int = 0
    changes: Budget = field(default_factory=Budget)  # of SSRCs that were there already
    late_ms: int = 0  # see lateness.py; of the connection it comes over and of those before that

    @property
    def source(self) -> Source:
        return self.line.source

    @property
    def rids(self) -> tuple[str, ...]:
        """Layers, smallest picture first."""
        return self.line.rids or ("",)

    def may_change(self, now: float) -> bool:
        """Whether yet another SSRC of a layer is followed: each change makes the room decide anew."""
        return self.changes.spend(1.0, CHANGES_PER_SECOND, CHANGES, now)

    def is_alive(self, now: float) -> bool:
        """Packets are arriving."""
        return any(now - encoding.seen_at <= PRODUCER_ALIVE_S for encoding in self.encodings.values())

    def settings_of(self, encoding: Encoding) -> EncodingSettings:
        """The encoding as the plane wants to hear of it."""
        codec = self.line.codec
        return EncodingSettings(
            transport=self.transport,
            kind="audio" if self.source == "microphone" else "video",
            ssrc=encoding.ssrc,
            rtx_ssrc=encoding.rtx_ssrc,
            payload_type=codec.payload_type,
            rtx_payload_type=codec.rtx_payload_type,
            codec=codec.name,
            clock_rate=codec.clock_rate,
            extensions=self.line.extensions,
            nack=self.source != "microphone",
            producer=self.number,
            red_payload_type=codec.red_payload_type,
        )

    def ideal_rid(self, wish: Wish) -> str:
        """The layer for a wish, of those that are to be had."""
        last = len(self.rids) - 1 - self.missing
        return self.rids[{"low": 0, "middle": min(1, last), "high": last}[wish]]

    def asked_for(self, layer: str, wish: Wish) -> set[str]:
        """What the sender is asked for where this layer is shown: with the largest that there is, those missing too,
        as another camera or a better line may bring them."""
        above = self.rids.index(layer) + 1
        most = {"low": 0, "middle": 1, "high": len(self.rids)}[wish]
        return {layer, *(self.rids[above : most + 1] if layer == self.ideal_rid(wish) else ())}

    def ask(self, rids: Collection[str], now: float) -> None:
        """Note what the sender is asked for, and which of the largest layers do not come although they are."""
        arriving = [i for i, rid in enumerate(self.rids) if rid in self.encodings and self.encodings[rid].is_alive(now)]
        if not arriving:  # the camera is off: nothing is to be learnt
            self.asked = dict.fromkeys(rids, now)
            return
        self.asked = {rid: self.asked.get(rid, now) for rid in rids}
        above = range(max(arriving) + 1, len(self.rids))
        missing = min((i for i in above if now - self.asked.get(self.rids[i], now) >= LAYER_MISSING_S), default=None)
        known = min(self.missing, len(above))  # what comes is there
        self.missing = known if missing is None else max(known, len(self.rids) - missing)

    def choose(self, rid: str, now: float) -> Encoding | None:
        """The layer among those arriving: this one, else the next smaller, else the next larger."""
        ideal = self.rids.index(rid)
        order = [*range(ideal, -1, -1), *range(ideal + 1, len(self.rids))]
        known = [self.encodings[self.rids[i]] for i in order if self.rids[i] in self.encodings]
        return next((e for e in known if e.is_alive(now)), known[0] if known else None)

    def handle_for(self, wish: Wish, now: float) -> int | None:
        """The handle of the layer for a wish."""
        encoding = self.choose(self.ideal_rid(wish), now)
        return encoding.handle if encoding else None

    def choices(self, now: float) -> tuple[int | None, ...]:
        """The handles for all wishes."""
        return tuple(self.handle_for(wish, now) for wish in WISHES)

    def want_keyframe(self, ssrc: int, now: float) -> bool:
        """A keyframe is needed: True to ask now; within 500 ms of the last time it is asked when those are over."""
        self.pli_ssrc = ssrc
        if now - self.pli_sent_at >= PLI_INTERVAL_S:
            self.pli_sent_at, self.pli_due_at = now, None
            return True
        self.pli_due_at = self.pli_sent_at + PLI_INTERVAL_S
        return False


def counted(producers: Iterable[Producer]) -> list[tuple[int, int]]:
    """(packets, repaired ones) of each of their pictures' streams."""
    pictures = (producer for producer in producers if producer.source != "microphone")
    return [(one.packets, one.repaired) for producer in pictures for one in producer.encodings.values()]
