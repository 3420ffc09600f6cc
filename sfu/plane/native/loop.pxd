"""The thread that carries packets: sleeps in epoll, reads the sockets in batches, sends what comes of it, obeys.

It never holds the interpreter's lock. What it cannot handle itself (STUN, DTLS, events, packets for sinks) goes up
through bounded queues and one eventfd; commands come down the same way. Strangers have a queue of their own and a token
bucket per host, so that a flood of theirs costs nobody else anything.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from .address cimport IPV4, IPV6, TCP, Address, Local, owner_of
from .arena cimport Door, flush_door
from .capture cimport capture
from .commands cimport Command, next_due, obey, run_timers
from .connection cimport Connection, hang_up, next_frame, send_frames, send_waiting
from .delivery cimport deliver_batches
from .ingress cimport receive_datagram
from .limits cimport DATAGRAM
from .linux cimport *
from .memory cimport lookup, mix
from .queue cimport Queue, claim_record, drop_record, load, next_record, publish, publish_record
from .state cimport Plane, Transport, advance, hear_arrival
from .wire cimport get16, get32

cdef enum:
    READ = 32  # datagrams at once
    ROUNDS = 8  # batches read before timers and commands have their turn
    READ_CONTROL = 128
    JUNK_BUCKETS = 1024
    MAGIC_COOKIE = 0x2112A442
    IDLE_MS = 1000
    UDP_IPV4 = 0
    UDP_IPV6 = 1
    COMMANDS = 2

# Head of a record: a datagram that is none of the plane's.
ctypedef struct Stray:
    Address address
    Local local
    int64_t arrival_ns
    int size

ctypedef struct Bucket:
    double tokens
    double at

ctypedef struct Loop:
    Plane *plane
    Door doors[2]
    int command_fd
    int wake_fd
    uint64_t is_stopped
    uint64_t is_awake  # the other side was woken and has not looked yet
    uint64_t told  # records it was woken for
    Queue commands
    Queue strays  # of peers
    Queue strangers
    Bucket junk[JUNK_BUCKETS]
    double junk_per_second
    int64_t turns
    double idle  # seconds asleep
    int64_t batches
    mmsghdr headers[READ]
    iovec pieces[READ]
    sockaddr_in6 names[READ]
    uint8_t controls[READ][READ_CONTROL]
    uint8_t buffers[READ][DATAGRAM]


# -- what is none of the plane's ------------------------------------------------------------------------------------


cdef inline bint _spend(double *tokens, double *at, double now, double rate) noexcept nogil:
    tokens[0] = min(rate, tokens[0] + (now - at[0]) * rate)
    at[0] = now
    if tokens[0] < 1.0:
        return False
    tokens[0] -= 1.0
    return True


cdef inline bint _is_stun(const uint8_t *data, int size) noexcept nogil:
    return size >= 20 and get32(data + 4) == MAGIC_COOKIE and get16(data + 2) + 20 == size


cdef inline void _hand_up(
    Loop *loop, const Address *address, const Local *local, const uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """STUN and DTLS: of a peer, or of a stranger, who may send little."""
    cdef Plane *plane = loop.plane
    cdef Transport *transport = <Transport *>owner_of(&plane.homes, address)
    cdef Queue *queue
    cdef Bucket *bucket
    cdef uint8_t *record
    cdef uint64_t key = 0
    if transport is not NULL:
        queue = &loop.strays
        if not _spend(&transport.junk_tokens, &transport.junk_at, plane.now, 4 * loop.junk_per_second):
            plane.counters.junk_dropped += 1
            return
    else:
        queue = &loop.strangers
        memcpy(&key, address.ip, 8)
        if address.family == TCP:
            key = address.port
        bucket = &loop.junk[mix(key) & (JUNK_BUCKETS - 1)]
        if not _spend(&bucket.tokens, &bucket.at, plane.now, 2 * loop.junk_per_second):
            plane.counters.junk_dropped += 1
            return
    record = claim_record(queue, <uint32_t>sizeof(Stray) + size)
    if record is NULL:
        plane.counters.junk_dropped += 1
        return
    (<Stray *>record).address = address[0]
    (<Stray *>record).local = local[0]
    (<Stray *>record).arrival_ns = arrival_ns
    (<Stray *>record).size = size
    memcpy(record + sizeof(Stray), data, size)
    publish_record(queue, <uint32_t>sizeof(Stray) + size)


cdef enum Kind:
    MEDIA
    STRAY
    JUNK


cdef inline Kind kind_of(const uint8_t *data, int size) noexcept nogil:
    """RFC 7983 section 7, by the first byte; STUN also by its magic cookie and length."""
    if size and 128 <= data[0] <= 191:
        return MEDIA
    if size and ((data[0] <= 3 and _is_stun(data, size)) or 20 <= data[0] <= 63):
        return STRAY
    return JUNK


cdef inline void demultiplex(
    Loop *loop, const Address *address, const Local *local, uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """One datagram to where it belongs."""
    cdef Kind kind = kind_of(data, size)
    if loop.plane.capturing:
        capture(loop.plane, address, False, data, size, arrival_ns)
    if kind == MEDIA:
        loop.plane.counters.datagrams_in += 1
        receive_datagram(loop.plane, address, data, size, arrival_ns)
    elif kind == STRAY:
        _hand_up(loop, address, local, data, size, arrival_ns)
    else:
        loop.plane.counters.junk_dropped += 1


# -- UDP ------------------------------------------------------------------------------------------------------------


cdef inline void _read_name(const sockaddr_in6 *name, Address *address) noexcept nogil:
    cdef const sockaddr_in *short_form = <const sockaddr_in *>name
    memset(address, 0, sizeof(Address))
    if short_form.sin_family == AF_INET:
        address.family = IPV4
        address.port = ntohs(short_form.sin_port)
        memcpy(address.ip, &short_form.sin_addr, 4)
    else:
        address.family = IPV6
        address.port = ntohs(name.sin6_port)
        address.scope = name.sin6_scope_id
        memcpy(address.ip, &name.sin6_addr, 16)


cdef inline int64_t _read_control(msghdr *header, Local *local) noexcept nogil:
    """Arrival by the kernel's clock (0: it does not say), and the address of ours that was written to."""
    cdef cmsghdr *control = CMSG_FIRSTHDR(header)
    cdef timespec time
    cdef int64_t arrival_ns = 0
    local.size = 0
    while control is not NULL:
        if control.cmsg_level == SOL_SOCKET and control.cmsg_type == SCM_TIMESTAMPNS:
            memcpy(&time, CMSG_DATA(control), sizeof(time))
            arrival_ns = <int64_t>time.tv_sec * 1000000000 + time.tv_nsec
        elif control.cmsg_level == IPPROTO_IP and control.cmsg_type == IP_PKTINFO:
            local.size = 4
            memcpy(local.ip, &(<in_pktinfo *>CMSG_DATA(control)).ipi_spec_dst, 4)
        elif control.cmsg_level == IPPROTO_IPV6 and control.cmsg_type == IPV6_PKTINFO:
            local.size = 16
            memcpy(local.ip, &(<in6_pktinfo *>CMSG_DATA(control)).ipi6_addr, 16)
        control = CMSG_NXTHDR(header, control)
    return arrival_ns


