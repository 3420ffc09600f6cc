"""Sender and receiver reports of one transport, once a second: what we sent, what we got, and whose clock it was."""

from libc.math cimport fabs, rint
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from .limits cimport *
from .rtcp cimport SENDER_REPORT, SOURCE_DESCRIPTION, Control, write_head, write_name, write_receiver_head
from .rewriter cimport Segment, current
from .state cimport Consumer, Encoding, Listening, Plane, Transport, find_consumer, find_listening, wall_ns
from .statistics cimport Statistics, hear_sender_report, write_block
from .transport cimport send_rtcp
from .wire cimport floor_divide, get32, get64, put32, put64


cdef inline uint64_t ntp_from_wall(int64_t ns) noexcept nogil:
    """64-bit NTP of nanoseconds since 1970."""
    cdef int64_t seconds = floor_divide(ns, 1000000000)
    cdef int64_t rest = ns - seconds * 1000000000
    return (<uint64_t>(seconds + NTP_EPOCH) << 32) + (<uint64_t>rest << 32) // 1000000000


# -- sending --------------------------------------------------------------------------------------------------------


cdef inline bint _inbound_timestamp(const Encoding *encoding, int64_t wall, int64_t *timestamp) noexcept nogil:
    """What the sender's RTP clock shows at our wall clock; from the newest packet's arrival until it told us."""
    cdef double theirs
    cdef int64_t elapsed, seconds
    if encoding.transport.has_clock and encoding.has_sender_report:
        theirs = wall / 1e9 + NTP_EPOCH - encoding.transport.clock_offset
        timestamp[0] = encoding.sender_rtp + <int64_t>rint(
            (theirs - encoding.sender_ntp / 4294967296.0) * encoding.clock_rate
        )
        return True
    if not encoding.has_newest:
        return False
    elapsed = wall - encoding.newest_arrival_ns
    seconds = floor_divide(elapsed, 1000000000)
    timestamp[0] = encoding.newest.timestamp + seconds * encoding.clock_rate + (
        (elapsed - seconds * 1000000000) * encoding.clock_rate // 1000000000
    )
    return True


cdef inline int _write_sender_report(const Consumer *consumer, int64_t wall, uint8_t *out) noexcept nogil:
    """The SR of a consumer that carries something; its size, or 0."""
    cdef Segment *segment = current(&consumer.rewriter)
    cdef int64_t timestamp = 0
    if consumer.carried is NULL or segment is NULL or not consumer.packets:
        return 0
    if not _inbound_timestamp(consumer.carried, wall, &timestamp):
        return 0
    put32(out + 4, consumer.ssrc)
    put64(out + 8, ntp_from_wall(wall))
    put32(out + 16, <uint32_t>((timestamp + segment.timestamp_offset) & 0xFFFFFFFFU))
    put32(out + 20, <uint32_t>(consumer.packets & 0xFFFFFFFFU))
    put32(out + 24, <uint32_t>(consumer.octets & 0xFFFFFFFFU))
    return write_head(out, 0, SENDER_REPORT, 24)


cdef inline void _send_sender_reports(Plane *plane, Transport *transport, int64_t wall) noexcept nogil:
    cdef Consumer *named[REPORTS_PER_COMPOUND]
    cdef Consumer *consumer
    cdef int place, written, size, begin, name
    cdef int next_consumer = 0
    while next_consumer < transport.consumers.count:
        written = size = 0
        while next_consumer < transport.consumers.count and written < REPORTS_PER_COMPOUND:
            consumer = <Consumer *>transport.consumers.items[next_consumer]
            next_consumer += 1
            place = _write_sender_report(consumer, wall, plane.scratch + size)
            if place:
                named[written] = consumer
                written += 1
                size += place
        if not written:
            continue
        begin = size
        size += 4
        for name in range(written):
            size += write_name(plane.scratch + size, named[name].ssrc, named[name].name, named[name].name_size)
        write_head(plane.scratch + begin, written, SOURCE_DESCRIPTION, size - begin - 4)
        send_rtcp(plane, transport, plane.scratch, size)


cdef inline Statistics *_statistics_of(Listening *listening) noexcept nogil:
    if not listening.is_rtx:
        return &listening.encoding.statistics
    return &listening.encoding.rtx_statistics if listening.encoding.has_rtx else NULL


