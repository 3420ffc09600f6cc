"""An outbound stream: takes a route, rewrites, encrypts and sends, or hands plaintext to a sink."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove, memset

from .limits cimport *
from .budget cimport spend
from .memory cimport append, claim, remove, resize
from .outbox cimport post, room_for
from .queue cimport claim_record, open_queue, publish_record
from .rewriter cimport Position, Segment, begin_segment, current, end_segment, find_segment, segment_of
from .ring cimport fetch
from .srtp cimport Stream, seal
from .state cimport Consumer, Encoding, Packet, Plane, Resent, Transport
from .template cimport Template, write_header
from .transport cimport speaker
from .vp8 cimport write_vp8
from .wire cimport difference32, floor_divide, put16

cdef enum:
    TAPS_BYTES = 8388608

# Head of a sink's record; the plaintext follows.
ctypedef struct Tap:
    int64_t consumer
    int64_t encoding
    int64_t arrival_ns
    uint64_t ntp
    int64_t ntp_step  # to be added to it
    int64_t has_ntp


# -- routes ---------------------------------------------------------------------------------------------------------


cdef inline Position position_of(const Encoding *encoding) noexcept nogil:
    """Where the inbound stream is, padding included."""
    cdef Position position
    if not encoding.has_newest or encoding.statistics.sequence.highest < 0:
        memset(&position, 0, sizeof(Position))
        position.index = max(encoding.statistics.sequence.highest, 0)
        position.picture = position.tl0 = -1
        return position
    position = encoding.newest
    position.index = encoding.statistics.sequence.highest
    return position


cdef inline void leave(Consumer *consumer) noexcept nogil:
    """Stop carrying; what was sent last is remembered."""
    cdef Encoding *encoding = consumer.carried
    cdef Position position
    if encoding is NULL:
        return
    position = position_of(encoding)
    end_segment(&consumer.rewriter, &position)
    remove(&encoding.carriers, consumer)
    consumer.carried = NULL
    consumer.carried_handle = -1
    consumer.is_behind = False
    consumer.owed_count = 0


cdef inline void take(Consumer *consumer, Encoding *encoding, const Packet *packet) noexcept nogil:
    """Begin to carry ``encoding`` with ``packet``, its next to go out."""
    cdef Position start
    leave(consumer)
    start.index = packet.index
    start.timestamp = packet.timestamp
    start.arrived_at = packet.arrived_at
    start.picture = packet.vp8.picture if packet.vp8.size else -1
    start.tl0 = packet.vp8.tl0 if packet.vp8.size else -1
    begin_segment(&consumer.rewriter, encoding.serial, &start)
    consumer.carried = encoding
    consumer.pending = NULL
    consumer.carried_handle = encoding.handle
    append(&encoding.carriers, consumer)


# -- packets --------------------------------------------------------------------------------------------------------


cdef inline int _payload(const Packet *packet, const Segment *segment, uint8_t *out) noexcept nogil:
    """The payload as this viewer gets it, written to ``out``; its size."""
    cdef int head = 0
    if packet.vp8.size == 0 or (packet.vp8.is_long and not segment.picture_offset and not segment.tl0_offset):
        memcpy(out, packet.payload, packet.size)
        return packet.size
    head = write_vp8(&packet.vp8, segment.picture_offset, segment.tl0_offset, out)
    memcpy(out + head, packet.payload + packet.vp8.size, packet.size - packet.vp8.size)
    return head + packet.size - packet.vp8.size


cdef inline uint32_t _next_transport_cc(Consumer *consumer) noexcept nogil:
    cdef uint32_t number
    if not consumer.stamps:
        return 0
    number = consumer.transport.transport_cc
    consumer.transport.transport_cc += 1
    return number


cdef inline bint _send_sealed(
    Plane *plane, Transport *transport, Stream *stream, uint8_t *out, int head, const uint8_t *plain, int size
) noexcept nogil:
    cdef int length = seal(&transport.send, stream, out, head, plain, size)
    if length < 0:
        plane.counters.unprotectable += 1
        return False
    post(plane, &transport.to, length)
    return True


cdef inline void _hand_over(
    Plane *plane, Consumer *consumer, const Packet *packet, const uint8_t *head, int head_size, const Segment *segment
) noexcept nogil:
    """To a sink: plaintext, through a queue, in order."""
    cdef Encoding *encoding = consumer.carried
    cdef uint8_t *record
    cdef Tap *tap
    cdef int size
    if plane.taps.capacity == 0:
        open_queue(&plane.taps, TAPS_BYTES)
    record = claim_record(&plane.taps, <uint32_t>sizeof(Tap) + head_size + packet.size + 6)
    if record is NULL:
        plane.counters.sink_dropped += 1
        return
    tap = <Tap *>record
    tap.consumer = consumer.handle
    tap.encoding = consumer.carried_handle
    tap.arrival_ns = packet.arrival_ns
    tap.has_ntp = encoding is not NULL and encoding.has_sender_report
    if tap.has_ntp:
        tap.ntp = encoding.sender_ntp
        tap.ntp_step = floor_divide(
            difference32(packet.timestamp, encoding.sender_rtp) * 4294967296LL, encoding.clock_rate
        )
    memcpy(record + sizeof(Tap), head, head_size)
    size = _payload(packet, segment, record + sizeof(Tap) + head_size)
    (<uint32_t *>(record - 8))[0] = <uint32_t>sizeof(Tap) + head_size + size
    publish_record(&plane.taps, <uint32_t>sizeof(Tap) + head_size + size)


cdef inline void forward(Plane *plane, Consumer *consumer, const Packet *packet) noexcept nogil:
    """Forward a packet of the carried encoding; one from before the route began goes nowhere."""
    cdef Segment *segment = current(&consumer.rewriter)
    cdef Transport *transport = consumer.transport
    cdef uint8_t head[MAX_HEAD]
    cdef uint8_t *out
    cdef const uint8_t *plain = &packet.payload[0]
    cdef int size = packet.size
    cdef int head_size = consumer.header.size
    cdef bint is_sendable
    if segment is NULL or packet.index < segment.first:
        segment = segment_of(&consumer.rewriter, consumer.carried.serial, packet.index)
        if segment is NULL:
            return
    is_sendable = transport is not NULL and transport.has_keys and transport.has_address
    out = room_for(plane, &transport.to, DATAGRAM) if is_sendable else head
    write_header(
        &consumer.header,
        out,
        packet.marker,
        <uint32_t>((packet.index + segment.index_offset) & 0xFFFF),
        <uint32_t>((packet.timestamp + segment.timestamp_offset) & 0xFFFFFFFFU),
        packet.level,
        plane.send_time,
        _next_transport_cc(consumer),
    )
    if packet.vp8.size and not (packet.vp8.is_long and not segment.picture_offset and not segment.tl0_offset):
        if is_sendable:
            size = _payload(packet, segment, out + head_size)
            plain = out + head_size
        else:
            size += write_vp8(&packet.vp8, 0, 0, plane.trial) - packet.vp8.size
    consumer.packets += 1
    consumer.bytes += head_size + size
    consumer.octets += size
    if is_sendable:
        if packet.padding:
            if plain != out + head_size:
                memcpy(out + head_size, plain, size)
                plain = out + head_size
            memset(out + head_size + size, 0, packet.padding)
            size += packet.padding
            out[head_size + size - 1] = packet.padding
            out[0] |= 0x20
        _send_sealed(plane, transport, consumer.stream, out, head_size, plain, size)
    elif transport is NULL:
        _hand_over(plane, consumer, packet, head, head_size, segment)


# -- retransmission -------------------------------------------------------------------------------------------------


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
    """A bucket of a quarter of a second at the consumer's rate; without one all is allowed."""
    cdef double rate = <double>consumer.rate
    cdef double bucket = rate / 8 * 0.25
    if consumer.rate < 0:
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


