"""A Peer: one connection in a room, what it sends and the slots it receives through. Sans-IO."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sfu.bandwidth import Bandwidth
from sfu.events import SlotShown, Source
from sfu.lateness import Lateness
from sfu.negotiation import SendLine, SlotKind, SlotLine
from sfu.plane.plane import SinkPacket
from sfu.producer import Producer
from sfu.slot import Slot

Sink = Callable[[SinkPacket], None]
Role = Literal["viewer", "link", "far"]


@dataclass(frozen=True, slots=True)
class PeerSpec:
    """What a room must know of a peer that joins; ``sink`` given: a virtual peer whose slots end in us.

    ``first_bps``: what its line is taken to carry until it has sent feedback; None: everything."""

    peer: str
    label: str
    transport: int
    sends: tuple[SendLine, ...]
    slots: tuple[SlotLine, ...]
    sink: Sink | None = None
    first_bps: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What a viewer asks for besides the program; ``paused``: no pictures."""

    pinned: tuple[str, ...] = ()
    max_video: int = 64
    paused: bool = False


@dataclass(slots=True)
class Peer:
    """State of one peer in a room. ``role``: ``link``, another room, which its slots are lanes to; ``far``, somebody of
    another room, whose sources come over a link."""

    spec: PeerSpec
    role: Role = "viewer"
    slots: list[Slot] = field(default_factory=list)
    producers: dict[Source, Producer] = field(default_factory=dict)
    view: View = field(default_factory=View)
    suspended: bool = False  # gets nothing at all: a recording that pauses
    told_slots: tuple[SlotShown, ...] = ()
    told_producers: tuple[bool, bool, bool] = (False, False, False)
    told_encodings: tuple[str, ...] = ()
    layer_used_at: dict[str, float] = field(default_factory=dict)  # rid → when somebody last wanted it
    told_stills: bool = False
    bandwidth: Bandwidth = field(default_factory=Bandwidth)  # towards it
    lateness: Lateness = field(default_factory=Lateness)  # of what comes from it

    @property
    def name(self) -> str:
        return self.spec.peer

    @property
    def is_virtual(self) -> bool:
        return self.spec.sink is not None

    def slots_of(self, kind: SlotKind) -> list[Slot]:
        return [slot for slot in self.slots if slot.line.kind == kind]

    def producer_for(self, mid: str | None, payload_type: int, rid: str | None) -> Producer | None:
        """The source a stream we know nothing of belongs to: by mid, else by what only one source could send."""
        producers = self.producers.values()
        if mid is not None:
            return next((p for p in producers if p.line.mid == mid), None)
        fitting = [
            p for p in producers if payload_type in (*p.line.codec.media_payload_types, p.line.codec.rtx_payload_type)
        ]
        if rid is not None:
            fitting = [p for p in fitting if rid in p.line.rids]
        return fitting[0] if len(fitting) == 1 else None