cdef inline void _raise_loss(const Listening *listening, uint8_t *block) noexcept nogil:
    """Of the media itself no less loss is told than was asked for."""
    if not listening.is_rtx and block[4] < listening.encoding.reported_loss:
        block[4] = <uint8_t>listening.encoding.reported_loss


cdef inline void _send_receiver_reports(Plane *plane, Transport *transport) noexcept nogil:
    """One block for every SSRC that was heard, RTX too: browsers send mid and rid until they see it."""
    cdef Statistics *statistics
    cdef int blocks, size
    cdef int place = 0
    while place < transport.listening_count:
        blocks = 0
        while place < transport.listening_count and blocks < BLOCKS_PER_REPORT:
            statistics = _statistics_of(&transport.listening[place])
            place += 1
            if statistics is not NULL and statistics.received:
                write_block(statistics, plane.now, plane.scratch + 8 + 24 * blocks)
                _raise_loss(&transport.listening[place - 1], plane.scratch + 8 + 24 * blocks)
                blocks += 1
        if not blocks:
            continue
        write_receiver_head(plane.scratch, transport.local_ssrc, blocks)
        size = 8 + 24 * blocks
        size += 4 + write_name(plane.scratch + size + 4, transport.local_ssrc, b"giaoban", 7)
        write_head(plane.scratch + 8 + 24 * blocks, 1, SOURCE_DESCRIPTION, size - 12 - 24 * blocks)
        send_rtcp(plane, transport, plane.scratch, size)


cdef inline void send_reports(Plane *plane, Transport *transport) noexcept nogil:
    """All reports that are due, in compounds of a harmless size."""
    if plane.has_wall:
        _send_sender_reports(plane, transport, wall_ns(plane))
        _send_receiver_reports(plane, transport)


# -- receiving ------------------------------------------------------------------------------------------------------


cdef inline void _hear_clock(Transport *transport, uint64_t ntp, int64_t wall) noexcept nogil:
    """A sender report: the peer's clock against ours. All streams of a peer share it, so that lips match."""
    cdef double measured = wall / 1e9 + NTP_EPOCH - ntp / 4294967296.0
    cdef double offset = transport.clock_offset
    if not transport.has_clock or fabs(measured - offset) > 0.5:
        transport.clock_offset = measured
    else:  # the least delayed report is the truest; follow drift slowly
        transport.clock_offset = measured if measured < offset else offset + (measured - offset) * 0.01
    transport.has_clock = True


cdef inline void receive_sender_report(Plane *plane, Transport *transport, const uint8_t *body, int64_t wall) noexcept nogil:
    """A producer's SR: for our report blocks, for lip sync, for the sinks' wall clock."""
    cdef Listening *listening = find_listening(transport, get32(body))
    cdef Statistics *statistics
    if listening is NULL:
        return
    statistics = _statistics_of(listening)
    if statistics is not NULL:
        hear_sender_report(statistics, get64(body + 4), plane.now)
    if not listening.is_rtx:
        listening.encoding.has_sender_report = True
        listening.encoding.sender_ntp = get64(body + 4)
        listening.encoding.sender_rtp = get32(body + 12)
        _hear_clock(transport, get64(body + 4), wall)


cdef inline void receive_blocks(Transport *transport, const uint8_t *blocks, int count, int64_t wall) noexcept nogil:
    """What a viewer says of our streams: loss, and the round trip (RFC 3550 6.4.1)."""
    cdef const uint8_t *block
    cdef Consumer *consumer
    cdef uint32_t round_trip
    cdef int place
    for place in range(count):
        block = blocks + 24 * place
        consumer = find_consumer(transport, get32(block))
        if consumer is NULL:
            continue
        consumer.fraction_lost = block[4] / 256.0
        if get32(block + 16):
            round_trip = <uint32_t>(ntp_from_wall(wall) >> 16) - get32(block + 16) - get32(block + 20)
            if round_trip < 60 << 16:
                consumer.rtt_ms = round_trip * 1000.0 / 65536
                transport.rtt = round_trip / 65536.0
                transport.has_rtt = True
