"""A Slot: a fixed outbound place in a peer's connection that producers are switched through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfu.consumer import Consumer
from sfu.events import SlotShown, Source
from sfu.negotiation import SlotKind, SlotLine
from sfu.producer import Producer, Wish

SOURCES: dict[SlotKind, Source] = {"audio": "microphone", "video": "camera", "presentation": "presentation"}


@dataclass(slots=True)
class Slot:
    """``producer``: who is shown here; ``wish``: how large a picture this place deserves."""

    line: SlotLine
    consumer: Consumer
    producer: Producer | None = None
    wish: Wish = "low"
    paused: bool = False

    def shown(self) -> SlotShown:
        """The slot as it is told to the viewer."""
        producer = self.producer
        return SlotShown(
            mid=self.line.mid,
            peer=producer.peer if producer else None,
            label=producer.label if producer else None,
            source=producer.source if producer else SOURCES[self.line.kind],
            paused=self.paused,
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
