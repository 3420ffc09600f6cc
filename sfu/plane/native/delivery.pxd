"""From an encoding to its consumers: the ring, routes that take effect, and every carrier in turn.

With ``batching`` packets wait until the batch from the socket is read, so that each viewer gets those of one encoding
together; whatever looks at routes or numbers calls ``deliver_batches`` first.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from .consumer cimport forward, skip_padding, take
from .limits cimport *
from .memory cimport append, remove
from .pace cimport begin_behind, is_paced, offer
from .pacing cimport catch_up
from .repair cimport want_keyframe
from .ring cimport keep, update_ring
from .state cimport ROUTE_TAKEN, Consumer, Encoding, Packet, Plane, hold, let_go, tell_simply


# -- batches --------------------------------------------------------------------------------------------------------


cdef inline void _plan_padding(Encoding *encoding) noexcept nogil:
    """Packets that differ by a few bytes from the longest of their run become as long: the kernel takes them together."""
    cdef int start = 0
    cdef int place, longest, shortest, size
    while start < encoding.batch_count:
        longest = shortest = encoding.batch[start].size
        place = start + 1
        while place < encoding.batch_count:
            size = encoding.batch[place].size
            if max(longest, size) - min(shortest, size) > MAX_PADDING or max(longest, size) > MAX_PROTECT - MAX_HEAD:
                break
            longest = max(longest, size)
            shortest = min(shortest, size)
            place += 1
        while start < place:
            encoding.batch[start].padding = <unsigned char>(longest - encoding.batch[start].size)
            start += 1


cdef inline void _deliver_batch(Plane *plane, Encoding *encoding) noexcept nogil:
    cdef Consumer *consumer
    cdef int place, number
    if plane.settings.pads and encoding.batch_count > 1 and encoding.kind == VIDEO:
        _plan_padding(encoding)
    for place in range(encoding.carriers.count):
        consumer = <Consumer *>encoding.carriers.items[place]
        for number in range(encoding.batch_count):
            if is_paced(consumer):
                offer(plane, consumer, encoding.batch[number])
            elif not consumer.is_behind or encoding.batch[number].index < consumer.cursor:
                forward(plane, consumer, encoding.batch[number])
    for number in range(encoding.batch_count):
        let_go(plane, encoding.batch[number])
    encoding.batch_count = 0


cdef inline void deliver_batches(Plane *plane) noexcept nogil:
    """Hand over all that is in hand."""
    cdef int place
    for place in range(plane.batches.count):
        _deliver_batch(plane, <Encoding *>plane.batches.items[place])
    plane.batches.count = 0


cdef inline void _add_to_batch(Plane *plane, Encoding *encoding, Packet *packet) noexcept nogil:
    if encoding.carriers.count == 0:
        return
    if encoding.batch_count == 0:
        append(&plane.batches, encoding)
    hold(packet)
    encoding.batch[encoding.batch_count] = packet
    encoding.batch_count += 1
    if encoding.batch_count == BATCH or not plane.settings.batching:
        deliver_batches(plane)


# -- packets and routes ---------------------------------------------------------------------------------------------


cdef inline void _take(Plane *plane, Consumer *consumer, Encoding *encoding, Packet *first) noexcept nogil:
    """The route takes effect with ``first``; what came after it already follows from the ring."""
    cdef Encoding *old = consumer.carried
    remove(&encoding.waiting, consumer)
    take(plane, consumer, encoding, first)
    if old is not NULL:
        update_ring(plane, old)
    if is_paced(consumer):
        tell_simply(plane, ROUTE_TAKEN, consumer.handle, encoding.handle)
        begin_behind(plane, consumer, first)
        return
    forward(plane, consumer, first)
    consumer.cursor = first.index + 1
    if encoding.ring is not NULL:
        catch_up(plane, consumer)
    tell_simply(plane, ROUTE_TAKEN, consumer.handle, encoding.handle)


cdef inline void _deliver_padding(Plane *plane, Encoding *encoding, const Packet *packet) noexcept nogil:
    """Padding alone is not forwarded: the next packet takes its number, or, if that is gone, an empty one fills it."""
    cdef bint is_newest = packet.index == encoding.statistics.sequence.highest
    cdef Consumer *consumer
    cdef int place
    deliver_batches(plane)
    for place in range(encoding.carriers.count):
        consumer = <Consumer *>encoding.carriers.items[place]
        if is_newest and not consumer.is_behind:
            skip_padding(consumer, packet.index)
        elif not consumer.is_behind or packet.index < consumer.cursor:
            forward(plane, consumer, packet)


cdef inline void deliver(Plane *plane, Encoding *encoding, Packet *packet) noexcept nogil:
    """Forward a fresh or repaired packet to all who carry the encoding; those who wait begin with a keyframe."""
    cdef Consumer *consumer
    if encoding.ring is NULL:
        return
    if packet.size == 0:
        _deliver_padding(plane, encoding, packet)
        return
    if not keep(plane, encoding.ring, packet):
        return
    _add_to_batch(plane, encoding, packet)
    if not packet.starts_keyframe:
        return
    encoding.wants_keyframe = False
    if encoding.waiting.count:
        deliver_batches(plane)
    while encoding.waiting.count:
        consumer = <Consumer *>encoding.waiting.items[0]
        _take(plane, consumer, encoding, packet)


cdef inline void begin_route(Plane *plane, Consumer *consumer, Encoding *encoding) noexcept nogil:
    """A consumer was put among the waiting: start it from a fresh keyframe in the ring, or ask for one."""
    cdef Packet *keyframe = NULL
    if encoding.ring is not NULL and encoding.kind == VIDEO:
        keyframe = encoding.ring.keyframe
    # older than what went out last, its timestamp could not tell when it was taken
    if (
        keyframe is not NULL
        and consumer.carried is NULL
        and keyframe.arrived_at > consumer.rewriter.last.arrived_at
        and plane.now - keyframe.arrived_at <= REUSE_SECONDS
    ):
        _take(plane, consumer, encoding, keyframe)
    else:
        want_keyframe(plane, encoding)
