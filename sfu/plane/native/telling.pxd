"""What the plane tells: events, packets for sinks, counters."""

from libc.stdint cimport int64_t

from .asking cimport Asking
from .loop cimport Loop


cdef class Telling(Asking):
    cdef Loop *loop
    cdef list lost
    cdef int64_t sink_failed
    cdef bint is_delivering
    cdef int _deliver_taps(self) except -1
