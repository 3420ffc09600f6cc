"""What a viewer gets once more, always as RTX (RFC 4588): what it asked for, and what fills a probe."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from .budget cimport spend
from .consumer cimport is_left_out, next_transport_cc, position_of, send_sealed, write_payload
from .limits cimport *
from .memory cimport claim
from .outbox cimport room_for
from .rewriter cimport Segment, current, find_segment, segment_of
from .ring cimport fetch
from .state cimport Consumer, Encoding, Packet, Plane, Resent, Transport
from .template cimport write_header
from .wire cimport put16


cdef inline bint _was_resent(const Resent *resent, uint32_t sequence, double now) noexcept nogil:
    """Within one round trip. The newest are looked at first, and none that is older."""
    cdef int place
    if resent is NULL:
        return False
    place = resent.count - 1
    while place >= 0:
        if now - resent.times[(resent.begin + place) & (MAX_RESENT - 1)] >= MIN_RESEND_SECONDS:
            return False
        if resent.sequences[(resent.begin + place) & (MAX_RESENT - 1)] == sequence:
            return True
        place -= 1
    return False


cdef inline void _note_resent(Consumer *consumer, uint32_t sequence, double now) noexcept nogil:
    cdef Resent *resent = consumer.resent
    cdef int place
    if resent is NULL:
        resent = consumer.resent = <Resent *>claim(sizeof(Resent))
    if resent.count == MAX_RESENT:
        resent.begin = (resent.begin + 1) & (MAX_RESENT - 1)
        resent.count -= 1
    place = (resent.begin + resent.count) & (MAX_RESENT - 1)
    resent.sequences[place] = <uint16_t>sequence
    resent.times[place] = now
    resent.count += 1


cdef inline bint may_spend(Consumer *consumer, int size, double now) noexcept nogil:
    """A bucket of a quarter of a second at the consumer's rate; without one, or with a pace, all is allowed."""
    cdef double rate = <double>consumer.rate
    cdef double bucket = rate / 8 * 0.25
    if consumer.rate < 0 or (consumer.transport is not NULL and consumer.transport.pace.is_set):
        return True
    consumer.allowance = min(bucket, consumer.allowance + (now - consumer.allowed_at) * rate / 8)
    consumer.allowed_at = now
    if consumer.allowance < size:
        return False
    consumer.allowance -= size
    return True


cdef inline bint _may_repair(Plane *plane, Transport *transport, int size) noexcept nogil:
    """What all NACKs of one peer together can get out of us."""
    cdef double rate = plane.settings.budgets.repair_bytes
    if spend(&transport.repairs, size, rate, rate * REPAIR_SECONDS, plane.now):
        return True
    plane.counters.repairs_over_budget += 1
    return False


cdef enum Answer:
    MISSED = 0
    ANSWERED = 1
    TOO_SOON = 2  # the rate does not allow it now


cdef inline int _put(
    Plane *plane, Consumer *consumer, uint8_t marker, int64_t timestamp, uint8_t level, int size, bint is_padding, int cluster
) noexcept nogil:
    """Send what is in ``trial`` under the next number of the RTX SSRC; how many bytes left."""
    cdef Transport *transport = consumer.transport
    cdef bint is_sendable = transport.has_keys and transport.has_address
    cdef uint8_t head[MAX_HEAD]
    cdef uint8_t *out = room_for(plane, &transport.to, DATAGRAM) if is_sendable else head
    write_header(
        &consumer.rtx_header,
        out,
        marker,
        <uint32_t>(consumer.next_rtx_index & 0xFFFF),
        <uint32_t>(timestamp & 0xFFFFFFFFU),
        level,
        plane.send_time,
        next_transport_cc(consumer),
    )
    if is_padding:
        out[0] |= 0x20
    consumer.next_rtx_index += 1
    if not is_sendable:
        return 0
    return send_sealed(
        plane, consumer, consumer.rtx_stream, out, consumer.rtx_header.size, plane.trial, size, cluster
    )


cdef inline int _repeat(
    Plane *plane, Consumer *consumer, const Packet *packet, const Segment *segment, int size, int cluster
) noexcept nogil:
    """Of a packet whose payload is in ``trial`` already."""
    put16(plane.trial, <uint32_t>((packet.index + segment.index_offset) & 0xFFFF))
    return _put(
        plane, consumer, packet.marker, packet.timestamp + segment.timestamp_offset, packet.level, size, False, cluster
    )


cdef inline Answer retransmit(Plane *plane, Consumer *consumer, uint32_t sequence) noexcept nogil:
    """Answer a NACK. Nothing of a route that ended is sent again."""
    cdef Transport *transport = consumer.transport
    cdef Encoding *encoding = consumer.carried
    cdef Segment *segment
    cdef Packet *packet
    cdef int64_t inbound
    cdef int size
    if transport is NULL or not consumer.has_rtx or encoding is NULL or encoding.ring is NULL:
        return MISSED
    segment = find_segment(&consumer.rewriter, sequence, encoding.statistics.sequence.highest, &inbound)
    if segment is NULL or segment.source != encoding.serial:
        return MISSED
    packet = fetch(encoding.ring, inbound, plane.now)
    if packet is NULL:
        return MISSED
    if _was_resent(consumer.resent, sequence, plane.now):
        return ANSWERED
    size = 2 + write_payload(packet, segment, plane.trial + 2)
    if not may_spend(consumer, consumer.repair_copies * size, plane.now):
        return TOO_SOON
    if not _may_repair(plane, transport, consumer.repair_copies * size):
        return MISSED
    _note_resent(consumer, sequence, plane.now)
    consumer.retransmitted += consumer.repair_copies
    for _ in range(consumer.repair_copies):
        _repeat(plane, consumer, packet, segment, size, 0)
    return ANSWERED


cdef inline int _pad(Plane *plane, Consumer *consumer, int cluster) noexcept nogil:
    """Padding alone says nothing and is not answered; its timestamp is that of what went out last."""
    cdef const Segment *segment = current(&consumer.rewriter)
    cdef int64_t timestamp = consumer.rewriter.last.timestamp
    if consumer.carried is not NULL and segment is not NULL:
        timestamp = position_of(consumer.carried).timestamp + segment.timestamp_offset
    memset(plane.trial, 0, PROBE_PADDING)
    plane.trial[PROBE_PADDING - 1] = PROBE_PADDING
    return _put(plane, consumer, 0, timestamp, 0, PROBE_PADDING, True, cluster)


cdef inline int repeat_for_probe(Plane *plane, Consumer *consumer, int64_t *index, int cluster) noexcept nogil:
    """Send the newest packet at or before ``index`` (−1: of all) that went out, else padding; how many bytes left. ``index``
    becomes where to go on."""
    cdef const Encoding *encoding = consumer.carried
    cdef const Packet *packet
    cdef const Segment *segment
    cdef int64_t last = consumer.newest if index[0] < 0 else min(index[0], consumer.newest)
    cdef int64_t place = last
    if encoding is NULL or encoding.ring is NULL:
        return _pad(plane, consumer, cluster)
    while place > last - SEARCHED and place >= 0:
        packet = fetch(encoding.ring, place, plane.now)
        segment = segment_of(&consumer.rewriter, encoding.serial, place)
        if packet is not NULL and segment is not NULL and not is_left_out(packet, segment):
            index[0] = place - 1
            return _repeat(
                plane, consumer, packet, segment, 2 + write_payload(packet, segment, plane.trial + 2), cluster
            )
        place -= 1
    return _pad(plane, consumer, cluster)
