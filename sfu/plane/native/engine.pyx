"""The native plane as Python sees it. No packet is touched here.

``Engine`` either does everything at once on the caller's thread (sans-IO: ``receive``, ``handle_timeout``,
``packets``), or, between ``attach`` and ``stop``, leaves packets to the thread that is in ``run_loop``.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from .address cimport Address, Destination
from .address_text cimport read_address, show_address
from .arena cimport close_door, open_door
from .commands cimport (
    Command, next_due, obey, remove_consumer, remove_encoding, remove_transport, run_timers
)
from .connection cimport Connection, hang_up
from .delivery cimport deliver_batches
from .ingress cimport receive_datagram
from .limits cimport DATAGRAM
from .linux cimport *
from .loop cimport Loop, Stray, run
from .memory cimport claim, release_list, release_map
from .outbox cimport record_size
from .queue cimport Queue, claim_record, close_queue, drop_record, next_record, open_queue, publish, publish_record
from .state cimport Consumer, Encoding, Plane, Transport, advance, hear_arrival
from .telling cimport Telling
from .timers cimport release_timers

cdef enum:
    EVENTS_BYTES = 1048576
    COMMANDS_BYTES = 4194304
    STRAYS_BYTES = 262144


cdef class Engine(Telling):

    # -- life

    def __cinit__(
        self, *, bint batching, bint pads, bint paces, bint tells_rtcp, bint tells_feedback, int64_t ring_bytes,
        int64_t connection_bytes, budgets,
    ):
        self.plane = <Plane *>claim(sizeof(Plane))
        self.plane.settings.batching = batching
        self.plane.settings.pads = pads
        self.plane.settings.paces = paces
        self.plane.settings.tells_rtcp = tells_rtcp
        self.plane.settings.tells_feedback = tells_feedback
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
        close_queue(&self.plane.captured)
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

    # -- commands

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
