"""From an encoding to its consumers: the ring, routes that take effect, and every carrier in turn."""

from __future__ import annotations

from .consumer import Consumer
from .encoding import Encoding
from .media import MediaPacket
from .pacing import begin_behind, offer
from .plane import RouteTaken
from .repair import want_keyframe
from .state import State

__all__ = ["begin_route", "deliver"]

REUSE_SECONDS = 0.5  # a keyframe younger than this starts a late joiner from the ring


def deliver(state: State, encoding: Encoding, packet: MediaPacket) -> None:
    """Forward a fresh or repaired packet to all who carry the encoding; those who wait begin with a keyframe."""
    ring = encoding.ring
    if ring is None:
        return
    if not packet.payload:
        _deliver_padding(encoding, packet)
        return
    if not ring.store(packet):
        return
    for consumer in encoding.carriers:
        offer(state, consumer, packet)
    if packet.starts_keyframe:
        encoding.wants_keyframe = False
        for consumer in encoding.waiting.copy():
            _take(state, consumer, encoding, packet)


def _deliver_padding(encoding: Encoding, packet: MediaPacket) -> None:
    """Padding alone is not forwarded: the next packet takes its number, or, if that is gone, an empty one fills it."""
    newest = packet.index == encoding.statistics.highest
    for consumer in encoding.carriers:
        if newest and not consumer.behind:
            consumer.skip(packet.index)
        elif not consumer.behind or packet.index < consumer.cursor:
            consumer.send(packet)


def _take(state: State, consumer: Consumer, encoding: Encoding, first: MediaPacket) -> None:
    """The route takes effect with ``first``; what came after it already follows from the ring."""
    old = consumer.carried
    encoding.waiting.remove(consumer)
    consumer.take(encoding, first)
    if old is not None:
        old.update_ring()
    if consumer.transport is not None and consumer.transport.pace is not None and encoding.settings.kind == "video":
        state.tell(RouteTaken(consumer.handle, encoding.handle))
        begin_behind(state, consumer, first)
        return
    consumer.send(first)
    highest = encoding.statistics.highest
    if highest is not None and encoding.ring is not None:
        for index in range(first.index + 1, highest + 1):
            packet = encoding.ring.get(index, state.clock.now)
            if packet is not None:
                consumer.send(packet)
    state.tell(RouteTaken(consumer.handle, encoding.handle))


def begin_route(state: State, consumer: Consumer, encoding: Encoding) -> None:
    """A consumer was put among the waiting: start it from a fresh keyframe in the ring, or ask for one."""
    keyframe = encoding.ring.keyframe if encoding.ring is not None and encoding.settings.kind == "video" else None
    # older than what went out last, its timestamp could not tell when it was taken
    idle = consumer.carried is None and keyframe is not None and keyframe.arrived_at > consumer.rewriter.last.arrived_at
    if keyframe is not None and idle and state.clock.now - keyframe.arrived_at <= REUSE_SECONDS:
        _take(state, consumer, encoding, keyframe)
    else:
        want_keyframe(state, encoding)
