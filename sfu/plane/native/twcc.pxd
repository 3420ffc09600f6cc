"""Feedback on arrivals (draft-holmer-rmcat-transport-wide-cc-extensions-01): what came when, and nothing else."""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memmove, memset

from .limits cimport HISTORY, MAX_RECEIVED, MAX_SPAN, MAX_STATUSES
from .memory cimport resize
from .rtp cimport Unwrapper, unwrap
from .wire cimport floor_divide, put16, put32

cdef enum:
    TICK_NS = 250000
    TICKS_PER_REFERENCE = 256
    NOT_RECEIVED = 0
    SMALL = 1
    LARGE = 2

ctypedef struct Arrival:
    int64_t index
    int64_t ticks

# A line that is joined at the end and left at the front.
ctypedef struct Indices:
    int64_t *items
    int start
    int end
    int capacity

ctypedef struct Arrivals:
    Unwrapper sequence
    Arrival *sorted  # by index, from ``start`` to ``end``
    int start
    int end
    int capacity
    Indices order  # indices in order of arrival
    Indices pending  # not yet told, in order of arrival
    int64_t next  # first index that no feedback covered; −1: none was sent
    uint8_t number


cdef inline void begin_arrivals(Arrivals *arrivals) noexcept nogil:
    memset(arrivals, 0, sizeof(Arrivals))
    arrivals.sequence.highest = -1
    arrivals.next = -1


cdef inline void release_arrivals(Arrivals *arrivals) noexcept nogil:
    free(arrivals.sorted)
    free(arrivals.order.items)
    free(arrivals.pending.items)


cdef inline void _join(Indices *line, int64_t index) noexcept nogil:
    if line.end == line.capacity:
        if line.start > line.capacity // 2:
            memmove(line.items, line.items + line.start, (line.end - line.start) * sizeof(int64_t))
            line.end -= line.start
            line.start = 0
        else:
            line.capacity = 64 if line.capacity == 0 else 2 * line.capacity
            line.items = <int64_t *>resize(line.items, line.capacity * sizeof(int64_t))
    line.items[line.end] = index
    line.end += 1


cdef inline int _find(const Arrivals *arrivals, int64_t index) noexcept nogil:
    """Where that index is, or would be."""
    cdef int low = arrivals.start
    cdef int high = arrivals.end
    cdef int middle
    if high > low and arrivals.sorted[high - 1].index < index:
        return high
    while low < high:
        middle = (low + high) // 2
        if arrivals.sorted[middle].index < index:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline bint _is_at(const Arrivals *arrivals, int place, int64_t index) noexcept nogil:
    return place < arrivals.end and arrivals.sorted[place].index == index


cdef inline void _insert(Arrivals *arrivals, int place, int64_t index, int64_t ticks) noexcept nogil:
    if arrivals.end == arrivals.capacity:
        if arrivals.start > arrivals.capacity // 4:
            memmove(
                arrivals.sorted, arrivals.sorted + arrivals.start, (arrivals.end - arrivals.start) * sizeof(Arrival)
            )
            arrivals.end -= arrivals.start
            place -= arrivals.start
            arrivals.start = 0
        else:
            arrivals.capacity = 64 if arrivals.capacity == 0 else 2 * arrivals.capacity
            arrivals.sorted = <Arrival *>resize(arrivals.sorted, arrivals.capacity * sizeof(Arrival))
    memmove(&arrivals.sorted[place + 1], &arrivals.sorted[place], (arrivals.end - place) * sizeof(Arrival))
    arrivals.sorted[place].index = index
    arrivals.sorted[place].ticks = ticks
    arrivals.end += 1


cdef inline void _drop_oldest(Arrivals *arrivals) noexcept nogil:
    cdef int64_t oldest = arrivals.order.items[arrivals.order.start]
    cdef int place = _find(arrivals, oldest)
    arrivals.order.start += 1
    if place == arrivals.start:
        arrivals.start += 1
    else:
        arrivals.end -= 1
        memmove(&arrivals.sorted[place], &arrivals.sorted[place + 1], (arrivals.end - place) * sizeof(Arrival))


cdef inline void note_arrival_of(Arrivals *arrivals, uint32_t sequence, int64_t arrival_ns) noexcept nogil:
    """Note a packet. Of a number that comes twice the first arrival counts."""
    cdef int64_t index = unwrap(&arrivals.sequence, sequence, 16)
    cdef int place = _find(arrivals, index)
    if _is_at(arrivals, place, index):
        return
    _insert(arrivals, place, index, floor_divide(arrival_ns, TICK_NS))
    _join(&arrivals.order, index)
    _join(&arrivals.pending, index)
    if arrivals.end - arrivals.start > HISTORY:
        _drop_oldest(arrivals)
        if arrivals.pending.end - arrivals.pending.start > HISTORY:
            arrivals.pending.start += 1