cdef inline Answer retransmit(Plane *plane, Consumer *consumer, uint32_t sequence) noexcept nogil:
    """Answer a NACK by RTX (RFC 4588). Nothing of a route that ended is sent again."""
    cdef Transport *transport = consumer.transport
    cdef Encoding *encoding = consumer.carried
    cdef Segment *segment
    cdef Packet *packet
    cdef int64_t inbound
    cdef uint8_t *out
    cdef uint8_t *plain
    cdef int size
    cdef int head_size = consumer.rtx_header.size
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
    out = plane.scratch
    plain = plane.scratch + head_size
    put16(plain, sequence)
    size = 2 + _payload(packet, segment, plain + 2)
    if not may_spend(consumer, size, plane.now):
        return TOO_SOON
    if not _may_repair(plane, transport, size):
        return MISSED
    _note_resent(consumer, sequence, plane.now)
    write_header(
        &consumer.rtx_header,
        out,
        packet.marker,
        <uint32_t>(consumer.next_rtx_index & 0xFFFF),
        <uint32_t>((packet.timestamp + segment.timestamp_offset) & 0xFFFFFFFFU),
        packet.level,
        plane.send_time,
        _next_transport_cc(consumer),
    )
    consumer.next_rtx_index += 1
    consumer.retransmitted += 1
    if transport.has_keys and transport.has_address:
        if head_size + size > MAX_PROTECT:
            plane.counters.unprotectable += 1
            return ANSWERED
        out = room_for(plane, &transport.to, DATAGRAM)
        memcpy(out, plane.scratch, head_size)
        _send_sealed(plane, transport, consumer.rtx_stream, out, head_size, plain, size)
    return ANSWERED


cdef inline void find_streams(Consumer *consumer) noexcept nogil:
    """Under new keys the numbers of its SSRCs are counted anew."""
    if consumer.transport is NULL:
        return
    consumer.stream = speaker(consumer.transport, consumer.ssrc)
    if consumer.has_rtx:
        consumer.rtx_stream = speaker(consumer.transport, consumer.rtx_ssrc)
