"""What commands need: the tables of the control plane's side, and a way to have a command done."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from .commands cimport Command, Order
from .memory cimport Map
from .state cimport Plane
from .template cimport Template


cdef class Asking:
    cdef Plane *plane
    cdef Map transports
    cdef Map encodings
    cdef Map consumers
    cdef dict sinks
    cdef bint is_running
    cdef void *find(self, const Map *map, object handle) except NULL
    cdef int ask(self, Command *command, const uint8_t *data) except -1
    cdef int ask_simply(self, Order order, void *subject, void *object, int64_t number) except -1
    cdef bint _plan(self, Template *header, object settings, int payload_type, uint32_t ssrc, bytes mid)
