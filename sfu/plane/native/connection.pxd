"""A peer on TCP: RFC 4571 frames in and out of one connection, written once per batch.

One that does not read is cut off when too much waits for it; nobody else's packets wait with it.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove

from .linux cimport *
from .limits cimport DATAGRAM
from .memory cimport append, claim, discard, lookup, remove, resize
from .memory cimport store as put_into
from .state cimport TCP_LOST, Plane, tell_simply
from .wire cimport get16, put16

cdef enum:
    INBOUND_BYTES = 8192

ctypedef struct Connection:
    int64_t number
    int fd
    uint8_t inbound[INBOUND_BYTES]
    int inbound_size
    uint8_t *outbound
    int sent  # of these
    int size
    int capacity
    bint is_unsent  # in the plane's list
    bint waits  # for the kernel to take more
    bint is_doomed  # does not read; cut off after the batch


# -- frames ---------------------------------------------------------------------------------------------------------


cdef inline int next_frame(const uint8_t *data, int size, int *at) noexcept nogil:
    """The next frame in a stretch of stream: its length with ``at`` where it begins; −1: not all there; −2: no frame."""
    cdef int length
    if size < 2:
        return -1
    length = get16(data)
    if length > DATAGRAM:
        return -2
    if size - 2 < length:
        return -1
    at[0] = 2
    return length


# -- life -----------------------------------------------------------------------------------------------------------


cdef inline void watch(Plane *plane, Connection *connection, int what) noexcept nogil:
    cdef epoll_event event
    event.events = EPOLLIN | (EPOLLOUT if connection.waits else 0)
    event.data.u64 = <uint64_t>1 << 32 | <uint32_t>connection.number
    epoll_ctl(plane.epoll, what, connection.fd, &event)


cdef inline void adopt(Plane *plane, Connection *connection) noexcept nogil:
    """Serve a connection from now on; its socket is ours."""
    put_into(&plane.connections, <uint32_t>connection.number, connection)
    watch(plane, connection, EPOLL_CTL_ADD)


cdef inline void hang_up(Plane *plane, Connection *connection, bint told) noexcept nogil:
    """Close; whatever waited is lost."""
    discard(&plane.connections, <uint32_t>connection.number)
    if connection.is_unsent:
        remove(&plane.unsent, connection)
    epoll_ctl(plane.epoll, EPOLL_CTL_DEL, connection.fd, NULL)
    close(connection.fd)
    if told:
        tell_simply(plane, TCP_LOST, connection.number, 0)
    free(connection.outbound)
    free(connection)


# -- writing --------------------------------------------------------------------------------------------------------


cdef inline void _expect(Plane *plane, Connection *connection) noexcept nogil:
    if not connection.is_unsent:
        connection.is_unsent = True
        append(&plane.unsent, connection)


cdef inline void write_frame(Plane *plane, uint32_t number, const uint8_t *data, int size) noexcept nogil:
    """Queue a packet for ``send_frames``."""
    cdef Connection *connection = <Connection *>lookup(&plane.connections, number)
    if connection is NULL or connection.is_doomed:
        return
    if connection.size - connection.sent > plane.connection_bytes:
        plane.counters.tcp_cut_off += 1
        connection.is_doomed = True
        _expect(plane, connection)
        return
    if connection.sent == connection.size:
        connection.sent = connection.size = 0
    while connection.size + size + 2 > connection.capacity:
        connection.capacity = 4096 if connection.capacity == 0 else 2 * connection.capacity
        connection.outbound = <uint8_t *>resize(connection.outbound, connection.capacity)
    put16(connection.outbound + connection.size, size)
    memcpy(connection.outbound + connection.size + 2, data, size)
    connection.size += size + 2
    if not connection.waits:
        _expect(plane, connection)


cdef inline bint send_waiting(Plane *plane, Connection *connection) noexcept nogil:
    """Write what the kernel takes; False: the connection is gone."""
    cdef ssize_t sent
    cdef bint waits
    while connection.sent < connection.size:
        sent = send(
            connection.fd,
            connection.outbound + connection.sent,
            connection.size - connection.sent,
            MSG_DONTWAIT | MSG_NOSIGNAL,
        )
        if sent < 0 and errno == EINTR:
            continue
        if sent < 0 and errno != EAGAIN and errno != EWOULDBLOCK:
            hang_up(plane, connection, True)
            return False
        if sent < 0:
            break
        connection.sent += <int>sent
    if connection.sent > 0:
        memmove(connection.outbound, connection.outbound + connection.sent, connection.size - connection.sent)
        connection.size -= connection.sent
        connection.sent = 0
    waits = connection.size > 0
    if waits != connection.waits:
        connection.waits = waits
        watch(plane, connection, EPOLL_CTL_MOD)
    return True


cdef inline void send_frames(Plane *plane) noexcept nogil:
    """Write to every connection that got something since the last time."""
    cdef Connection *connection
    while plane.unsent.count:
        plane.unsent.count -= 1
        connection = <Connection *>plane.unsent.items[plane.unsent.count]
        connection.is_unsent = False
        if connection.is_doomed:
            hang_up(plane, connection, True)
        else:
            send_waiting(plane, connection)
