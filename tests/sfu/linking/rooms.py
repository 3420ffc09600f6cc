"""Rooms of FakePlanes, linked without a socket: what one says is what the other hears, as long as the line is whole."""

from __future__ import annotations

import itertools

from sfu.bandwidth import Bandwidth
from sfu.link import Link, peer_name
from sfu.linking.lanes import slot_lines
from sfu.linking.terms import Kind, new_streams
from sfu.peer import Peer, PeerSpec
from tests.sfu.room_story import Story


class Place(Story):
    """A room with a place of its own among others."""

    def __init__(self, name: str, clock: Clock) -> None:
        super().__init__()
        self.name = name
        self.room.linked.place = name
        self.clock = clock
        clock.places.append(self)

    def sources(self, link: Link) -> dict[str, str]:
        """Who is in our lanes, as far as packets are routed there: ``lane.layer`` → peer."""
        slots = [slot for lane in link.slots.values() for slot in lane]
        return {s.line.mid: s.producer.peer for s in slots if s.producer and self.plane.routes[s.consumer.handle]}


class Clock:
    """One time for all, and the lines between them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.places: list[Place] = []
        self.lines: list[tuple[Place, Link, Place, Link]] = []
        self.cut: set[str] = set()
        self.ssrcs = itertools.count(50_000)

    def link(
        self,
        lower: Place,
        upper: Place,
        kind: Kind = "level",
        labels: frozenset[str] | None = None,
        first_bps: int | None = None,
    ) -> Link:
        """The lower end; ``first_bps``: what the line is taken to carry, both ways."""
        name = f"{lower.name} to {upper.name}"
        ends = []
        streams = [new_streams(lambda: next(self.ssrcs)) for _ in range(2)]
        for place, side, ours, theirs in (
            (lower, "lower", streams[0], streams[1]),
            (upper, "upper", streams[1], streams[0]),
        ):
            lines = tuple(line for lane in slot_lines(ours, "vp8").values() for line in lane)
            transport = next(place.numbers)
            spec = PeerSpec(peer_name(f"{side} {name}"), "", transport, (), lines, first_bps=first_bps)
            peer = Peer(spec, role="link", bandwidth=Bandwidth(first_bps, self.now))
            own = Link(name, side, kind, place.name, peer, labels=labels if side == "upper" else None)  # type: ignore[arg-type]
            place.room.add_link(own, theirs, "vp8", self.now)
            own.connect(self.now)
            ends.append(own)
        self.lines.append((lower, ends[0], upper, ends[1]))
        self.run(0.5)
        return ends[0]

    def carry(self) -> None:
        """What is said now is heard now."""
        for lower, low, upper, high in self.lines:
            for place, end, other, heard_by in ((lower, low, upper, high), (upper, high, lower, low)):
                for data in end.datagrams(self.now):
                    if end.name not in self.cut:
                        other.room.receive_from_link(heard_by, data, self.now)
                assert place is not other

    def run(self, seconds: float) -> None:
        """Time goes by; every lane that is fed brings packets to the other end."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.1
            for place in self.places:
                place.now = self.now
                for handle, (producer, _) in place.room._encodings.items():
                    if producer.transport in place.transports.values():
                        place.plane.packets[handle] = place.plane.packets.get(handle, 0) + 10
            for lower, low, upper, high in self.lines:
                _flow(lower, low, high, upper)
                _flow(upper, high, low, lower)
            for place in self.places:
                place.room.handle_timeout(self.now)
            self.carry()


def _flow(sender: Place, ours: Link, theirs: Link, receiver: Place) -> None:
    for name, slots in ours.slots.items():
        for slot, encoding in zip(slots, theirs.producers[name].encodings.values(), strict=False):
            if sender.plane.routes[slot.consumer.handle] is not None:
                receiver.plane.packets[encoding.handle] = receiver.plane.packets.get(encoding.handle, 0) + 10
