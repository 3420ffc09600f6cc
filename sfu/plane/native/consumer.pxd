"""An outbound stream: takes a route, rewrites, encrypts and sends, or hands plaintext to a sink."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove, memset

from .limits cimport *
from .memory cimport append, remove
from .outbox cimport post, room_for
from .queue cimport claim_record, open_queue, publish_record
from .red cimport write_red_head
from .rewriter cimport Position, Segment, begin_segment, current, end_segment, limit, segment_of, skip
from .ring cimport fetch
from .sent cimport next_number, note_sent
from .srtp cimport Stream, seal
from .state cimport Consumer, Encoding, Packet, Plane, Transport
from .template cimport write_header
from .transport cimport speaker
from .vp8 cimport begins_picture, is_layer_sync, write_vp8
from .wire cimport difference32, floor_divide

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


cdef inline Position _position_before(const Packet *packet) noexcept nogil:
    """Where its stream stood just before it."""
    cdef Position position
    position.index = packet.index - 1
    position.timestamp = packet.timestamp
    position.arrived_at = packet.arrived_at
    position.picture = packet.vp8.picture if packet.vp8.size else -1
    position.tl0 = packet.vp8.tl0 if packet.vp8.size else -1
    if packet.vp8.size and begins_picture(&packet.vp8):
        if position.picture >= 0:
            position.picture = (position.picture - 1) & 0x7FFF
        if position.tl0 >= 0 and packet.vp8.layer == 0:
            position.tl0 = (position.tl0 - 1) & 0xFF
    return position


cdef inline Packet *next_waiting(Plane *plane, Consumer *consumer) noexcept nogil:
    """The first packet that waits, or NULL; the cursor passes over what never came."""
    cdef const Encoding *encoding = consumer.carried
    cdef Packet *packet
    if encoding is NULL or encoding.ring is NULL:
        return NULL
    while consumer.cursor <= encoding.statistics.sequence.highest:
        packet = fetch(encoding.ring, consumer.cursor, plane.now)
        if packet is not NULL:
            return packet
        consumer.cursor += 1
    return NULL


cdef inline void leave(Plane *plane, Consumer *consumer) noexcept nogil:
    """Stop carrying; what was sent last is remembered, what waits is forgotten."""
    cdef Encoding *encoding = consumer.carried
    cdef Packet *waiting = NULL
    cdef Position position
    if encoding is NULL:
        return
    if consumer.is_behind:
        waiting = next_waiting(plane, consumer)
    position = position_of(encoding) if waiting is NULL else _position_before(waiting)
    end_segment(&consumer.rewriter, &position)
    remove(&encoding.carriers, consumer)
    consumer.carried = NULL
    consumer.carried_handle = -1
    consumer.is_behind = False
    consumer.owed_count = 0


cdef inline void take(Plane *plane, Consumer *consumer, Encoding *encoding, const Packet *packet) noexcept nogil:
    """Begin to carry ``encoding`` with ``packet``, its next to go out."""
    cdef Position start
    leave(plane, consumer)
    start.index = packet.index
    start.timestamp = packet.timestamp
    start.arrived_at = packet.arrived_at
    start.picture = packet.vp8.picture if packet.vp8.size else -1
    start.tl0 = packet.vp8.tl0 if packet.vp8.size else -1
    begin_segment(&consumer.rewriter, encoding.serial, &start, consumer.temporal)
    consumer.newest = packet.index - 1
    consumer.skipped_timestamp = -1
    consumer.taken_at = plane.now
    consumer.carried = encoding
    consumer.pending = NULL
    consumer.carried_handle = encoding.handle
    append(&encoding.carriers, consumer)


# -- packets --------------------------------------------------------------------------------------------------------


cdef inline bint is_left_out(const Packet *packet, const Segment *segment) noexcept nogil:
    """Of a temporal layer that does not go out; where it has a number, it came too late to give it to another."""
    return packet.vp8.size != 0 and packet.vp8.layer > segment.temporal


cdef inline int write_payload(const Packet *packet, const Segment *segment, uint8_t *out) noexcept nogil:
    """The payload as this viewer gets it, written to ``out``; its size."""
    cdef int head = 0
    if is_left_out(packet, segment):
        return 0
    if packet.vp8.size == 0 or (packet.vp8.is_long and not segment.picture_offset and not segment.tl0_offset):
        memcpy(out, packet.payload, packet.size)
        return packet.size
    head = write_vp8(&packet.vp8, segment.picture_offset, segment.tl0_offset, out)
    memcpy(out + head, packet.payload + packet.vp8.size, packet.size - packet.vp8.size)
    return head + packet.size - packet.vp8.size


cdef inline uint32_t next_transport_cc(Consumer *consumer) noexcept nogil:
    return next_number(&consumer.transport.log) if consumer.stamps else 0


cdef inline int send_sealed(
    Plane *plane, Consumer *consumer, Stream *stream, uint8_t *out, int head, const uint8_t *plain, int size, int cluster
) noexcept nogil:
    """Encrypt ``plain`` behind the header in ``out`` and send it; how many bytes left, 0 when it cannot be sent."""
    cdef Transport *transport = consumer.transport
    cdef int length = seal(&transport.send, stream, out, head, plain, size)
    if length < 0:
        plane.counters.unprotectable += 1
        return 0
    post(plane, &transport.to, length)
    if consumer.stamps:
        note_sent(&transport.log, plane.microseconds, length, cluster)
    if transport.pace.is_set and consumer.kind == VIDEO and cluster == 0:
        transport.pace.level += length
    return length


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
    size = write_payload(packet, segment, record + sizeof(Tap) + head_size)
    (<uint32_t *>(record - 8))[0] = <uint32_t>sizeof(Tap) + head_size + size
    publish_record(&plane.taps, <uint32_t>sizeof(Tap) + head_size + size)


cdef inline Segment *_thin(Consumer *consumer, const Packet *packet, Segment *segment) noexcept nogil:
    """Which segment the newest packet goes out in; NULL: its temporal layer does not go out. The limit falls with the first
    picture that it leaves out, and rises with a keyframe or a picture that needs none of those left out."""
    cdef int layer = packet.vp8.layer
    cdef int wanted = consumer.temporal
    cdef bint is_next
    if segment.temporal != wanted and begins_picture(&packet.vp8):
        if packet.vp8.starts_keyframe or (segment.temporal > wanted and wanted < layer):
            limit(&consumer.rewriter, packet.index, wanted)
        elif is_layer_sync(&packet.vp8) and layer == segment.temporal + 1 and layer <= wanted:
            limit(&consumer.rewriter, packet.index, layer)
        segment = current(&consumer.rewriter)
    if layer <= segment.temporal:
        return segment
    is_next = packet.timestamp != consumer.skipped_timestamp and packet.vp8.picture >= 0
    consumer.skipped_timestamp = packet.timestamp
    skip(&consumer.rewriter, packet.index, is_next)
    consumer.newest = packet.index
    return NULL


cdef inline void skip_padding(Consumer *consumer, int64_t index) noexcept nogil:
    """The newest packet of the carried encoding was nothing but padding: the next takes its number."""
    skip(&consumer.rewriter, index, False)
    consumer.newest = max(consumer.newest, index)


cdef inline int _write_red(
    Plane *plane, const Consumer *consumer, const Packet *packet, const Segment *segment, uint8_t *out
) noexcept nogil:
    """The payload with those of packets before it, as many as asked for, that are there, of this segment and near."""
    cdef const Packet *earlier[2]
    cdef const Packet *found
    cdef int64_t offset
    cdef int count = 0
    cdef int back, place
    cdef int size = 1 + packet.size
    for back in range(1, consumer.levels + 1):
        if consumer.carried.ring is NULL or packet.index - back < segment.first:
            break
        found = fetch(consumer.carried.ring, packet.index - back, plane.now)
        if found is NULL:
            continue
        offset = difference32(packet.timestamp, found.timestamp)
        size += 4 + found.size
        if not 0 < offset <= MAX_RED_OFFSET or found.size > MAX_RED_BLOCK or size > MAX_RED_PAYLOAD:
            break
        earlier[count] = found
        count += 1
    size = 0
    place = count - 1
    while place >= 0:
        offset = difference32(packet.timestamp, earlier[place].timestamp)
        write_red_head(out + size, consumer.payload_type, <int>offset, earlier[place].size)
        size += 4
        place -= 1
    out[size] = <uint8_t>consumer.payload_type
    size += 1
    place = count - 1
    while place >= 0:
        memcpy(out + size, earlier[place].payload, earlier[place].size)
        size += earlier[place].size
        place -= 1
    memcpy(out + size, packet.payload, packet.size)
    return size + packet.size


cdef inline void _put_padding_on(uint8_t *out, int end, int padding) noexcept nogil:
    memset(out + end, 0, padding)
    out[end + padding - 1] = <uint8_t>padding
    out[0] |= 0x20


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
    if packet.index > consumer.newest:
        if packet.vp8.size and (consumer.temporal < ALL_LAYERS or segment.temporal < ALL_LAYERS):
            segment = _thin(consumer, packet, segment)
            if segment is NULL:
                return
        consumer.newest = packet.index
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
        next_transport_cc(consumer),
    )
    if packet.vp8.size and (
        packet.vp8.layer > segment.temporal
        or not (packet.vp8.is_long and not segment.picture_offset and not segment.tl0_offset)
    ):
        plain = out + head_size if is_sendable else plane.trial
        size = write_payload(packet, segment, <uint8_t *>plain)
    elif consumer.levels and size:
        plain = out + head_size if is_sendable else plane.trial
        size = _write_red(plane, consumer, packet, segment, <uint8_t *>plain)
        out[1] = packet.marker | <uint8_t>consumer.red_payload_type
    consumer.packets += 1
    consumer.bytes += head_size + size
    consumer.octets += size
    if is_sendable:
        if packet.padding:
            if plain != out + head_size:
                memcpy(out + head_size, plain, size)
                plain = out + head_size
            _put_padding_on(out, head_size + size, packet.padding)
            size += packet.padding
        send_sealed(plane, consumer, consumer.stream, out, head_size, plain, size, 0)
    elif transport is NULL:
        _hand_over(plane, consumer, packet, head, head_size, segment)


cdef inline void find_streams(Consumer *consumer) noexcept nogil:
    """Under new keys the numbers of its SSRCs are counted anew."""
    if consumer.transport is NULL:
        return
    consumer.stream = speaker(consumer.transport, consumer.ssrc)
    if consumer.has_rtx:
        consumer.rtx_stream = speaker(consumer.transport, consumer.rtx_ssrc)
