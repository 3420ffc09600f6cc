"""Where packets go that are ready: to a socket's arena, to a TCP connection, or to a list that the shell fetches."""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from .address cimport IPV6, TCP, Destination
from .arena cimport put, room
from .capture cimport capture
from .connection cimport write_frame
from .limits cimport DATAGRAM
from .memory cimport resize
from .state cimport Outbox, Plane, wall_ns

cdef enum:
    RECORD_HEAD = sizeof(Destination) + 4


cdef inline size_t record_size(int size) noexcept nogil:
    """Of a packet in the list, so that the next record lies where it may."""
    return RECORD_HEAD + ((<size_t>size + 3) & ~<size_t>3)


cdef inline uint8_t *_room_in_list(Outbox *outbox, int size) noexcept nogil:
    while outbox.used + record_size(size) > outbox.capacity:
        outbox.capacity = 65536 if outbox.capacity == 0 else 2 * outbox.capacity
        outbox.bytes = <uint8_t *>resize(outbox.bytes, outbox.capacity)
    return outbox.bytes + outbox.used + RECORD_HEAD


cdef inline uint8_t *room_for(Plane *plane, const Destination *to, int size) noexcept nogil:
    """Where a packet of at most ``size`` (≤ 2048) bytes is to be written; ``post`` sends it."""
    if plane.doors is NULL:
        return _room_in_list(&plane.outbox, size)
    if to.address.family == TCP:
        return plane.frame
    return room(&plane.doors[to.address.family == IPV6], size)


cdef inline void post(Plane *plane, const Destination *to, int size) noexcept nogil:
    """The packet written to ``room_for`` is whole."""
    cdef uint8_t *record
    if plane.doors is not NULL:
        plane.counters.datagrams_out += 1
        if plane.capturing:
            capture(plane, &to.address, True, room_for(plane, to, size), size, wall_ns(plane))  # where it lies
        if to.address.family == TCP:
            write_frame(plane, to.address.port, plane.frame, size)
        else:
            put(&plane.doors[to.address.family == IPV6], to, size)
        return
    record = plane.outbox.bytes + plane.outbox.used
    memcpy(record, to, sizeof(Destination))
    memcpy(record + sizeof(Destination), &size, 4)
    plane.outbox.used += record_size(size)
    plane.outbox.count += 1


cdef inline void post_bytes(Plane *plane, const Destination *to, const uint8_t *data, int size) noexcept nogil:
    """Send bytes as they are."""
    if size <= DATAGRAM:
        memcpy(room_for(plane, to, size), data, size)
        post(plane, to, size)
