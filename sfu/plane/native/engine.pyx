"""The native plane as Python sees it: commands made and queued, events and counters read. No packet is touched here.

``Engine`` either does everything at once on the caller's thread (sans-IO: ``receive``, ``handle_timeout``,
``packets``), or, between ``attach`` and ``stop``, leaves packets to the thread that is in ``run_loop``. Handles are checked
by ``sfu.plane.native.plane``; one that is not there raises ``KeyError``.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from .address cimport IPV4, IPV6, TCP, Address, Destination, Local
from .arena cimport close_door, open_door
from .commands cimport *
from .connection cimport Connection, hang_up, next_frame
from .consumer cimport Tap
from .delivery cimport deliver_batches
from .h264 cimport starts_h264_keyframe
from .ingress cimport receive_datagram
from .limits cimport *
from .linux cimport *
from .loop cimport Kind, Loop, Stray, kind_of, run
from .memory cimport Map, append, claim, discard, lookup, release_list, release_map
from .memory cimport store as put_into
from .outbox cimport record_size
from .queue cimport Queue, claim_record, close_queue, drop_record, load, next_record, open_queue, publish, publish_record
from .rewriter cimport begin_rewriter
from .rtcp cimport is_compound
from .rtp cimport Rtp, is_control, read_rtp, read_text
from .srtp cimport (
    CM_SHA1, GCM_128, GCM_256, OPENED, Crypto, Stream, header_size, open_control, open_packet, seal, seal_control,
    set_up, tear_down
)
from .state cimport (
    ADDRESS_MOVED, AUDIO_LEVELS, KEYFRAME_NEEDED, ROUTE_TAKEN, RTCP_RECEIVED, TCP_LOST, UNKNOWN_STREAM, Consumer,
    Encoding, Event, Ids, Packet, Plane, Ring, Transport, advance, hear_arrival
)
from .statistics cimport begin_statistics, expected
from .template cimport Template, plan_header
from .timers cimport release_timers
from .vp8 cimport Vp8, read_vp8, write_vp8
from .wire cimport get16, get32

from ..plane import (
    AddressMoved, AudioLevels, ConsumerStats, EncodingStats, KeyframeNeeded, RouteTaken, RtcpReceived, SinkPacket,
    UnknownStream
)

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char *text, void *out) noexcept
    const char *inet_ntop(int family, const void *address, char *out, unsigned int size) noexcept
    int INET6_ADDRSTRLEN

cdef enum:
    EVENTS_BYTES = 1048576
    COMMANDS_BYTES = 4194304
    STRAYS_BYTES = 262144

PROFILES = {"AEAD_AES_128_GCM": GCM_128, "AEAD_AES_256_GCM": GCM_256, "AES128_CM_SHA1_80": CM_SHA1}
CODECS = {"opus": OPUS, "vp8": VP8, "h264": H264}
KINDS = {"audio": AUDIO, "video": VIDEO}


# -- addresses ------------------------------------------------------------------------------------------------------


cdef int read_address(object address, Address *out) except -1:
    host, port = address
    memset(out, 0, sizeof(Address))
    if host.startswith("tcp:"):
        out.family = TCP
        out.port = int(host[4:])
        return 0
    out.port = port
    if ":" in host:
        host, _, scope = host.partition("%")
        out.scope = int(scope) if scope.isdigit() else 0
        out.family = IPV6
        if inet_pton(AF_INET6, host.encode(), out.ip) == 1:
            return 0
    else:
        out.family = IPV4
        if inet_pton(AF_INET, host.encode(), out.ip) == 1:
            return 0
    raise ValueError(f"{address[0]} is no IP address")


cdef object show_address(const Address *address):
    cdef char text[64]
    if address.family == TCP:
        return f"tcp:{address.port}", 0
    inet_ntop(AF_INET if address.family == IPV4 else AF_INET6, address.ip, text, 64)
    host = (<bytes>text).decode()
    return (f"{host}%{address.scope}" if address.scope else host), address.port


cdef object show_name(const uint8_t *name, int size):
    return PyBytes_FromStringAndSize(<const char *>name, size).decode("ascii") if size else None


cdef object show_event(const Event *event, const uint8_t *data):
    cdef const int64_t *pairs = <const int64_t *>data
    cdef int place
    if event.kind == UNKNOWN_STREAM:
        return UnknownStream(
            event.handle,
            event.number,
            event.extra,
            show_name(data + 3, data[0]),
            show_name(data + 35, data[1]),
            show_name(data + 67, data[2]),
        )
    if event.kind == RTCP_RECEIVED:
        return RtcpReceived(event.handle, PyBytes_FromStringAndSize(<const char *>data, event.size), event.number)
    if event.kind == KEYFRAME_NEEDED:
        return KeyframeNeeded(event.handle)
    if event.kind == ROUTE_TAKEN:
        return RouteTaken(event.handle, event.number)
    if event.kind == AUDIO_LEVELS:
        return AudioLevels({pairs[2 * place]: pairs[2 * place + 1] for place in range(event.size // 16)})
    return AddressMoved(event.handle, show_address(&event.address))


# -- the plane ------------------------------------------------------------------------------------------------------


cdef class Engine:
    cdef Plane *plane
    cdef Loop *loop
    cdef Map transports
    cdef Map encodings
    cdef Map consumers
    cdef dict sinks
    cdef list lost
    cdef int64_t sink_failed
    cdef bint is_running
    cdef bint is_delivering

    def __cinit__(
        self, *, bint batching, bint pads, bint paces, bint tells_rtcp, int64_t ring_bytes, int64_t connection_bytes,
        budgets,
    ):
        self.plane = <Plane *>claim(sizeof(Plane))
        self.plane.settings.batching = batching
        self.plane.settings.pads = pads
        self.plane.settings.paces = paces
        self.plane.settings.tells_rtcp = tells_rtcp
        self.plane.settings.ring_bytes = ring_bytes
        self.plane.connection_bytes = connection_bytes
        self.plane.settings.budgets.audio_packets = budgets.audio_packets
        self.plane.settings.budgets.audio_bytes = budgets.audio_bytes
        self.plane.settings.budgets.video_packets = budgets.video_packets
        self.plane.settings.budgets.video_bytes = budgets.video_bytes
        self.plane.settings.budgets.control_packets = budgets.control_packets
        self.plane.settings.budgets.nacked_packets = budgets.nacked_packets
        self.plane.settings.budgets.repair_bytes = budgets.repair_bytes
        open_queue(&self.plane.events, EVENTS_BYTES)
        self.sinks = {}
        self.lost = []

    def __dealloc__(self):
        cdef int place
        if self.plane is NULL or self.is_running:
            return
        self._remove_everything()
        while self.plane.timers.count:
            advance(self.plane, self.plane.timers.heap[0].due)
            run_timers(self.plane)
        advance(self.plane, self.plane.now + 10)
        run_timers(self.plane)
        if self.loop is not NULL:
            self._close_loop()
        release_timers(&self.plane.timers)
        release_map(&self.transports)
        release_map(&self.encodings)
        release_map(&self.consumers)
        release_map(&self.plane.by_ssrc)
        release_list(&self.plane.encodings)
        release_list(&self.plane.batches)
        close_queue(&self.plane.events)
        close_queue(&self.plane.taps)
        free(self.plane.homes.homes)
        free(self.plane.outbox.bytes)
        free(self.plane)

    cdef void _remove_everything(self) noexcept:
        cdef int place
        for place in range(self.consumers.capacity):
            if self.consumers.entries[place].value is not NULL:
                remove_consumer(self.plane, <Consumer *>self.consumers.entries[place].value)
        for place in range(self.encodings.capacity):
            if self.encodings.entries[place].value is not NULL:
                remove_encoding(self.plane, <Encoding *>self.encodings.entries[place].value)
        for place in range(self.transports.capacity):
            if self.transports.entries[place].value is not NULL:
                remove_transport(self.plane, <Transport *>self.transports.entries[place].value)

    cdef void _close_loop(self) noexcept:
        cdef int place
        for place in range(self.plane.connections.capacity):
            while self.plane.connections.entries[place].value is not NULL:
                hang_up(self.plane, <Connection *>self.plane.connections.entries[place].value, False)
        release_map(&self.plane.connections)
        release_list(&self.plane.unsent)
        close_door(&self.loop.doors[0])
        close_door(&self.loop.doors[1])
        close_queue(&self.loop.commands)
        close_queue(&self.loop.strays)
        close_queue(&self.loop.strangers)
        close(self.plane.epoll)
        close(self.loop.command_fd)
        close(self.loop.wake_fd)
        self.plane.doors = NULL
        free(self.loop)
        self.loop = NULL

    # -- looking up, asking

    cdef void *find(self, const Map *map, object handle) except NULL:
        cdef void *found = lookup(map, <uint64_t><int64_t>handle)
        if found is NULL:
            raise KeyError(handle)
        return found

    cdef int ask(self, Command *command, const uint8_t *data) except -1:
        """Have a command done: at once, or by the loop before it reads its next packet."""
        cdef uint8_t *record = NULL
        cdef uint32_t size = <uint32_t>sizeof(Command) + command.size
        cdef uint64_t one = 1
        if not self.is_running:
            obey(self.plane, command, data)
            self._deliver_taps()
            return 0
        while True:
            record = claim_record(&self.loop.commands, size)
            if record is not NULL:
                break
            write(self.loop.command_fd, &one, 8)
            with nogil:
                usleep(200)
        memcpy(record, command, sizeof(Command))
        if command.size:
            memcpy(record + sizeof(Command), data, command.size)
        publish_record(&self.loop.commands, size)
        write(self.loop.command_fd, &one, 8)
        return 0

    cdef int ask_simply(self, Order order, void *subject, void *object, int64_t number) except -1:
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = order
        command.subject = subject
        command.object = object
        command.number = number
        return self.ask(&command, NULL)

    # -- transports

    def add_transport(self, int64_t handle, uint32_t local_ssrc, double first_report):
        cdef Command command
        cdef Transport *transport = <Transport *>claim(sizeof(Transport))
        transport.handle = handle
        transport.local_ssrc = local_ssrc
        put_into(&self.transports, <uint64_t>handle, transport)
        memset(&command, 0, sizeof(Command))
        command.order = ADD_TRANSPORT
        command.subject = transport
        command.seconds = first_report
        self.ask(&command, NULL)

    def set_keys(self, int64_t handle, str profile, bytes receive, bytes send):
        cdef Command command
        cdef Crypto both[2]
        memset(&command, 0, sizeof(Command))
        command.order = SET_KEYS
        command.subject = self.find(&self.transports, handle)
        command.size = sizeof(both)
        if not set_up(&both[0], PROFILES[profile], receive, False) or not set_up(&both[1], PROFILES[profile], send, True):
            raise RuntimeError("OpenSSL does not have the ciphers of SRTP")
        self.ask(&command, <const uint8_t *>both)

    def set_address(self, int64_t handle, address, bytes local):
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = SET_ADDRESS
        command.subject = self.find(&self.transports, handle)
        read_address(address, &command.to.address)
        command.to.local.size = <int>len(local)
        memcpy(command.to.local.ip, <const char *>local, len(local))
        self.ask(&command, NULL)

    def vouch(self, int64_t handle, address):
        """What comes from there is this transport's too."""
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = VOUCH
        command.subject = self.find(&self.transports, handle)
        read_address(address, &command.to.address)
        self.ask(&command, NULL)

    def set_receive_extensions(self, int64_t handle, ids):
        cdef Command command
        cdef Ids there
        there.mid = ids.mid
        there.rid = ids.rid
        there.repaired_rid = ids.repaired_rid
        there.audio_level = ids.audio_level
        there.abs_send_time = ids.abs_send_time
        there.transport_cc = ids.transport_cc
        memset(&command, 0, sizeof(Command))
        command.order = SET_IDS
        command.subject = self.find(&self.transports, handle)
        command.size = sizeof(Ids)
        self.ask(&command, <const uint8_t *>&there)

    def remove_transport(self, int64_t handle):
        cdef void *transport = self.find(&self.transports, handle)
        discard(&self.transports, <uint64_t>handle)
        self.ask_simply(REMOVE_TRANSPORT, transport, NULL, 0)

    # -- inbound

    def add_encoding(self, int64_t handle, settings):
        cdef Encoding *encoding
        cdef Transport *transport = <Transport *>self.find(&self.transports, settings.transport)
        encoding = <Encoding *>claim(sizeof(Encoding))
        encoding.handle = handle
        encoding.transport = transport
        encoding.kind = KINDS[settings.kind]
        encoding.codec = CODECS[settings.codec]
        encoding.clock_rate = settings.clock_rate
        encoding.ssrc = settings.ssrc
        encoding.producer = -1 if settings.producer is None else settings.producer
        encoding.level_id = settings.extensions.audio_level
        encoding.has_nack = settings.nack and encoding.kind == VIDEO
        encoding.nack.highest = encoding.nack.lost = -1
        encoding.keyframe_asked_at = LONG_AGO
        encoding.keyframe_timestamp = -1
        encoding.level = -1
        encoding.short_pictures.highest = -1
        begin_statistics(&encoding.statistics, encoding.ssrc, encoding.clock_rate)
        put_into(&self.encodings, <uint64_t>handle, encoding)
        self.ask_simply(ADD_ENCODING, encoding, NULL, 0)

    def set_rtx_ssrc(self, int64_t handle, uint32_t ssrc):
        self.ask_simply(SET_RTX_SSRC, self.find(&self.encodings, handle), NULL, ssrc)

    def tell_of_repairers(self, int64_t handle):
        self.ask_simply(TELL_OF_REPAIRERS, self.find(&self.encodings, handle), NULL, 0)

    def remove_encoding(self, int64_t handle):
        cdef void *encoding = self.find(&self.encodings, handle)
        discard(&self.encodings, <uint64_t>handle)
        self.ask_simply(REMOVE_ENCODING, encoding, NULL, 0)

    def pause_encoding(self, int64_t handle, bint paused):
        self.ask_simply(PAUSE_ENCODING, self.find(&self.encodings, handle), NULL, paused)

    # -- outbound

    def add_consumer(self, int64_t handle, settings, int64_t rtx_index, int64_t first_index, uint32_t first_timestamp):
        cdef Consumer *consumer
        cdef Transport *transport = NULL
        cdef bytes name = settings.cname.encode()
        cdef bytes mid = settings.mid.encode()
        ids = settings.extensions
        if settings.transport != -1:
            transport = <Transport *>self.find(&self.transports, settings.transport)
        consumer = <Consumer *>claim(sizeof(Consumer))
        consumer.handle = handle
        consumer.transport = transport
        consumer.kind = KINDS[settings.kind]
        consumer.codec = CODECS[settings.codec]
        consumer.ssrc = settings.ssrc
        consumer.stamps = ids.transport_cc and transport is not NULL
        consumer.next_rtx_index = rtx_index
        consumer.allowed_at = LONG_AGO
        consumer.rate = -1
        consumer.carried_handle = -1
        consumer.rtt_ms = -1
        consumer.rewriter.clock_rate = settings.clock_rate
        consumer.rewriter.min_step = settings.clock_rate // (50 if consumer.kind == AUDIO else 1000)
        begin_rewriter(&consumer.rewriter, first_index, first_timestamp)
        if not self._plan(&consumer.header, settings, settings.payload_type, settings.ssrc, mid):
            free(consumer)
            raise ValueError(f"mid {settings.mid} is too long")
        if settings.rtx_ssrc is not None and settings.rtx_payload_type is not None:
            consumer.has_rtx = True
            consumer.rtx_ssrc = settings.rtx_ssrc
            self._plan(&consumer.rtx_header, settings, settings.rtx_payload_type, settings.rtx_ssrc, mid)
        consumer.name = <uint8_t *>claim(len(name) + 1)
        consumer.name_size = <int>len(name)
        memcpy(consumer.name, <const char *>name, len(name))
        put_into(&self.consumers, <uint64_t>handle, consumer)
        if settings.sink is not None:
            self.sinks[handle] = settings.sink
        self.ask_simply(ADD_CONSUMER, consumer, NULL, 0)

    cdef bint _plan(self, Template *header, object settings, int payload_type, uint32_t ssrc, bytes mid):
        ids = settings.extensions
        return plan_header(
            header,
            payload_type,
            ssrc,
            ids.mid,
            mid,
            <int>len(mid),
            ids.audio_level if settings.kind == "audio" else 0,
            ids.abs_send_time,
            ids.transport_cc,
        )

    def set_route(self, int64_t handle, encoding):
        cdef void *wanted = NULL if encoding is None else self.find(&self.encodings, encoding)
        self.ask_simply(SET_ROUTE, self.find(&self.consumers, handle), wanted, 0)

    def set_rate(self, int64_t handle, int64_t rate):
        self.ask_simply(SET_RATE, self.find(&self.consumers, handle), NULL, rate)

    def remove_consumer(self, int64_t handle):
        cdef void *consumer = self.find(&self.consumers, handle)
        discard(&self.consumers, <uint64_t>handle)
        self.ask_simply(REMOVE_CONSUMER, consumer, NULL, 0)
        if not self.is_running:
            self.sinks.pop(handle, None)

    # -- control packets

    def send_rtcp(self, int64_t handle, bytes data):
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = SEND_RTCP
        command.subject = self.find(&self.transports, handle)
        command.size = <int>len(data)
        self.ask(&command, data)

    def send_raw(self, address, bytes data, bytes local):
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = SEND_RAW
        read_address(address, &command.to.address)
        command.to.local.size = <int>len(local)
        memcpy(command.to.local.ip, <const char *>local, len(local))
        command.size = <int>len(data)
        self.ask(&command, data)

    # -- counters: read, never pushed

    def encoding_stats(self, int64_t handle, now):
        cdef Encoding *encoding = <Encoding *>self.find(&self.encodings, handle)
        cdef double at = self.plane.now if now is None else now
        cdef int64_t lost = expected(&encoding.statistics) - encoding.statistics.received - encoding.repaired
        return EncodingStats(
            encoding.packets,
            encoding.bytes,
            max(0, lost),
            encoding.repaired,
            encoding.nacks_sent,
            encoding.keyframes,
            0 if at - encoding.last_packet_at > 2.0 else encoding.bitrate,
            encoding.statistics.jitter * 1000 / encoding.clock_rate,
            encoding.last_packet_at,
        )

    def consumer_stats(self, int64_t handle):
        cdef Consumer *consumer = <Consumer *>self.find(&self.consumers, handle)
        cdef int64_t carried = consumer.carried_handle
        return ConsumerStats(
            consumer.packets,
            consumer.bytes,
            consumer.retransmitted,
            consumer.retransmission_missed,
            None if carried == -1 else carried,
            consumer.fraction_lost,
            None if consumer.rtt_ms < 0 else consumer.rtt_ms,
        )

    def counters(self):
        """All counters by name, and what memory is held."""
        cdef Plane *plane = self.plane
        found = dict(plane.counters)
        found["sink_failed"] = self.sink_failed
        found["ring_bytes"] = plane.ring_bytes
        if self.loop is not NULL:
            for place in range(2):
                found["send_dropped"] += self.loop.doors[place].dropped
            found["send_calls"] = self.loop.doors[0].calls + self.loop.doors[1].calls
            found["sent_messages"] = self.loop.doors[0].sent_messages + self.loop.doors[1].sent_messages
            found["gso_off"] = self.loop.doors[0].refused_segments + self.loop.doors[1].refused_segments
            found["read_batches"] = self.loop.batches
            found["loop_turns"] = self.loop.turns
        return found

    # -- driven by the caller

    def receive(self, datagrams, double now):
        cdef Address address
        cdef bytes data
        cdef int size
        cdef uint8_t buffer[DATAGRAM]
        advance(self.plane, now)
        self.plane.counters.datagrams_in += len(datagrams)
        if datagrams:
            hear_arrival(self.plane, datagrams[len(datagrams) - 1][2])
        for data, source, arrival_ns in datagrams:
            size = <int>len(data)
            read_address(source, &address)
            memcpy(buffer, <const char *>data, min(size, DATAGRAM))
            receive_datagram(self.plane, &address, buffer, size, arrival_ns)
        deliver_batches(self.plane)
        self._deliver_taps()

    def handle_timeout(self, double now):
        advance(self.plane, now)
        run_timers(self.plane)
        self._deliver_taps()

    def next_timeout(self):
        cdef double due = 0.0
        return due if next_due(self.plane, &due) else None

    def packets(self):
        """What is to be sent, oldest first."""
        cdef size_t at = 0
        cdef int size
        found = []
        while at < self.plane.outbox.used:
            memcpy(&size, self.plane.outbox.bytes + at + sizeof(Destination), 4)
            data = PyBytes_FromStringAndSize(<const char *>self.plane.outbox.bytes + at + sizeof(Destination) + 4, size)
            found.append((data, show_address(&(<Destination *>(self.plane.outbox.bytes + at)).address)))
            at += record_size(size)
        self.plane.counters.datagrams_out += len(found)
        self.plane.outbox.used = 0
        self.plane.outbox.count = 0
        return found

    # -- what the plane reports

    def events(self):
        """Everything told since the last call; sinks get their packets first."""
        cdef const uint8_t *record
        cdef uint32_t size = 0
        cdef const Event *event
        self._deliver_taps()
        found = []
        while True:
            record = next_record(&self.plane.events, &size)
            if record is NULL:
                return found
            event = <const Event *>record
            if event.kind == TCP_LOST:
                self.lost.append(event.handle)
            else:
                found.append(show_event(event, record + sizeof(Event)))
            drop_record(&self.plane.events, size)

    def lost_connections(self):
        """Numbers of the TCP connections that ended since the last call (after ``events``)."""
        lost, self.lost = self.lost, []
        return lost

    cdef int _deliver_taps(self) except -1:
        cdef const uint8_t *record
        cdef const Tap *tap
        cdef uint32_t size = 0
        if self.is_delivering:
            return 0
        self.is_delivering = True
        try:
            while True:
                record = next_record(&self.plane.taps, &size)
                if record is NULL:
                    return 0
                tap = <const Tap *>record
                rtp = PyBytes_FromStringAndSize(<const char *>record + sizeof(Tap), size - <int>sizeof(Tap))
                ntp = <object>tap.ntp + <object>tap.ntp_step if tap.has_ntp else None
                packet = SinkPacket(tap.consumer, tap.encoding, rtp, tap.arrival_ns, ntp)
                drop_record(&self.plane.taps, size)
                sink = self.sinks.get(packet.consumer)
                if sink is None:
                    continue
                try:
                    sink(packet)
                except Exception:  # the recorder's trouble must not become the meeting's
                    self.sink_failed += 1
        finally:
            self.is_delivering = False

    # -- the loop

    def attach(self, int ipv4, int ipv6, double junk_per_second):
        """Serve these sockets (−1: there is none) from ``run_loop`` on; the file descriptor that wakes the caller."""
        cdef epoll_event event
        cdef int place, fd
        self.loop = <Loop *>claim(sizeof(Loop))
        self.loop.plane = self.plane
        self.loop.junk_per_second = junk_per_second
        self.loop.command_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        self.loop.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
        open_queue(&self.loop.commands, COMMANDS_BYTES)
        open_queue(&self.loop.strays, STRAYS_BYTES)
        open_queue(&self.loop.strangers, STRAYS_BYTES)
        self.plane.epoll = epoll_create1(EPOLL_CLOEXEC)
        for place, fd in enumerate((ipv4, ipv6, self.loop.command_fd)):
            if place < 2:
                open_door(&self.loop.doors[place], fd)
            event.events = EPOLLIN
            event.data.u64 = place
            if fd >= 0:
                epoll_ctl(self.plane.epoll, EPOLL_CTL_ADD, fd, &event)
        self.plane.doors = &self.loop.doors[0]
        advance(self.plane, monotonic())
        self.is_running = True
        return self.loop.wake_fd

    def idle_seconds(self):
        """How long the loop has slept."""
        return 0.0 if self.loop is NULL else self.loop.idle

    def run_loop(self):
        """Carry packets until ``stop``; on a thread of its own."""
        with nogil:
            run(self.loop)

    def stop(self):
        """Have ``run_loop`` return."""
        cdef uint64_t one = 1
        publish(&self.loop.is_stopped, 1)
        write(self.loop.command_fd, &one, 8)

    def stopped(self):
        """``run_loop`` has returned: the caller drives again."""
        self.is_running = False

    def forget_sink(self, handle):
        self.sinks.pop(handle, None)

    def look(self):
        """The caller was woken and looks now."""
        cdef uint64_t count
        read(self.loop.wake_fd, &count, 8)
        publish(&self.loop.is_awake, 0)

    def strays(self):
        """Datagrams that are none of the plane's: (bytes, source, arrival, the address of ours they came to)."""
        found = []
        self._take_strays(&self.loop.strays, found)
        self._take_strays(&self.loop.strangers, found)
        return found

    cdef int _take_strays(self, Queue *queue, list found) except -1:
        cdef const uint8_t *record
        cdef const Stray *stray
        cdef uint32_t size = 0
        while True:
            record = next_record(queue, &size)
            if record is NULL:
                return 0
            stray = <const Stray *>record
            data = PyBytes_FromStringAndSize(<const char *>record + sizeof(Stray), stray.size)
            local = PyBytes_FromStringAndSize(<const char *>stray.local.ip, stray.local.size)
            found.append((data, show_address(&stray.address), stray.arrival_ns, local))
            drop_record(queue, size)

    def adopt(self, uint32_t number, int fd):
        """Serve a TCP connection from now on; the descriptor is the loop's."""
        cdef Connection *connection = <Connection *>claim(sizeof(Connection))
        connection.number = number
        connection.fd = fd
        self.ask_simply(ADOPT, connection, NULL, 0)

    def hang_up(self, uint32_t number):
        self.ask_simply(HANG_UP, NULL, NULL, number)


