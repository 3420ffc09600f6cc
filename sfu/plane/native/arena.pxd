"""What one UDP socket is about to send: datagrams one after the other in one stretch of memory, those of one size that
follow each other to one address as one message (UDP GSO), up to 64 messages in one system call.

Nothing waits for the kernel longer than a few milliseconds: what it does not take is dropped and counted.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove, memset

from .address cimport IPV4, Address, Destination, is_same
from .linux cimport *
from .memory cimport claim

cdef enum:
    MESSAGES = 64
    ARENA_BYTES = 262144
    MAX_SEGMENTS_OF_MESSAGE = 64  # older kernels refuse more
    MAX_MESSAGE = 65000  # bytes of a message; 65507 is the limit
    CONTROL = 96
    PATIENCE_MS = 2

ctypedef struct Message:
    Destination to
    int at
    int size
    int segment  # size of all datagrams of this message but the last
    int segments
    bint is_closed  # a shorter one came last

# A socket and its arena.
ctypedef struct Door:
    int fd
    bint segments  # GSO works here
    uint8_t *arena
    int used
    int count
    Message messages[MESSAGES]
    mmsghdr headers[MESSAGES]
    iovec pieces[MESSAGES]
    sockaddr_in6 names[MESSAGES]
    uint8_t controls[MESSAGES][CONTROL]
    # counters
    int64_t dropped
    int64_t calls
    int64_t sent_messages
    int64_t refused_segments  # how often GSO was switched off


cdef inline void open_door(Door *door, int fd) noexcept nogil:
    memset(door, 0, sizeof(Door))
    door.fd = fd
    door.segments = True
    door.arena = <uint8_t *>claim(ARENA_BYTES)


cdef inline void close_door(Door *door) noexcept nogil:
    free(door.arena)
    door.arena = NULL


# -- sending --------------------------------------------------------------------------------------------------------


cdef inline unsigned int _name(const Address *address, sockaddr_in6 *out) noexcept nogil:
    cdef sockaddr_in *short_form = <sockaddr_in *>out
    memset(out, 0, sizeof(sockaddr_in6))
    if address.family == IPV4:
        short_form.sin_family = <uint16_t>AF_INET
        short_form.sin_port = htons(<uint16_t>address.port)
        memcpy(&short_form.sin_addr, address.ip, 4)
        return sizeof(sockaddr_in)
    out.sin6_family = <uint16_t>AF_INET6
    out.sin6_port = htons(<uint16_t>address.port)
    memcpy(&out.sin6_addr, address.ip, 16)
    out.sin6_scope_id = address.scope
    return sizeof(sockaddr_in6)


cdef inline cmsghdr *_control(msghdr *header, size_t size, int level, int kind) noexcept nogil:
    """Put one more control message of ``size`` bytes in."""
    cdef cmsghdr *control = <cmsghdr *>(<uint8_t *>header.msg_control + header.msg_controllen)
    header.msg_controllen += CMSG_SPACE(size)
    control.cmsg_level = level
    control.cmsg_type = kind
    control.cmsg_len = CMSG_LEN(size)
    return control


cdef inline void _say_from_where(msghdr *header, const Destination *to) noexcept nogil:
    cdef in_pktinfo short_form
    cdef in6_pktinfo long_form
    if to.local.size == 4:
        memset(&short_form, 0, sizeof(short_form))
        memcpy(&short_form.ipi_spec_dst, to.local.ip, 4)
        memcpy(CMSG_DATA(_control(header, sizeof(short_form), IPPROTO_IP, IP_PKTINFO)), &short_form, sizeof(short_form))
    elif to.local.size == 16:
        memset(&long_form, 0, sizeof(long_form))
        memcpy(&long_form.ipi6_addr, to.local.ip, 16)
        memcpy(CMSG_DATA(_control(header, sizeof(long_form), IPPROTO_IPV6, IPV6_PKTINFO)), &long_form, sizeof(long_form))


cdef inline void _prepare(Door *door, int place) noexcept nogil:
    cdef Message *message = &door.messages[place]
    cdef msghdr *header = &door.headers[place].msg_hdr
    cdef uint16_t segment = <uint16_t>message.segment
    header.msg_name = &door.names[place]
    header.msg_namelen = _name(&message.to.address, &door.names[place])
    door.pieces[place].iov_base = door.arena + message.at
    door.pieces[place].iov_len = message.size
    header.msg_iov = &door.pieces[place]
    header.msg_iovlen = 1
    header.msg_control = &door.controls[place][0]
    header.msg_controllen = 0
    header.msg_flags = 0
    if message.to.local.size:
        _say_from_where(header, &message.to)
    if message.segments > 1:
        memcpy(CMSG_DATA(_control(header, sizeof(segment), SOL_UDP, UDP_SEGMENT)), &segment, sizeof(segment))
    if header.msg_controllen == 0:
        header.msg_control = NULL


cdef inline void _wait(Door *door) noexcept nogil:
    cdef pollfd descriptor
    descriptor.fd = door.fd
    descriptor.events = <short>POLLOUT
    descriptor.revents = 0
    poll(&descriptor, 1, PATIENCE_MS)


cdef inline void _send_singly(Door *door, int place) noexcept nogil:
    """The datagrams of a message that the kernel would not cut."""
    cdef Message *message = &door.messages[place]
    cdef msghdr *header = &door.headers[place].msg_hdr
    cdef int at = 0
    cdef int segments = message.segments
    message.segments = 1
    _prepare(door, place)
    while at < message.size:
        door.pieces[place].iov_base = door.arena + message.at + at
        door.pieces[place].iov_len = min(message.segment, message.size - at)
        if sendmsg(door.fd, header, MSG_DONTWAIT) < 0:
            door.dropped += 1
        at += message.segment
    message.segments = segments


cdef inline void flush_door(Door *door) noexcept nogil:
    """Send all there is."""
    cdef int sent, why
    cdef int place = 0
    cdef bint waited = False
    for sent in range(door.count):
        _prepare(door, sent)
    while place < door.count:
        door.calls += 1
        sent = sendmmsg(door.fd, &door.headers[place], door.count - place, MSG_DONTWAIT)
        if sent > 0:
            place += sent
            door.sent_messages += sent
            continue
        why = errno  # that of the first message not sent
        if why == EINTR:
            continue
        if (why == EAGAIN or why == EWOULDBLOCK or why == ENOBUFS) and not waited:
            waited = True
            _wait(door)
            continue
        if (why == EIO or why == EINVAL) and door.messages[place].segments > 1:
            door.segments = False
            door.refused_segments += 1
            _send_singly(door, place)
        else:
            door.dropped += door.messages[place].segments
        place += 1
    door.count = 0
    door.used = 0


# -- filling --------------------------------------------------------------------------------------------------------


cdef inline bint _joins(const Door *door, const Destination *to, int size) noexcept nogil:
    cdef const Message *last
    if door.count == 0 or not door.segments:
        return False
    last = &door.messages[door.count - 1]
    return (
        not last.is_closed
        and size <= last.segment
        and last.segments < MAX_SEGMENTS_OF_MESSAGE
        and last.size + size <= MAX_MESSAGE
        and is_same(&last.to.address, &to.address)
    )


cdef inline uint8_t *room(Door *door, int size) noexcept nogil:
    """Where the next datagram, of at most ``size`` bytes, is to be written."""
    if door.used + size > ARENA_BYTES:
        flush_door(door)
    return door.arena + door.used


cdef inline void put(Door *door, const Destination *to, int size) noexcept nogil:
    """The datagram that was written to ``room`` is whole."""
    cdef Message *message
    cdef int at = door.used
    if _joins(door, to, size):
        message = &door.messages[door.count - 1]
        message.is_closed = size < message.segment
        message.segments += 1
        message.size += size
        door.used += size
        return
    if door.count == MESSAGES:
        flush_door(door)
        memmove(door.arena, door.arena + at, size)
        at = 0
    message = &door.messages[door.count]
    message.to = to[0]
    message.at = at
    message.size = size
    message.segment = size
    message.segments = 1
    message.is_closed = False
    door.count += 1
    door.used = at + size