cdef inline void _prepare_reading(Loop *loop) noexcept nogil:
    cdef msghdr *header
    cdef int place
    for place in range(READ):
        header = &loop.headers[place].msg_hdr
        loop.pieces[place].iov_base = &loop.buffers[place][0]
        loop.pieces[place].iov_len = DATAGRAM
        header.msg_name = &loop.names[place]
        header.msg_namelen = sizeof(sockaddr_in6)
        header.msg_iov = &loop.pieces[place]
        header.msg_iovlen = 1
        header.msg_control = &loop.controls[place][0]
        header.msg_controllen = READ_CONTROL
        header.msg_flags = 0


cdef inline int _read_batch(Loop *loop, Door *door) noexcept nogil:
    """Read and act on up to ``READ`` datagrams; how many there were."""
    cdef Address address
    cdef Local local
    cdef int64_t arrival_ns
    cdef int place, count
    _prepare_reading(loop)
    count = recvmmsg(door.fd, loop.headers, READ, MSG_DONTWAIT, NULL)
    if count <= 0:
        return 0  # nothing, or an ICMP error of an earlier datagram, which says nothing of this socket
    loop.batches += 1
    advance(loop.plane, monotonic())
    for place in range(count):
        memset(&local, 0, sizeof(Local))
        arrival_ns = _read_control(&loop.headers[place].msg_hdr, &local)
        if arrival_ns == 0:
            arrival_ns = nanoseconds(CLOCK_REALTIME)
        if place == count - 1:
            hear_arrival(loop.plane, arrival_ns)
        _read_name(&loop.names[place], &address)
        if loop.headers[place].msg_hdr.msg_flags & MSG_TRUNC:
            loop.plane.counters.malformed += 1
            continue
        demultiplex(loop, &address, &local, &loop.buffers[place][0], <int>loop.headers[place].msg_len, arrival_ns)
    return count


# -- TCP ------------------------------------------------------------------------------------------------------------


