"""One outbound stream made of pieces of several inbound ones: sequence numbers, timestamps and VP8 ids go on.

See ``sfu/rtp/rewriter.py``: nothing is remembered per packet, an outbound index leads to its segment and back.
"""

from libc.math cimport isinf, rint
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from .limits cimport LONG_AGO, MAX_SEGMENTS
from .memory cimport resize
from .wire cimport difference16

ctypedef struct Position:
    int64_t index
    int64_t timestamp
    double arrived_at  # of the first packet with this timestamp
    int picture  # −1: none
    int tl0

ctypedef struct Segment:
    uint64_t source  # serial number of the encoding
    int64_t first  # inbound index
    int64_t index_offset
    int64_t timestamp_offset
    int picture_offset
    int tl0_offset
    int temporal  # higher temporal layers do not go out

ctypedef struct Rewriter:
    int clock_rate
    int min_step
    bint is_open  # the last segment goes on
    Position last
    Segment *segments
    int begin  # place of the oldest once there are MAX_SEGMENTS
    int count
    int capacity


cdef inline void begin_rewriter(Rewriter *rewriter, int64_t first_index, int64_t first_timestamp) noexcept nogil:
    rewriter.is_open = False
    rewriter.begin = 0
    rewriter.count = 0
    rewriter.last.index = first_index - 1
    rewriter.last.timestamp = first_timestamp
    rewriter.last.arrived_at = LONG_AGO
    rewriter.last.picture = -1
    rewriter.last.tl0 = -1


cdef inline Segment *segment_at(const Rewriter *rewriter, int place) noexcept nogil:
    return &rewriter.segments[(rewriter.begin + place) & (MAX_SEGMENTS - 1)]


cdef inline Segment *current(const Rewriter *rewriter) noexcept nogil:
    return segment_at(rewriter, rewriter.count - 1) if rewriter.is_open else NULL


cdef inline Segment *_add(Rewriter *rewriter) noexcept nogil:
    if rewriter.count == MAX_SEGMENTS:
        rewriter.begin = (rewriter.begin + 1) & (MAX_SEGMENTS - 1)
        return segment_at(rewriter, rewriter.count - 1)
    if rewriter.count == rewriter.capacity:
        rewriter.capacity = 2 if rewriter.capacity == 0 else 2 * rewriter.capacity
        rewriter.segments = <Segment *>resize(rewriter.segments, rewriter.capacity * sizeof(Segment))
    rewriter.count += 1
    return segment_at(rewriter, rewriter.count - 1)


cdef inline int _step(int last, int start) noexcept nogil:
    return 0 if last < 0 or start < 0 else last + 1 - start


cdef inline void begin_segment(
    Rewriter *rewriter, uint64_t source, const Position *start, int temporal
) noexcept nogil:
    """``start`` is the next packet out. Ends no segment: ``end_segment`` first."""
    cdef Position last = rewriter.last
    cdef double elapsed = start.arrived_at - last.arrived_at
    cdef int64_t step = 0
    cdef Segment *segment
    if not isinf(elapsed):
        step = max(<int64_t>rewriter.min_step, <int64_t>rint(elapsed * rewriter.clock_rate))
    segment = _add(rewriter)
    segment.source = source
    segment.first = start.index
    segment.index_offset = last.index + 1 - start.index
    segment.timestamp_offset = last.timestamp + step - start.timestamp
    segment.picture_offset = _step(last.picture, start.picture)
    segment.tl0_offset = _step(last.tl0, start.tl0)
    segment.temporal = temporal
    rewriter.is_open = True


cdef inline void end_segment(Rewriter *rewriter, const Position *newest) noexcept nogil:
    """The current segment ends with ``newest``, the last packet of its source that got a number or was skipped."""
    cdef Segment *segment = current(rewriter)
    cdef Position *last = &rewriter.last
    cdef bint is_new
    if segment is NULL:
        return
    rewriter.is_open = False
    is_new = newest.index + segment.index_offset <= last.index  # began, but nothing was forwarded
    last.index = newest.index + segment.index_offset
    if is_new:
        return
    last.timestamp = (newest.timestamp + segment.timestamp_offset) & 0xFFFFFFFFU
    last.arrived_at = newest.arrived_at
    if newest.picture >= 0:
        last.picture = <int>((newest.picture + segment.picture_offset) & 0x7FFF)
    if newest.tl0 >= 0:
        last.tl0 = <int>((newest.tl0 + segment.tl0_offset) & 0xFF)


cdef inline Segment *_split(Rewriter *rewriter, int64_t index) noexcept nogil:
    """The current segment from the newest packet ``index`` on; NULL: that comes too late."""
    cdef Segment *segment = current(rewriter)
    cdef Segment following
    if segment is NULL or index < segment.first:
        return NULL
    if index > segment.first:
        following = segment[0]
        following.first = index
        segment = _add(rewriter)
        segment[0] = following
    return segment


cdef inline void skip(Rewriter *rewriter, int64_t index, bint picture) noexcept nogil:
    """The source's newest packet ``index`` does not go out; the one after it takes its number, and with ``picture`` the
    next picture the id of this one."""
    cdef Segment *segment = _split(rewriter, index)
    if segment is not NULL:
        segment.first += 1
        segment.index_offset -= 1
        segment.picture_offset -= picture


cdef inline void limit(Rewriter *rewriter, int64_t index, int temporal) noexcept nogil:
    """From the newest packet ``index`` on only temporal layers up to this go out."""
    cdef Segment *segment = _split(rewriter, index)
    if segment is not NULL:
        segment.temporal = temporal


cdef inline Segment *segment_of(const Rewriter *rewriter, uint64_t source, int64_t index) noexcept nogil:
    """The segment in which an inbound packet goes out, or NULL if it came too late for all of them."""
    cdef int place = rewriter.count - 1
    cdef Segment *following = NULL
    cdef Segment *segment
    while place >= 0:
        segment = segment_at(rewriter, place)
        if segment.source == source and index >= segment.first:
            # the numbers up to the next segment's first may be taken by it already
            if following is not NULL and index + segment.index_offset >= following.first + following.index_offset:
                return NULL
            return segment
        following = segment
        place -= 1
    return NULL


cdef inline Segment *find_segment(
    const Rewriter *rewriter, uint32_t sequence, int64_t newest, int64_t *inbound
) noexcept nogil:
    """The segment and inbound index behind an outbound sequence number; ``newest`` is the source's newest, or −1."""
    cdef Segment *segment = current(rewriter)
    cdef int64_t last = rewriter.last.index
    cdef int64_t index
    cdef int place = rewriter.count - 1
    if segment is not NULL and newest >= 0:
        last = newest + segment.index_offset
    index = last + difference16(sequence, <uint32_t>(last & 0xFFFF))
    if index > last:
        return NULL
    while place >= 0:
        segment = segment_at(rewriter, place)
        inbound[0] = index - segment.index_offset
        if inbound[0] >= segment.first:
            return segment
        place -= 1
    return NULL


cdef inline void release_rewriter(Rewriter *rewriter) noexcept nogil:
    free(rewriter.segments)
    rewriter.segments = NULL