# -- the parsers alone, for fuzzing and comparison ------------------------------------------------------------------


def parse_rtp(bytes data):
    """(payload type, sequence, timestamp, SSRC, payload, marker, extensions), or None when it is malformed."""
    cdef Rtp rtp
    cdef const uint8_t *at = data
    cdef int place
    if len(data) > 65535 or not read_rtp(&rtp, at, <int>len(data)):
        return None
    elements = {}
    for place in range(rtp.elements_count):
        start = rtp.elements[place].at
        elements[rtp.elements[place].identifier] = data[start : start + rtp.elements[place].size]
    payload = data[rtp.payload_at : rtp.payload_at + rtp.payload_size]
    return rtp.payload_type, rtp.sequence, rtp.timestamp, rtp.ssrc, payload, rtp.marker != 0, elements


def parse_rtcp(bytes data):
    """Whether the compound can be read."""
    return is_compound(data, <int>len(data))


def parse_vp8(bytes payload):
    """(size, picture id, long, TL0PICIDX, temporal byte, keyframe), or None."""
    cdef Vp8 vp8
    if not read_vp8(&vp8, payload, <int>len(payload)):
        return None
    return (
        vp8.size,
        None if vp8.picture < 0 else vp8.picture,
        vp8.is_long != 0,
        None if vp8.tl0 < 0 else vp8.tl0,
        vp8.temporal if vp8.has_temporal else None,
        vp8.starts_keyframe != 0,
    )


