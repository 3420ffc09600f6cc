"""What does not fit a consumer's rate now goes out later: a keyframe burst from its cursor in the ring, and
retransmissions that were asked for. A wheel of milliseconds remembers who is owed something. Steady media never waits,
and nothing waits longer than half a second. Where the transport has a pace, that takes the place of all this (pace.pxd).
"""

from libc.stdint cimport int64_t, uint16_t
from libc.stdlib cimport free

from .consumer cimport forward
from .limits cimport MAX_OWED, WHEEL_SLOTS
from .memory cimport claim
from .repeating cimport TOO_SOON, may_spend, retransmit
from .ring cimport fetch
from .state cimport Consumer, Owed, Packet, Plane

cdef enum:
    STEP_MS = 5

cdef extern from *:
    """
    #define GB_MAX_LATE_SECONDS 0.5
    """
    const double MAX_LATE_SECONDS "GB_MAX_LATE_SECONDS"


cdef inline void come_back(Plane *plane, Consumer *consumer) noexcept nogil:
    """Look at this consumer again in a few milliseconds."""
    cdef int64_t at = <int64_t>(plane.now * 1000) + STEP_MS
    cdef int slot = <int>(at & (WHEEL_SLOTS - 1))
    if consumer.is_late:
        return
    if plane.late == 0:
        plane.wheel_at = <int64_t>(plane.now * 1000)
    consumer.is_late = True
    consumer.next_late = plane.wheel[slot]
    plane.wheel[slot] = consumer
    plane.late += 1
    plane.counters.paced += 1


cdef inline void catch_up(Plane *plane, Consumer *consumer) noexcept nogil:
    """Forward from the cursor on, as far as the rate allows."""
    cdef int64_t highest
    cdef Packet *packet
    if consumer.carried is NULL or consumer.carried.ring is NULL:
        consumer.is_behind = False
        return
    highest = consumer.carried.statistics.sequence.highest
    while consumer.cursor <= highest:
        packet = fetch(consumer.carried.ring, consumer.cursor, plane.now)
        if packet is not NULL:
            if (
                plane.settings.paces
                and consumer.rate >= 0
                and plane.now - packet.arrived_at < MAX_LATE_SECONDS
                and not may_spend(consumer, packet.size // 3, plane.now)  # bursts go at three times the rate
            ):
                consumer.is_behind = True
                come_back(plane, consumer)
                return
            forward(plane, consumer, packet)
        consumer.cursor += 1
    consumer.is_behind = False


cdef inline bint remember_owed(Plane *plane, Consumer *consumer, uint16_t sequence) noexcept nogil:
    """A retransmission that waits; False when too many do."""
    cdef int place
    if consumer.owed_count == MAX_OWED:
        return False
    for place in range(consumer.owed_count):
        if consumer.owed[place].sequence == sequence:
            return True
    if consumer.owed is NULL:
        consumer.owed = <Owed *>claim(MAX_OWED * sizeof(Owed))
    consumer.owed[consumer.owed_count].sequence = sequence
    consumer.owed[consumer.owed_count].at = plane.now
    consumer.owed_count += 1
    return True


cdef inline bint owe(Plane *plane, Consumer *consumer, uint16_t sequence) noexcept nogil:
    """Have a retransmission go out when the rate allows it; False when it cannot be."""
    if not plane.settings.paces or consumer.rate < 0 or not remember_owed(plane, consumer, sequence):
        return False
    come_back(plane, consumer)
    return True


cdef inline void _pay(Plane *plane, Consumer *consumer) noexcept nogil:
    cdef int place, kept
    if consumer.transport is not NULL and consumer.transport.pace.is_set:
        return
    if consumer.is_behind:
        catch_up(plane, consumer)
    kept = 0
    for place in range(consumer.owed_count):
        if kept or retransmit(plane, consumer, consumer.owed[place].sequence) == TOO_SOON:
            consumer.owed[kept] = consumer.owed[place]
            kept += 1
    consumer.owed_count = kept
    if kept:
        come_back(plane, consumer)


cdef inline void release_consumer(Consumer *consumer) noexcept nogil:
    free(consumer.rewriter.segments)
    free(consumer.resent)
    free(consumer.owed)
    free(consumer.name)
    free(consumer)


cdef inline void turn_wheel(Plane *plane) noexcept nogil:
    """Serve all whose millisecond has come."""
    cdef int64_t now = <int64_t>(plane.now * 1000)
    cdef Consumer *consumer
    cdef Consumer *following
    cdef int slot
    if plane.late and now - plane.wheel_at >= WHEEL_SLOTS:
        plane.wheel_at = now - WHEEL_SLOTS + 1
    while plane.late and plane.wheel_at <= now:
        slot = <int>(plane.wheel_at & (WHEEL_SLOTS - 1))
        consumer = plane.wheel[slot]
        plane.wheel[slot] = NULL
        while consumer is not NULL:
            following = consumer.next_late
            consumer.is_late = False
            plane.late -= 1
            if consumer.is_gone:
                release_consumer(consumer)
            else:
                _pay(plane, consumer)
            consumer = following
        plane.wheel_at += 1


cdef inline double next_turn(const Plane *plane) noexcept nogil:
    """When the wheel has somebody to serve; there must be one."""
    cdef int64_t at = plane.wheel_at
    while plane.wheel[at & (WHEEL_SLOTS - 1)] is NULL:
        at += 1
    return at / 1000.0
