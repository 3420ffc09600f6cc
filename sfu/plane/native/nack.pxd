"""Asking a sender for what is missing, RFC 4585 6.2.1: which packets, when, how often, and when to give up."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free
from libc.string cimport memmove

from .limits cimport *
from .memory cimport resize

ctypedef struct Missing:
    int64_t index
    double noticed_at
    double due
    int requests

ctypedef struct Nack:
    int64_t highest  # −1: nothing yet
    Missing *missing  # in order of index
    int count
    int capacity
    int64_t given_up  # packets, ever
    int64_t lost  # the highest index given up; −1: none


cdef inline void forget_holes(Nack *nack) noexcept nogil:
    """Nobody waits for the stream any more."""
    nack.count = 0
    nack.highest = -1


cdef inline void release_nack(Nack *nack) noexcept nogil:
    free(nack.missing)
    nack.missing = NULL
    nack.count = 0
    nack.capacity = 0


cdef inline void _fill(Nack *nack, int64_t index) noexcept nogil:
    cdef int low = 0
    cdef int high = nack.count
    cdef int middle
    while low < high:
        middle = (low + high) // 2
        if nack.missing[middle].index < index:
            low = middle + 1
        else:
            high = middle
    if low < nack.count and nack.missing[low].index == index:
        nack.count -= 1
        memmove(&nack.missing[low], &nack.missing[low + 1], (nack.count - low) * sizeof(Missing))


cdef inline bint _extend(Nack *nack, int64_t highest, int64_t index, double now) noexcept nogil:
    cdef int64_t hole = index - highest - 1
    cdef int64_t number
    cdef int place
    cdef Missing *missing
    if hole + nack.count > MAX_HOLE:
        nack.given_up += hole + nack.count
        nack.count = 0
        return False
    while nack.count + hole > nack.capacity:
        nack.capacity = 8 if nack.capacity == 0 else 2 * nack.capacity
        nack.missing = <Missing *>resize(nack.missing, nack.capacity * sizeof(Missing))
    for number in range(highest + 1, index):
        missing = &nack.missing[nack.count]
        missing.index = number
        missing.noticed_at = now
        missing.due = now + REORDER_SECONDS
        missing.requests = 0
        nack.count += 1
    for place in range(nack.count):
        missing = &nack.missing[place]
        if index - missing.index < REORDER_PACKETS:
            break
        if missing.requests == 0 and now < missing.due:
            missing.due = now
    return True


cdef inline bint note_index_for_nack(Nack *nack, int64_t index, double now) noexcept nogil:
    """A packet came, fresh or repaired. False when the hole before it is too big to repair."""
    cdef int64_t highest = nack.highest
    if highest < 0:
        nack.highest = index
        return True
    if index <= highest:
        _fill(nack, index)
        return True
    nack.highest = index
    if index == highest + 1 and nack.count == 0:
        return True
    return _extend(nack, highest, index, now)


cdef inline int due_requests(Nack *nack, double now, double round_trip, int64_t *wanted) noexcept nogil:
    """Indices to ask for now, at most ``MAX_HOLE``. Gives up what is too old."""
    cdef int count = 0
    cdef int kept = 0
    cdef int place
    cdef Missing missing
    for place in range(nack.count):
        missing = nack.missing[place]
        if (missing.requests >= MAX_REQUESTS and missing.due <= now) or now - missing.noticed_at >= GIVE_UP_SECONDS:
            nack.given_up += 1
            nack.lost = missing.index
            continue
        if missing.due <= now:
            missing.requests += 1
            missing.due = now + (round_trip if round_trip > MIN_INTERVAL else MIN_INTERVAL)
            wanted[count] = missing.index
            count += 1
        nack.missing[kept] = missing
        kept += 1
    nack.count = kept
    return count


cdef inline bint next_nack(const Nack *nack, double *due) noexcept nogil:
    """When ``due_requests`` has something to do; False: never."""
    cdef int place
    for place in range(nack.count):
        if place == 0 or nack.missing[place].due < due[0]:
            due[0] = nack.missing[place].due
    return nack.count > 0