def parse_h264(bytes payload):
    """Whether a keyframe begins here."""
    return starts_h264_keyframe(payload, <int>len(payload))


def parse_frames(bytes data):
    """RFC 4571: (packets, bytes used), or None when a length is none of a packet of ours."""
    cdef const uint8_t *at = data
    cdef int position = 0
    cdef int size, begin
    packets = []
    while True:
        begin = 0
        size = next_frame(at + position, <int>len(data) - position, &begin)
        if size == -2:
            return None
        if size < 0:
            return packets, position
        if size:
            packets.append(data[position + begin : position + begin + size])
        position += begin + size


def kind(bytes data):
    """Where a datagram goes: 0 the plane, 1 up to the control plane, 2 nowhere."""
    return <int>kind_of(data, <int>len(data))


# The same as C symbols of the extension, in the form that libFuzzer and AFL call: 0, whatever the bytes. What a parser says
# lies in the bytes is read, so that a checked build sees a wrong length.

cdef int touch(const uint8_t *at, int size) noexcept nogil:
    cdef int place
    cdef int total = 0
    for place in range(size):
        total += at[place]
    return total


cdef public int gb_fuzz_rtp(const uint8_t *data, size_t size) noexcept nogil:
    cdef Rtp rtp
    cdef uint8_t name[32]
    cdef int place
    if size > 65535 or not read_rtp(&rtp, data, <int>size):
        return 0
    read_text(&rtp, 4, name)
    touch(data + rtp.payload_at, rtp.payload_size)
    for place in range(rtp.elements_count):
        touch(data + rtp.elements[place].at, rtp.elements[place].size)
    return 0


