"""The last packets of one encoding, plaintext, stored once: for retransmission and for those who come late.

Payloads leave after two seconds, or sooner when all rings together are over their limit; that they were here is
remembered longer.
"""

from libc.stdint cimport int64_t
from libc.stdlib cimport free

from .limits cimport MAX_AGE_SECONDS, RING_SIZE
from .memory cimport claim
from .nack cimport forget_holes
from .state cimport Encoding, Packet, Plane, Ring, Slot, hold, let_go


cdef inline Ring *open_ring(Plane *plane, int64_t first) noexcept nogil:
    cdef Ring *ring = <Ring *>claim(sizeof(Ring))
    cdef int place
    ring.first = first
    for place in range(RING_SIZE):
        ring.slots[place].index = -1
    ring.newest = -1
    plane.ring_bytes += sizeof(Ring)
    return ring


cdef inline void _empty(Plane *plane, Slot *slot) noexcept nogil:
    if slot.packet is not NULL:
        let_go(plane, slot.packet)
        slot.packet = NULL


cdef inline void close_ring(Plane *plane, Ring *ring) noexcept nogil:
    cdef int place
    for place in range(RING_SIZE):
        _empty(plane, &ring.slots[place])
    if ring.keyframe is not NULL:
        let_go(plane, ring.keyframe)
    plane.ring_bytes -= sizeof(Ring)
    free(ring)


cdef inline void _shed(Plane *plane, Ring *ring) noexcept nogil:
    """Give back what is too old, and what is too much."""
    cdef Slot *slot
    cdef int steps = 0
    cdef bint is_over
    if ring.oldest <= ring.newest - RING_SIZE:
        ring.oldest = ring.newest - RING_SIZE + 1
    while ring.oldest < ring.newest:
        slot = &ring.slots[ring.oldest & (RING_SIZE - 1)]
        is_over = plane.ring_bytes > plane.settings.ring_bytes
        if slot.packet is not NULL and slot.index == ring.oldest:
            if not is_over and plane.now - slot.packet.arrived_at <= MAX_AGE_SECONDS:
                return
            plane.counters.ring_shed += is_over
            _empty(plane, slot)
        ring.oldest += 1
        steps += 1
        if steps == 64:
            return


cdef inline void _note_keyframe(Plane *plane, Ring *ring, Packet *packet) noexcept nogil:
    """Of several packets that could begin it (parameter sets, then a slice) the first is the keyframe's."""
    cdef Packet *present = ring.keyframe
    if present is NULL or (packet.index > present.index) == (packet.timestamp != present.timestamp):
        hold(packet)
        ring.keyframe = packet
        if present is not NULL:
            let_go(plane, present)


cdef inline bint keep(Plane *plane, Ring *ring, Packet *packet) noexcept nogil:
    """Keep a packet; False when it is here already or its place belongs to a newer one."""
    cdef Slot *slot = &ring.slots[packet.index & (RING_SIZE - 1)]
    if slot.index >= packet.index:
        return False
    _empty(plane, slot)
    hold(packet)
    slot.packet = packet
    slot.index = packet.index
    if ring.first < 0:
        ring.first = packet.index
    if ring.newest < 0:
        ring.oldest = ring.newest = packet.index
    ring.newest = max(ring.newest, packet.index)
    ring.oldest = min(ring.oldest, packet.index)
    if packet.starts_keyframe:
        _note_keyframe(plane, ring, packet)
    _shed(plane, ring)
    return True


cdef inline bint misses(const Ring *ring, int64_t index) noexcept nogil:
    """Whether that packet should be here and is not; one pushed out by a newer one is not missed."""
    return ring.first >= 0 and index >= ring.first and ring.slots[index & (RING_SIZE - 1)].index < index


cdef inline Packet *fetch(const Ring *ring, int64_t index, double now) noexcept nogil:
    """The packet of that index, unless it never came, was pushed out, or is too old."""
    cdef const Slot *slot = &ring.slots[index & (RING_SIZE - 1)]
    if slot.packet is NULL or slot.index != index or now - slot.packet.arrived_at > MAX_AGE_SECONDS:
        return NULL
    return slot.packet


cdef inline void update_ring(Plane *plane, Encoding *encoding) noexcept nogil:
    """A ring while somebody consumes and it is not paused; nothing of it survives."""
    cdef int64_t highest = encoding.statistics.sequence.highest
    if encoding.paused or not (encoding.carriers.count or encoding.waiting.count):
        if encoding.ring is not NULL:
            close_ring(plane, encoding.ring)
            encoding.ring = NULL
        forget_holes(&encoding.nack)
    elif encoding.ring is NULL:
        encoding.ring = open_ring(plane, -1 if highest < 0 else highest + 1)
        if highest >= 0:
            encoding.nack.highest = highest
