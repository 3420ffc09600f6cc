"""What is due when: a heap. Those of the same time come in the order they were asked for."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport free

from .memory cimport resize

cdef enum Due:
    DUE_REPORTS
    DUE_FEEDBACK
    DUE_PACE
    DUE_PROBE
    DUE_NACK
    DUE_KEYFRAME
    DUE_LEVELS

ctypedef struct Timer:
    double due
    uint64_t number
    void *owner
    Due kind

ctypedef struct Timers:
    Timer *heap
    int count
    int capacity
    uint64_t numbers


cdef inline bint _is_before(const Timer *one, const Timer *other) noexcept nogil:
    return one.due < other.due or (one.due == other.due and one.number < other.number)


cdef inline void set_timer(Timers *timers, double due, Due kind, void *owner) noexcept nogil:
    cdef int place = timers.count
    cdef int parent
    cdef Timer timer
    if timers.count == timers.capacity:
        timers.capacity = 16 if timers.capacity == 0 else 2 * timers.capacity
        timers.heap = <Timer *>resize(timers.heap, timers.capacity * sizeof(Timer))
    timer.due = due
    timer.number = timers.numbers
    timer.owner = owner
    timer.kind = kind
    timers.numbers += 1
    timers.count += 1
    while place > 0:
        parent = (place - 1) // 2
        if not _is_before(&timer, &timers.heap[parent]):
            break
        timers.heap[place] = timers.heap[parent]
        place = parent
    timers.heap[place] = timer


cdef inline Timer take_timer(Timers *timers) noexcept nogil:
    """The earliest; there must be one."""
    cdef Timer first = timers.heap[0]
    cdef Timer last
    cdef int place = 0
    cdef int child
    timers.count -= 1
    last = timers.heap[timers.count]
    while 2 * place + 1 < timers.count:
        child = 2 * place + 1
        if child + 1 < timers.count and _is_before(&timers.heap[child + 1], &timers.heap[child]):
            child += 1
        if not _is_before(&timers.heap[child], &last):
            break
        timers.heap[place] = timers.heap[child]
        place = child
    timers.heap[place] = last
    return first


cdef inline void release_timers(Timers *timers) noexcept nogil:
    free(timers.heap)
    timers.heap = NULL