cdef public int gb_fuzz_rtcp(const uint8_t *data, size_t size) noexcept nogil:
    is_compound(data, <int>size)
    return 0


cdef public int gb_fuzz_payload(const uint8_t *data, size_t size) noexcept nogil:
    cdef Vp8 vp8
    cdef uint8_t out[8]
    if read_vp8(&vp8, data, <int>size):
        touch(data, vp8.size)
        write_vp8(&vp8, 7, 9, out)
    starts_h264_keyframe(data, <int>size)
    return 0


cdef public int gb_fuzz_frames(const uint8_t *data, size_t size) noexcept nogil:
    cdef int position = 0
    cdef int length = 0
    cdef int at = 0
    while length >= 0:
        at = 0
        length = next_frame(data + position, <int>size - position, &at)
        touch(data + position + at, length)
        position += at + length
    return 0


cdef public int gb_fuzz_demultiplex(const uint8_t *data, size_t size) noexcept nogil:
    kind_of(data, <int>size)
    return 0


cdef class SrtpSession:
    """SRTP of both directions alone, as the plane does it; for comparison with libsrtp."""

    cdef Crypto receiver
    cdef Crypto sender
    cdef Map heard
    cdef Map spoken

    def __cinit__(self, str profile, bytes receive, bytes send):
        if not set_up(&self.receiver, PROFILES[profile], receive, False):
            raise RuntimeError("OpenSSL does not have the ciphers of SRTP")
        set_up(&self.sender, PROFILES[profile], send, True)

    def __dealloc__(self):
        cdef int place
        tear_down(&self.receiver)
        tear_down(&self.sender)
        for place in range(self.heard.capacity):
            free(self.heard.entries[place].value)
        for place in range(self.spoken.capacity):
            free(self.spoken.entries[place].value)
        release_map(&self.heard)
        release_map(&self.spoken)

    cdef Stream *_stream(self, Map *map, uint32_t ssrc) noexcept:
        cdef Stream *stream = <Stream *>lookup(map, ssrc)
        if stream is NULL:
            stream = <Stream *>claim(sizeof(Stream))
            stream.ssrc = ssrc
            put_into(map, ssrc, stream)
        return stream

    def protect(self, bytes data):
        """The encrypted packet, or None when its number was used or it is too long."""
        cdef uint8_t out[DATAGRAM]
        cdef const uint8_t *at = data
        cdef int head = header_size(at, <int>len(data))
        cdef int size
        if head < 0 or len(data) > 1900:
            return None
        memcpy(out, at, len(data))
        size = seal(&self.sender, self._stream(&self.spoken, get32(at + 8)), out, head, at + head, <int>len(data) - head)
        return None if size < 0 else PyBytes_FromStringAndSize(<const char *>out, size)

    def unprotect(self, bytes data):
        """The packet in the clear; −1: forged, −2: a replay."""
        cdef uint8_t out[DATAGRAM]
        cdef int plain = 0
        cdef int opened
        if not 12 <= len(data) <= DATAGRAM:
            return -1
        memcpy(out, <const char *>data, len(data))
        opened = open_packet(&self.receiver, self._stream(&self.heard, get32(out + 8)), out, <int>len(data), &plain)
        return opened if opened != OPENED else PyBytes_FromStringAndSize(<const char *>out, plain)

    def protect_rtcp(self, bytes data):
        cdef uint8_t out[DATAGRAM]
        cdef int size
        if not 8 <= len(data) <= 1900:
            return None
        size = seal_control(&self.sender, self._stream(&self.spoken, get32(<const uint8_t *>data + 4)), out, data, <int>len(data))
        return None if size < 0 else PyBytes_FromStringAndSize(<const char *>out, size)

    def unprotect_rtcp(self, bytes data):
        cdef uint8_t out[DATAGRAM]
        cdef int plain = 0
        cdef int opened
        if not 8 <= len(data) <= DATAGRAM:
            return -1
        memcpy(out, <const char *>data, len(data))
        opened = open_control(&self.receiver, self._stream(&self.heard, get32(out + 4)), out, <int>len(data), &plain)
        return opened if opened != OPENED else PyBytes_FromStringAndSize(<const char *>out, plain)
