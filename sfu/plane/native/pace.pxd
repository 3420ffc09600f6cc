"""Video in the pace of its transport: what may not leave yet stays in the ring, and a timer resumes it.

See ``sfu/plane/pacing.py``: while somebody waits all others do too; first what was asked for again goes out, then what came
first; nothing waits longer than half a second.
"""

from libc.stdint cimport int64_t, uint16_t
from libc.string cimport memmove

from .consumer cimport forward, leave, next_waiting, take
from .limits cimport *
from .memory cimport append
from .pacing cimport remember_owed
from .repair cimport want_keyframe
from .repeating cimport ANSWERED, retransmit
from .ring cimport update_ring
from .state cimport ROUTE_TAKEN, Consumer, Encoding, Owed, Pace, Packet, Plane, Transport, tell_simply
from .timers cimport DUE_PACE, set_timer


# -- the bucket -----------------------------------------------------------------------------------------------------


cdef inline void _leak(Pace *pace, double now) noexcept nogil:
    pace.level = max(0.0, pace.level - (now - pace.at) * pace.rate)
    pace.at = now


cdef inline bint _is_open(Pace *pace, double now) noexcept nogil:
    _leak(pace, now)
    return pace.level < pace.burst


cdef inline void _set_pace_timer(Plane *plane, Transport *transport) noexcept nogil:
    """``_is_open`` said no."""
    cdef const Pace *pace = &transport.pace
    cdef double opens_at = pace.at + (pace.level - pace.burst) / pace.rate
    cdef double due = min(max(opens_at, plane.now + MIN_TURN_SECONDS), plane.now + MAX_TURN_SECONDS)
    transport.pace.is_due = True
    transport.timers += 1
    set_timer(&plane.timers, due, DUE_PACE, transport)


cdef inline bint _may_leave(Plane *plane, Transport *transport) noexcept nogil:
    """Whether a packet may leave now; if not, something will wait, and the timer is set."""
    if transport.pace.is_due:
        return False
    if not transport.pace.is_set or _is_open(&transport.pace, plane.now):
        return True
    _set_pace_timer(plane, transport)
    return False


# -- what comes -----------------------------------------------------------------------------------------------------


cdef inline bint is_paced(const Consumer *consumer) noexcept nogil:
    return consumer.transport is not NULL and consumer.transport.pace.is_set and consumer.kind == VIDEO


cdef inline void offer(Plane *plane, Consumer *consumer, const Packet *packet) noexcept nogil:
    """A packet of the carried encoding came for a consumer with a pace: it goes out, or waits in the ring."""
    if consumer.is_behind:
        if packet.index < consumer.cursor:
            forward(plane, consumer, packet)
    elif packet.index <= consumer.newest or _may_leave(plane, consumer.transport):
        forward(plane, consumer, packet)
    else:
        consumer.is_behind = True
        consumer.cursor = packet.index


cdef inline bint answer_paced(Plane *plane, Consumer *consumer, uint16_t sequence) noexcept nogil:
    """A NACK: now or later; False when it cannot be."""
    if _may_leave(plane, consumer.transport):
        return retransmit(plane, consumer, sequence) == ANSWERED
    return consumer.has_rtx and consumer.carried is not NULL and remember_owed(plane, consumer, sequence)


# -- what waits -----------------------------------------------------------------------------------------------------


cdef inline void _drop_owed(Consumer *consumer) noexcept nogil:
    consumer.owed_count -= 1
    memmove(consumer.owed, consumer.owed + 1, consumer.owed_count * sizeof(Owed))


cdef inline void _forget_owed(Consumer *consumer, double now) noexcept nogil:
    while consumer.owed_count and now - consumer.owed[0].at >= MAX_WAIT_SECONDS:
        _drop_owed(consumer)
        consumer.retransmission_missed += 1