cdef inline bint begin_feedback(Arrivals *arrivals, int64_t *first, int64_t *last) noexcept nogil:
    """From which index to which feedback is due; False: nothing came."""
    cdef Indices *pending = &arrivals.pending
    cdef int place
    if pending.start == pending.end:
        return False
    first[0] = last[0] = pending.items[pending.start]
    for place in range(pending.start, pending.end):
        first[0] = min(first[0], pending.items[place])
        last[0] = max(last[0], pending.items[place])
    pending.start = pending.end = 0
    if arrivals.next >= 0 and first[0] - MAX_STATUSES < arrivals.next < first[0]:
        first[0] = arrivals.next  # those in between are lost so far
    first[0] = max(first[0], last[0] + 1 - MAX_SPAN)  # whoever leaps about is told of the last leap
    arrivals.next = max(arrivals.next if arrivals.next >= 0 else 0, last[0] + 1)
    return True


cdef inline void skip_outage(const Arrivals *arrivals, int64_t *first, int64_t last) noexcept nogil:
    """An outage longer than one packet can tell is left out."""
    cdef int place = _find(arrivals, first[0])
    cdef int64_t there = arrivals.sorted[place].index if place < arrivals.end else last - MAX_STATUSES
    if last - first[0] > MAX_STATUSES and there > first[0]:
        first[0] = min(there, last - MAX_STATUSES)


cdef inline int _write_chunks(const uint8_t *statuses, int count, uint8_t *out) noexcept nogil:
    """Runs where they save room, else vectors of 14 one-bit or 7 two-bit symbols."""
    cdef int position = 0
    cdef int size = 0
    cdef int run, place, window
    cdef uint32_t chunk
    cdef bint has_large
    while position < count:
        run = 1
        while position + run < count and run < 0x1FFF and statuses[position + run] == statuses[position]:
            run += 1
        if run >= 14 or (run >= 7 and statuses[position] == LARGE) or position + run == count:
            put16(out + size, statuses[position] << 13 | run)
            position += run
        else:
            window = min(14, count - position)
            has_large = False
            for place in range(window):
                has_large |= statuses[position + place] == LARGE
            if has_large:
                window = min(7, window)
                chunk = 0xC000
                for place in range(window):
                    chunk |= statuses[position + place] << (12 - 2 * place)
            else:
                chunk = 0x8000
                for place in range(window):
                    chunk |= statuses[position + place] << (13 - place)
            put16(out + size, chunk)
            position += window
        size += 2
    return size


cdef inline int write_feedback(Arrivals *arrivals, int64_t *first, int64_t last, uint8_t *out) noexcept nogil:
    """One feedback body from ``first`` on; its size (0: nothing came there). ``first`` becomes the first not covered."""
    cdef uint8_t statuses[MAX_STATUSES]
    cdef uint8_t deltas[2 * MAX_RECEIVED]
    cdef int count = 0
    cdef int received = 0
    cdef int deltas_size = 0
    cdef int size, place
    cdef int64_t reference = -1
    cdef int64_t previous = -1
    cdef int64_t index = first[0]
    cdef int64_t end = min(last + 1, first[0] + MAX_STATUSES)
    cdef int64_t delta, ticks
    place = _find(arrivals, index)
    while index < end:
        while place < arrivals.end and arrivals.sorted[place].index < index:
            place += 1
        if not _is_at(arrivals, place, index):
            statuses[count] = NOT_RECEIVED
            count += 1
            index += 1
            continue
        ticks = arrivals.sorted[place].ticks
        if reference < 0:
            reference = ticks // TICKS_PER_REFERENCE
            previous = reference * TICKS_PER_REFERENCE
        delta = ticks - previous
        if received == MAX_RECEIVED or not -0x8000 <= delta <= 0x7FFF:
            break
        received += 1
        previous = ticks
        if 0 <= delta <= 0xFF:
            statuses[count] = SMALL
            deltas[deltas_size] = <uint8_t>delta
            deltas_size += 1
        else:
            statuses[count] = LARGE
            put16(deltas + deltas_size, <uint32_t>(delta & 0xFFFF))
            deltas_size += 2
        count += 1
        index += 1
    put16(out, <uint32_t>(first[0] & 0xFFFF))
    first[0] += count
    if not received:
        return 0
    put16(out + 2, count)
    put32(out + 4, <uint32_t>((reference & 0xFFFFFF) << 8 | arrivals.number))
    arrivals.number += 1
    size = 8 + _write_chunks(statuses, count, out + 8)
    for place in range(deltas_size):
        out[size + place] = deltas[place]
    size += deltas_size
    while size % 4:
        out[size] = 0
        size += 1
    return size
