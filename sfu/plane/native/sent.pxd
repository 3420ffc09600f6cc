"""What was sent with which transport-wide number, and what a viewer's feedback says became of it.

See ``sfu/plane/send_log.py``: 8 bytes a packet, of the last 2048; a repeated or lying report costs no more than reading it.
"""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t

from .limits cimport SENT
from .memory cimport claim
from .rtp cimport Unwrapper, unwrap
from .wire cimport difference16, get16, get32

cdef enum:
    LARGE_DELTA = 2

cdef extern from *:
    """
    #define GB_LOST INT64_MIN
    """
    const int64_t LOST "GB_LOST"

ctypedef struct Sent:
    uint32_t microseconds  # the lower 32 bits
    uint16_t size  # 0: never sent, or its arrival was told
    uint8_t cluster

ctypedef struct SendLog:
    int64_t next  # index of the next packet
    int64_t told  # the highest index that feedback told anything of; −1: none
    Unwrapper cycles  # of the receiver's clock
    Sent *slots  # NULL until something was sent

ctypedef struct Result:
    int64_t microseconds
    int64_t ticks  # of 250 µs, the receiver's clock; LOST
    int size
    int cluster

# How the statuses of a feedback are walked: chunk by chunk, each one symbol many times or some symbols once.
ctypedef struct Chunk:
    int count
    bint is_run
    uint8_t symbols[14]  # of a run only the first


cdef inline void begin_log(SendLog *log) noexcept nogil:
    log.next = 0
    log.told = -1
    log.cycles.highest = -1
    log.slots = NULL


cdef inline uint32_t next_number(SendLog *log) noexcept nogil:
    """Give out a number; it counts as sent only with ``note_sent``."""
    cdef int64_t index = log.next
    log.next += 1
    if log.slots is not NULL:
        log.slots[index & (SENT - 1)].size = 0
    return <uint32_t>(index & 0xFFFF)


cdef inline void note_sent(SendLog *log, int64_t microseconds, int size, int cluster) noexcept nogil:
    """The packet with the number given out last is on its way."""
    cdef Sent *sent
    if log.slots is NULL:
        log.slots = <Sent *>claim(SENT * sizeof(Sent))
    sent = &log.slots[(log.next - 1) & (SENT - 1)]
    sent.microseconds = <uint32_t>(microseconds & 0xFFFFFFFFU)
    sent.size = <uint16_t>size
    sent.cluster = <uint8_t>cluster


# -- feedback -------------------------------------------------------------------------------------------------------


cdef inline bint _read_chunk(const uint8_t *body, int size, int position, int left, Chunk *chunk) noexcept nogil:
    """The statuses at ``position``, at most ``left`` of them; False when they are cut off or mean nothing."""
    cdef uint32_t word
    cdef int place
    if position + 2 > size:
        return False
    word = get16(body + position)
    chunk.is_run = not word & 0x8000
    if chunk.is_run:
        chunk.symbols[0] = <uint8_t>(word >> 13)
        chunk.count = min(<int>(word & 0x1FFF), left)
        return chunk.count > 0 and chunk.symbols[0] <= LARGE_DELTA
    if word & 0x4000:
        chunk.count = min(7, left)
        for place in range(chunk.count):
            chunk.symbols[place] = <uint8_t>(word >> (12 - 2 * place) & 3)
            if chunk.symbols[place] > LARGE_DELTA:
                return False
        return True
    chunk.count = min(14, left)
    for place in range(chunk.count):
        chunk.symbols[place] = <uint8_t>(word >> (13 - place) & 1)
    return True


cdef inline int _find_deltas(const uint8_t *body, int size) noexcept nogil:
    """Where the arrival times begin; −1 when it is malformed."""
    cdef int left, place
    cdef int position = 8
    cdef int deltas = 0
    cdef Chunk chunk
    if size < 8:
        return -1
    left = get16(body + 2)
    while left > 0:
        if not _read_chunk(body, size, position, left, &chunk):
            return -1
        if chunk.is_run:
            deltas += chunk.count * chunk.symbols[0]
        else:
            for place in range(chunk.count):
                deltas += chunk.symbols[place]
        left -= chunk.count
        position += 2
    return position if position + deltas <= size else -1


cdef inline int _note_result(
    SendLog *log, int64_t index, int64_t ticks, int64_t microseconds, Result *result
) noexcept nogil:
    """What became of one packet that may be known; 1 when that is news."""
    cdef Sent *sent = &log.slots[index & (SENT - 1)]
    if sent.size == 0:
        return 0
    result.microseconds = microseconds - <int64_t>(<uint32_t>(microseconds & 0xFFFFFFFFU) - sent.microseconds)
    result.ticks = ticks
    result.size = sent.size
    result.cluster = sent.cluster
    if ticks != LOST:
        sent.size = 0
    return 1


cdef inline int match_feedback(
    SendLog *log, const uint8_t *body, int size, int64_t microseconds, Result *results
) noexcept nogil:
    """What is news in the body of a feedback packet, at most SENT results; −1 when it is malformed."""
    cdef int deltas = _find_deltas(body, size)
    cdef int position = 8
    cdef int found = 0
    cdef int left, place
    cdef int64_t index, end, first, ticks, known
    cdef Chunk chunk
    if deltas < 0 or log.slots is NULL:
        return min(deltas, 0)
    left = get16(body + 2)
    index = log.next + difference16(get16(body), <uint32_t>(log.next & 0xFFFF))
    end = index + left
    first = max(log.next - SENT, <int64_t>0)
    known = max(log.told + 1, first)
    ticks = unwrap(&log.cycles, get32(body + 4) >> 8, 24) * 256
    while left > 0:
        _read_chunk(body, size, position, left, &chunk)
        left -= chunk.count
        position += 2
        if chunk.is_run and chunk.symbols[0] == 0:  # it may be long and cost nothing
            place = <int>(max(known - index, <int64_t>0))
            while place < chunk.count and index + place < log.next:
                found += _note_result(log, index + place, LOST, microseconds, &results[found])
                place += 1
            index += chunk.count
            continue
        for place in range(chunk.count):
            if chunk.symbols[0 if chunk.is_run else place] == 0:
                if known <= index < log.next:
                    found += _note_result(log, index, LOST, microseconds, &results[found])
            else:
                if chunk.symbols[0 if chunk.is_run else place] == LARGE_DELTA:
                    ticks += <int16_t>get16(body + deltas)
                else:
                    ticks += body[deltas]
                deltas += chunk.symbols[0 if chunk.is_run else place]
                if first <= index < log.next:
                    found += _note_result(log, index, ticks, microseconds, &results[found])
            index += 1
    log.told = max(log.told, min(end, log.next) - 1)
    return found
