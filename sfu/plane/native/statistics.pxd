"""What a receiver report says of one inbound SSRC: RFC 3550 6.4.1, A.3 and A.8."""

from libc.math cimport fabs
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from .rtp cimport Unwrapper, unwrap
from .wire cimport put24, put32

ctypedef struct Statistics:
    uint32_t ssrc
    int clock_rate
    Unwrapper sequence
    int64_t first  # index of the first packet; −1: none yet
    int64_t received
    double jitter  # in units of the RTP clock
    double transit
    bint has_transit
    int64_t prior_expected
    int64_t prior_received
    uint32_t last_ntp_middle
    double last_report_at


cdef inline void begin_statistics(Statistics *statistics, uint32_t ssrc, int clock_rate) noexcept nogil:
    statistics.ssrc = ssrc
    statistics.clock_rate = clock_rate
    statistics.sequence.highest = -1
    statistics.first = -1
    statistics.received = 0
    statistics.jitter = 0.0
    statistics.transit = 0.0
    statistics.has_transit = False
    statistics.prior_expected = 0
    statistics.prior_received = 0
    statistics.last_ntp_middle = 0
    statistics.last_report_at = 0.0


cdef inline int64_t expected(const Statistics *statistics) noexcept nogil:
    """Packets that should have come, from the first to the highest."""
    return 0 if statistics.first < 0 else statistics.sequence.highest - statistics.first + 1


cdef inline int64_t count_arrival(
    Statistics *statistics, uint32_t sequence, uint32_t timestamp, double arrived_at
) noexcept nogil:
    """Count a packet; its index."""
    cdef int64_t index = unwrap(&statistics.sequence, sequence, 16)
    cdef double transit, distance
    if statistics.first < 0 or index < statistics.first:
        statistics.first = index
    statistics.received += 1
    transit = arrived_at * statistics.clock_rate - timestamp
    if statistics.has_transit:
        distance = fabs(transit - statistics.transit)
        if distance < statistics.clock_rate * 10:  # not a timestamp that wrapped or jumped
            statistics.jitter += (distance - statistics.jitter) / 16
    statistics.transit = transit
    statistics.has_transit = True
    return index


cdef inline void hear_sender_report(Statistics *statistics, uint64_t ntp, double now) noexcept nogil:
    statistics.last_ntp_middle = <uint32_t>(ntp >> 16)
    statistics.last_report_at = now


cdef inline void write_block(Statistics *statistics, double now, uint8_t *out) noexcept nogil:
    """The report block since the last one, 24 bytes."""
    cdef int64_t count = expected(statistics)
    cdef int64_t interval = count - statistics.prior_expected
    cdef int64_t lost = interval - (statistics.received - statistics.prior_received)
    cdef int64_t total = count - statistics.received
    cdef int64_t highest = statistics.sequence.highest if statistics.sequence.highest >= 0 else 0
    statistics.prior_expected = count
    statistics.prior_received = statistics.received
    put32(out, statistics.ssrc)
    out[4] = <uint8_t>(min(255, (lost << 8) // interval) if interval > 0 and lost > 0 else 0)
    put24(out + 5, <uint32_t>(max(-0x800000, min(0x7FFFFF, total)) & 0xFFFFFF))
    put32(out + 8, <uint32_t>(highest - 0x10000))  # the unwrapper begins one cycle up
    put32(out + 12, <uint32_t><int64_t>statistics.jitter)
    put32(out + 16, statistics.last_ntp_middle)
    if statistics.last_ntp_middle:
        put32(out + 20, <uint32_t><int64_t>((now - statistics.last_report_at) * 65536))
    else:
        put32(out + 20, 0)