cdef inline bint _deframe(Loop *loop, Connection *connection, int64_t arrival_ns) noexcept nogil:
    """Act on all frames that are whole; False when a length is none of a packet of ours."""
    cdef Address address
    cdef Local local
    cdef int position = 0
    cdef int size, at
    memset(&address, 0, sizeof(Address))
    memset(&local, 0, sizeof(Local))
    address.family = TCP
    address.port = <uint32_t>connection.number
    while True:
        at = 0
        size = next_frame(connection.inbound + position, connection.inbound_size - position, &at)
        if size < 0:
            break
        if size:
            demultiplex(loop, &address, &local, connection.inbound + position + at, size, arrival_ns)
        position += at + size
    if position:
        connection.inbound_size -= position
        memmove(connection.inbound, connection.inbound + position, connection.inbound_size)
    return size != -2


cdef inline void _read_stream(Loop *loop, Connection *connection) noexcept nogil:
    cdef ssize_t size
    size = recv(
        connection.fd,
        connection.inbound + connection.inbound_size,
        sizeof(connection.inbound) - connection.inbound_size,
        MSG_DONTWAIT,
    )
    if size < 0 and (errno == EAGAIN or errno == EWOULDBLOCK or errno == EINTR):
        return
    if size > 0:
        connection.inbound_size += <int>size
        advance(loop.plane, monotonic())
        if _deframe(loop, connection, nanoseconds(CLOCK_REALTIME)):
            return
    hang_up(loop.plane, connection, True)


# -- the loop -------------------------------------------------------------------------------------------------------


cdef inline void _obey_all(Loop *loop) noexcept nogil:
    cdef const uint8_t *record
    cdef uint32_t size = 0
    while True:
        record = next_record(&loop.commands, &size)
        if record is NULL:
            return
        obey(loop.plane, <const Command *>record, record + sizeof(Command))
        drop_record(&loop.commands, size)


cdef inline void _send_all(Loop *loop) noexcept nogil:
    deliver_batches(loop.plane)
    if loop.doors[0].count:
        flush_door(&loop.doors[0])
    if loop.doors[1].count:
        flush_door(&loop.doors[1])
    if loop.plane.unsent.count:
        send_frames(loop.plane)


cdef inline void _wake(Loop *loop) noexcept nogil:
    """Tell the other side once that there is something for it."""
    cdef Plane *plane = loop.plane
    cdef uint64_t one = 1
    cdef uint64_t records = (
        plane.events.records_written
        + plane.taps.records_written
        + loop.strays.records_written
        + loop.strangers.records_written
    )
    if records != loop.told and not load(&loop.is_awake):
        loop.told = records
        publish(&loop.is_awake, 1)
        write(loop.wake_fd, &one, 8)


cdef inline void _read_datagrams(Loop *loop, Door *door) noexcept nogil:
    cdef int rounds
    for rounds in range(ROUNDS):
        if _read_batch(loop, door) == 0:
            return
        run_timers(loop.plane)
        _send_all(loop)
        _wake(loop)
        _obey_all(loop)  # before the next packet is read


cdef inline int _patience(Loop *loop) noexcept nogil:
    """Milliseconds until something is due."""
    cdef double due = 0.0
    cdef double rest
    if not next_due(loop.plane, &due):
        return IDLE_MS
    rest = (due - monotonic()) * 1000
    return 0 if rest <= 0 else min(IDLE_MS, <int>rest + 1)


cdef inline void _attend(Loop *loop, const epoll_event *event) noexcept nogil:
    cdef Connection *connection
    cdef uint64_t count
    if event.data.u64 == UDP_IPV4 or event.data.u64 == UDP_IPV6:
        _read_datagrams(loop, &loop.doors[event.data.u64])
        return
    if event.data.u64 == COMMANDS:
        read(loop.command_fd, &count, 8)
        return
    connection = <Connection *>lookup(&loop.plane.connections, <uint32_t>event.data.u64)
    if connection is not NULL and event.events & EPOLLOUT and not send_waiting(loop.plane, connection):
        return
    if connection is not NULL and event.events & ~EPOLLOUT:
        _read_stream(loop, connection)


cdef inline void run(Loop *loop) noexcept nogil:
    """Until ``is_stopped``."""
    cdef epoll_event events[64]
    cdef int count, place, patience
    cdef double asleep
    cdef Plane *plane = loop.plane
    while not load(&loop.is_stopped):
        patience = _patience(loop)
        asleep = monotonic()
        count = epoll_wait(plane.epoll, events, 64, patience)
        advance(plane, monotonic())
        loop.idle += plane.now - asleep
        loop.turns += 1
        _obey_all(loop)
        for place in range(count):
            _attend(loop, &events[place])
        advance(plane, monotonic())
        run_timers(plane)
        _send_all(loop)
        _wake(loop)
    _obey_all(loop)
    _send_all(loop)
