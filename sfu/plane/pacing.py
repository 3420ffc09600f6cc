"""Video in the pace of its transport: what may not leave yet stays in the ring, and a timer resumes it.

While somebody waits all others do too: first what was asked for again goes out, then what came first. Nothing waits
longer than half a second: what was asked for again is forgotten then, and a picture goes on with its next keyframe,
without a gap in the numbers. What comes late, of before the cursor, goes out at once, for others may wait for it.
"""

from __future__ import annotations

from .consumer import Consumer
from .media import MediaPacket
from .plane import RouteTaken
from .repair import want_keyframe
from .repeating import retransmit
from .state import State
from .transport import Transport

__all__ = ["answer", "begin_behind", "offer", "resume"]

MAX_WAIT_SECONDS = 0.5
MIN_TURN_SECONDS = 0.001
MAX_TURN_SECONDS = 0.1
MAX_OWED = 64


def offer(state: State, consumer: Consumer, packet: MediaPacket) -> None:
    """A packet of the carried encoding came: it goes out, or waits in the ring."""
    transport = consumer.transport
    if transport is None or transport.pace is None or consumer.settings.kind == "audio":
        consumer.send(packet)
    elif consumer.behind:
        if packet.index < consumer.cursor:
            consumer.send(packet)
    elif packet.index <= consumer.newest or _may_leave(state, transport):
        consumer.send(packet)
    else:
        consumer.behind, consumer.cursor = True, packet.index


def begin_behind(state: State, consumer: Consumer, first: MediaPacket) -> None:
    """A route begins with ``first``: it and what follows in the ring go out as the pace allows."""
    consumer.behind, consumer.cursor = True, first.index
    if consumer.transport is not None and not consumer.transport.pace_due:
        resume(state, consumer.transport)


def answer(state: State, consumer: Consumer, sequence_number: int) -> bool:
    """A NACK: now or later; False when it cannot be."""
    transport = consumer.transport
    if transport is None or transport.pace is None or _may_leave(state, transport):
        return retransmit(state, consumer, sequence_number)
    if consumer.build_rtx is None or consumer.carried is None or len(consumer.owed) == MAX_OWED:
        return False
    consumer.owed.setdefault(sequence_number, state.clock.now)
    return True


def _may_leave(state: State, transport: Transport) -> bool:
    """Whether a packet may leave now; if not, something will wait, and the timer is set."""
    pace = transport.pace
    if transport.pace_due:
        return False
    if pace is None or pace.is_open(state.clock.now):
        return True
    _set_timer(state, transport, pace.opens_at())
    return False


def _set_timer(state: State, transport: Transport, opens_at: float) -> None:
    now = state.clock.now
    transport.pace_due = True
    due = min(max(opens_at, now + MIN_TURN_SECONDS), now + MAX_TURN_SECONDS)
    state.timers.at(due, lambda now: _handle_timer(state, transport))


def _handle_timer(state: State, transport: Transport) -> None:
    transport.pace_due = False
    if not transport.closed:
        resume(state, transport)


def resume(state: State, transport: Transport) -> None:
    """Send what waits, as much as may leave; no timer is set when this is called."""
    while (consumer := _next(state, transport)) is not None:
        pace = transport.pace
        if pace is not None and not pace.is_open(state.clock.now):
            _set_timer(state, transport, pace.opens_at())
            return
        if consumer.owed:
            sequence_number = next(iter(consumer.owed))
            del consumer.owed[sequence_number]
            if not retransmit(state, consumer, sequence_number):
                consumer.stats.retransmission_missed += 1
        else:
            packet = consumer.next_waiting()
            if packet is not None:
                consumer.cursor = packet.index + 1
                consumer.send(packet)


def _next(state: State, transport: Transport) -> Consumer | None:
    """Whose turn it is, after forgetting what waited too long."""
    oldest: Consumer | None = None
    since = 0.0
    for consumer in transport.consumers.values():
        _forget_owed(consumer, state.clock.now)
        if consumer.owed:
            return consumer
        packet = _next_in_time(state, consumer) if consumer.behind else None
        if packet is not None:
            began = max(packet.arrived_at, consumer.taken_at)
            if oldest is None or began < since:
                oldest, since = consumer, began
    return oldest


def _forget_owed(consumer: Consumer, now: float) -> None:
    while consumer.owed:
        sequence_number = next(iter(consumer.owed))
        if now - consumer.owed[sequence_number] < MAX_WAIT_SECONDS:
            return
        del consumer.owed[sequence_number]
        consumer.stats.retransmission_missed += 1


def _next_in_time(state: State, consumer: Consumer) -> MediaPacket | None:
    packet = consumer.next_waiting()
    if packet is None:
        consumer.behind = False
        return None
    if state.clock.now - max(packet.arrived_at, consumer.taken_at) < MAX_WAIT_SECONDS:
        return packet
    return _drop_backlog(state, consumer, packet)


def _drop_backlog(state: State, consumer: Consumer, first: MediaPacket) -> MediaPacket | None:
    """Go on with a keyframe: one that came since, else the next."""
    encoding, pending = consumer.carried, consumer.pending
    keyframe = encoding.ring.keyframe if encoding is not None and encoding.ring is not None else None
    if encoding is None:
        return None
    state.count("backlogs_dropped")
    consumer.leave()
    if keyframe is not None and keyframe.index > first.index and encoding.ring is not None:
        consumer.take(encoding, keyframe)
        consumer.pending = pending
        consumer.behind, consumer.cursor = True, keyframe.index
        state.tell(RouteTaken(consumer.handle, encoding.handle))
        return keyframe
    if pending is None:
        consumer.pending = encoding
        encoding.waiting.append(consumer)
    encoding.update_ring()
    want_keyframe(state, consumer.pending or encoding)
    return None
