"""Commands: what each needs is allocated, filled in and looked up here; the plane does it, see commands.pxd.

Handles are checked by ``sfu.plane.native.plane``; one that is not there raises ``KeyError``.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset

from .address_text cimport read_address
from .commands cimport (
    ADD_CONSUMER, ADD_ENCODING, ADD_TRANSPORT, ADOPT, CAPTURE, HANG_UP, PAUSE_ENCODING, PROBE, REMOVE_CONSUMER, REMOVE_ENCODING,
    REMOVE_TRANSPORT, SEND_RAW, SEND_RTCP, SET_ADDRESS, SET_IDS, SET_KEYS, SET_PACE, SET_RATE, SET_REDUNDANCY, SET_REPAIR_COPIES,
    SET_REPORTED_LOSS, SET_ROUTE, SET_RTX_SSRC, SET_TEMPORAL, TELL_OF_REPAIRERS, VOUCH, Command, Order
)
from .connection cimport Connection
from .limits cimport ALL_LAYERS, AUDIO, H264, LONG_AGO, OPUS, VIDEO, VP8
from .memory cimport Map, claim, discard, lookup
from .memory cimport store as put_into
from .rewriter cimport begin_rewriter
from .sent cimport begin_log
from .srtp cimport Crypto, set_up
from .state cimport Consumer, Encoding, Ids, Transport
from .statistics cimport begin_statistics
from .template cimport Template, plan_header

from .session import PROFILES

CODECS = {"opus": OPUS, "vp8": VP8, "h264": H264}
KINDS = {"audio": AUDIO, "video": VIDEO}


cdef class Asking:

    cdef void *find(self, const Map *map, object handle) except NULL:
        cdef void *found = lookup(map, <uint64_t><int64_t>handle)
        if found is NULL:
            raise KeyError(handle)
        return found

    cdef int ask(self, Command *command, const uint8_t *data) except -1:
        """Have a command done: at once, or by the loop before it reads its next packet."""
        raise NotImplementedError

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
        begin_log(&transport.log)
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

    def set_pace(self, int64_t handle, int64_t bitrate):
        """Negative: none."""
        self.ask_simply(SET_PACE, self.find(&self.transports, handle), NULL, bitrate)

    def probe(self, int64_t handle, int64_t cluster, double bitrate, int64_t size):
        cdef Command command
        memset(&command, 0, sizeof(Command))
        command.order = PROBE
        command.subject = self.find(&self.transports, handle)
        command.number = size << 8 | cluster
        command.seconds = bitrate
        self.ask(&command, NULL)

    def capture(self, int64_t handle, bint captured, bint whole):
        """Copy its packets for ``captured`` from now on, or no more."""
        self.ask_simply(CAPTURE, self.find(&self.transports, handle), NULL, 1 + <int>whole if captured else 0)

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
        encoding.payload_type = settings.payload_type
        encoding.red_payload_type = -1 if settings.red_payload_type is None else settings.red_payload_type
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

    def set_reported_loss(self, int64_t handle, int64_t fraction):
        """Of 256."""
        self.ask_simply(SET_REPORTED_LOSS, self.find(&self.encodings, handle), NULL, fraction)

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
        consumer.payload_type = settings.payload_type
        consumer.red_payload_type = settings.red_payload_type or 0
        consumer.temporal = ALL_LAYERS
        consumer.repair_copies = 1
        consumer.newest = consumer.skipped_timestamp = -1
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

    def set_temporal(self, int64_t handle, int64_t highest):
        self.ask_simply(SET_TEMPORAL, self.find(&self.consumers, handle), NULL, highest)

    def set_redundancy(self, int64_t handle, int64_t levels):
        self.ask_simply(SET_REDUNDANCY, self.find(&self.consumers, handle), NULL, levels)

    def set_repair_copies(self, int64_t handle, int64_t copies):
        self.ask_simply(SET_REPAIR_COPIES, self.find(&self.consumers, handle), NULL, copies)

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

    # -- TCP

    def adopt(self, uint32_t number, int fd):
        """Serve a TCP connection from now on; the descriptor is the loop's."""
        cdef Connection *connection = <Connection *>claim(sizeof(Connection))
        connection.number = number
        connection.fd = fd
        self.ask_simply(ADOPT, connection, NULL, 0)

    def hang_up(self, uint32_t number):
        self.ask_simply(HANG_UP, NULL, NULL, number)
