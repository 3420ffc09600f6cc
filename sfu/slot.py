"""A Slot: a fixed outbound place in a peer's connection that producers are switched through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfu.congestion.allocator import Option
from sfu.consumer import Consumer
from sfu.events import SlotShown, Source
from sfu.negotiation import SlotKind, SlotLine
from sfu.producer import Encoding, Producer, Wish

SOURCES: dict[SlotKind, Source] = {"audio": "microphone", "video": "camera", "presentation": "presentation"}


@dataclass(slots=True)
class Slot:
    """``producer``: who is shown here; ``wish``: how large a picture this place deserves, as the ``rank``-th of all.

    ``grant``: the layer that the viewer's line has room for (None: as wished); ``is_starved``: it has room for none.
    ``only``: a lane of a link, for this layer (0: the smallest) and no other.
    """

    line: SlotLine
    consumer: Consumer
    producer: Producer | None = None
    wish: Wish = "low"
    paused: bool = False
    rank: int = -1
    grant: Option | None = None
    is_starved: bool = False
    temporal: int | None = None  # told to the plane
    redundancy: int = 0  # likewise
    repair_copies: int = 1  # likewise
    only: int | None = None

    @property
    def is_wanted(self) -> bool:
        """Somebody is shown or heard here, if the line has room."""
        return self.producer is not None and not self.paused

    @property
    def layer(self) -> str:
        """The rid that belongs here; only while somebody does."""
        if self.producer is None:
            return ""
        if self.only is not None:
            return self.producer.rids[self.only]
        return self.grant.rid if self.grant is not None else self.producer.ideal_rid(self.wish)

    def encoding(self, now: float) -> Encoding | None:
        """What is to be sent here."""
        if self.producer is None or not self.is_wanted or self.is_starved:
            return None
        if self.only is not None:
            return self.producer.encodings.get(self.layer)
        return self.producer.choose(self.layer, now)

    def shown(self) -> SlotShown:
        """The slot as it is told to the viewer."""
        producer = self.producer
        return SlotShown(
            mid=self.line.mid,
            peer=producer.peer if producer else None,
            label=producer.label if producer else None,
            source=producer.source if producer else SOURCES[self.line.kind],
            paused=self.paused or self.is_starved,
            late_ms=producer.late_ms if producer else 0,
        )


def place(slots: Sequence[Slot], wanted: Sequence[Producer]) -> None:
    """Put ``wanted`` into ``slots``, most important first; who already has a place keeps it."""
    chosen = list(wanted[: len(slots)])
    numbers = {producer.number for producer in chosen}
    for slot in slots:
        if slot.producer is not None and slot.producer.number not in numbers:
            slot.producer = None
    placed = {slot.producer.number for slot in slots if slot.producer is not None}
    free = [slot for slot in slots if slot.producer is None]
    for producer in chosen:
        if producer.number not in placed:
            free.pop(0).producer = producer
