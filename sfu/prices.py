"""What each picture costs: layers and temporal layers of a producer up to what a place wishes for. Sans-IO.

A layer that does not arrive costs what it usually does, or what the other side of a link says: the sender has switched
it off as nobody watched it, and starts it again when somebody is given it.
"""

from __future__ import annotations

from sfu.congestion.allocator import Option, Place
from sfu.producer import Encoding, Producer, Wish
from sfu.slot import Slot

USUAL: dict[int, tuple[int, ...]] = {1: (600_000,), 2: (150_000, 600_000), 3: (150_000, 500_000, 1_600_000)}
LAYER_SHARES = (0.6, 0.8, 1.0, 1.0)  # up to each temporal layer, until it is measured: between L1T2 and L1T3
SETTLED_S = 8.0  # a sender begins a layer low
WORTH_IT = 0.95
HEADERS = 1.04  # RTP and SRTP on top of what the plane counts


class Prices:
    """Options by producer and wish, asked for by many viewers at one moment."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._known: dict[tuple[int, str], tuple[tuple[Option, ...], int]] = {}

    def place_of(self, slot: Slot, producer: Producer) -> Place:
        """What this slot could show, and at which price."""
        if slot.only is None:
            return Place(slot.consumer.handle, *self.options(producer, slot.wish))
        options, rid = self._only(producer, slot.only), producer.rids[slot.only]
        return Place(slot.consumer.handle, tuple(o for o in options if o.rid == rid), yields=slot.only > 0)

    def _only(self, producer: Producer, layer: int) -> tuple[Option, ...]:
        """Of one layer, which adds to the smaller ones instead of replacing them."""
        key = (producer.number, f"only {layer}")
        if key not in self._known:
            self._known[key] = (_options(producer, producer.rids[layer], self._now)[0], 0)
        return self._known[key][0]

    def options(self, producer: Producer, wish: Wish) -> tuple[tuple[Option, ...], int]:
        """From cheap to dear; and the index of what is enough for the first place: its middle layer."""
        key = (producer.number, producer.ideal_rid(wish))
        if key not in self._known:
            self._known[key] = _options(producer, key[1], self._now)
        return self._known[key]


def _options(producer: Producer, ideal: str, now: float) -> tuple[tuple[Option, ...], int]:
    top = producer.rids.index(ideal)
    options: list[Option] = []
    enough = 0
    for index, rid in enumerate(producer.rids[: top + 1]):
        bitrate = int(_bitrate(producer, index, now) * HEADERS)
        temporal = 0 if index == 0 else 1  # a small picture may be slow; a large one is better small than slow
        if (share := _shares(producer, rid)[temporal]) < WORTH_IT:
            options.append(Option(rid, temporal, int(bitrate * share)))
        options.append(Option(rid, None, bitrate))
        if index <= max(0, min(1, len(producer.rids) - 2)):
            enough = len(options) - 1
    return _ascending(options), enough


def _bitrate(producer: Producer, index: int, now: float) -> int:
    rates = USUAL.get(len(producer.rids), USUAL[3])
    usual = rates[min(index, len(rates) - 1)]
    encoding = producer.encodings.get(producer.rids[index])
    if encoding is None:
        return usual
    measured = encoding.bitrate if encoding.is_alive(now) else 0
    return max(measured, settled_bitrate(encoding, now) or usual)


def settled_bitrate(encoding: Encoding, now: float) -> int:
    """What a layer has taken for a while, here or at the other side of a link; 0: nobody knows yet."""
    is_settled = encoding.is_alive(now) and now - encoding.began_at > SETTLED_S
    return encoding.bitrate if is_settled and encoding.bitrate else encoding.told


def _shares(producer: Producer, rid: str) -> tuple[float, ...]:
    """What part of the bitrate goes with each temporal layer and those below it; only VP8's can be left out."""
    if producer.line.codec.name != "vp8":
        return (1.0, 1.0, 1.0, 1.0)
    encoding = producer.encodings.get(rid)
    return encoding.temporal if encoding is not None and encoding.temporal else LAYER_SHARES


def _ascending(options: list[Option]) -> tuple[Option, ...]:
    """A better picture never counts as cheaper: a camera may have little to say on its large layer just now."""
    least, out = 0, []
    for option in options:
        least = max(least, option.bitrate)
        out.append(Option(option.rid, option.temporal, least))
    return tuple(out)