cdef inline Packet *_drop_backlog(Plane *plane, Consumer *consumer, const Packet *first) noexcept nogil:
    """Go on with a keyframe: one that came since, else the next (NULL)."""
    cdef Encoding *encoding = consumer.carried
    cdef Encoding *pending = consumer.pending
    cdef Packet *keyframe = encoding.ring.keyframe
    cdef int64_t index = first.index
    plane.counters.backlogs_dropped += 1
    leave(plane, consumer)
    if keyframe is not NULL and keyframe.index > index:
        take(plane, consumer, encoding, keyframe)
        consumer.pending = pending
        consumer.is_behind = True
        consumer.cursor = keyframe.index
        tell_simply(plane, ROUTE_TAKEN, consumer.handle, encoding.handle)
        return keyframe
    if pending is NULL:
        consumer.pending = encoding
        append(&encoding.waiting, consumer)
    update_ring(plane, encoding)
    want_keyframe(plane, consumer.pending)
    return NULL


cdef inline Packet *_next_in_time(Plane *plane, Consumer *consumer) noexcept nogil:
    cdef Packet *packet = next_waiting(plane, consumer)
    if packet is NULL:
        consumer.is_behind = False
        return NULL
    if plane.now - max(packet.arrived_at, consumer.taken_at) < MAX_WAIT_SECONDS:
        return packet
    return _drop_backlog(plane, consumer, packet)


cdef inline Consumer *_next(Plane *plane, Transport *transport) noexcept nogil:
    """Whose turn it is, after forgetting what waited too long."""
    cdef Consumer *oldest = NULL
    cdef Consumer *consumer
    cdef const Packet *packet
    cdef double since = 0.0
    cdef double began
    cdef int place
    for place in range(transport.consumers.count):
        consumer = <Consumer *>transport.consumers.items[place]
        _forget_owed(consumer, plane.now)
        if consumer.owed_count:
            return consumer
        packet = _next_in_time(plane, consumer) if consumer.is_behind else NULL
        if packet is not NULL:
            began = max(packet.arrived_at, consumer.taken_at)
            if oldest is NULL or began < since:
                oldest = consumer
                since = began
    return oldest


cdef inline void resume(Plane *plane, Transport *transport) noexcept nogil:
    """Send what waits, as much as may leave; no timer is set when this is called."""
    cdef Consumer *consumer
    cdef const Packet *packet
    cdef uint16_t sequence
    while True:
        consumer = _next(plane, transport)
        if consumer is NULL:
            return
        if transport.pace.is_set and not _is_open(&transport.pace, plane.now):
            _set_pace_timer(plane, transport)
            return
        if consumer.owed_count:
            sequence = consumer.owed[0].sequence
            _drop_owed(consumer)
            if retransmit(plane, consumer, sequence) != ANSWERED:
                consumer.retransmission_missed += 1
        else:
            packet = next_waiting(plane, consumer)
            if packet is not NULL:
                consumer.cursor = packet.index + 1
                forward(plane, consumer, packet)


cdef inline void begin_behind(Plane *plane, Consumer *consumer, const Packet *first) noexcept nogil:
    """A route begins with ``first``: it and what follows in the ring go out as the pace allows."""
    consumer.is_behind = True
    consumer.cursor = first.index
    if not consumer.transport.pace.is_due:
        resume(plane, consumer.transport)


cdef inline void handle_pace_timer(Plane *plane, Transport *transport) noexcept nogil:
    transport.pace.is_due = False
    if not transport.closed:
        resume(plane, transport)


cdef inline void set_pace(Plane *plane, Transport *transport, int64_t bitrate) noexcept nogil:
    """Negative: none."""
    cdef Pace *pace = &transport.pace
    if bitrate < 0:
        if pace.is_set:
            pace.is_set = False
            resume(plane, transport)
        return
    if not pace.is_set:
        pace.is_set = True
        pace.level = 0.0
        pace.at = plane.now
        pace.rate = 0.0
    _leak(pace, plane.now)
    pace.rate = bitrate / 8.0
    pace.burst = max(LEAST_BURST, pace.rate * BURST_SECONDS)
    if not pace.is_due:
        resume(plane, transport)
