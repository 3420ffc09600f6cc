"""What the plane tells, as Python objects: events, packets for sinks, counters. Counters are read, never pushed."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport int64_t, uint8_t, uint32_t

from .address_text cimport show_address
from .capture cimport Captured
from .consumer cimport Tap
from .queue cimport drop_record, next_record
from .sent cimport LOST, Result
from .state cimport (
    AUDIO_LEVELS, FEEDBACK_RECEIVED, KEYFRAME_NEEDED, ROUTE_TAKEN, RTCP_RECEIVED, TCP_LOST, UNKNOWN_STREAM, Consumer, Encoding, Event, Plane
)
from .statistics cimport expected

from ..plane import (
    AddressMoved, AudioLevels, ConsumerStats, EncodingStats, FeedbackReceived, KeyframeNeeded, PacketResult, RouteTaken,
    RtcpReceived, SinkPacket, UnknownStream
)

cdef extern from "Python.h":
    object PyType_GenericAlloc(type kind, Py_ssize_t size)


cdef object show_name(const uint8_t *name, int size):
    return PyBytes_FromStringAndSize(<const char *>name, size).decode("ascii") if size else None


cdef int fill(object made, int place, object value) except -1:
    Py_INCREF(value)  # the tuple's
    PyTuple_SET_ITEM(made, place, value)
    return 0


cdef object show_result(const Result *result):
    """Made in place: there are as many as packets are sent."""
    cdef object made = PyType_GenericAlloc(PacketResult, 4)
    fill(made, 0, result.microseconds / 1e6)
    fill(made, 1, None if result.ticks == LOST else result.ticks / 4000.0)
    fill(made, 2, result.size)
    fill(made, 3, result.cluster)
    return made


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
    if event.kind == FEEDBACK_RECEIVED:
        results = tuple([show_result(&(<const Result *>data)[place]) for place in range(event.size // <int>sizeof(Result))])
        return FeedbackReceived(event.handle, results, event.at)
    if event.kind == KEYFRAME_NEEDED:
        return KeyframeNeeded(event.handle)
    if event.kind == ROUTE_TAKEN:
        return RouteTaken(event.handle, event.number)
    if event.kind == AUDIO_LEVELS:
        return AudioLevels({pairs[2 * place]: pairs[2 * place + 1] for place in range(event.size // 16)})
    return AddressMoved(event.handle, show_address(&event.address))


cdef class Telling(Asking):

    def __cinit__(self, **_):
        self.lost = []

    # -- counters

    def encoding_stats(self, int64_t handle, now):
        cdef Encoding *encoding = <Encoding *>self.find(&self.encodings, handle)
        cdef double at = self.plane.now if now is None else now
        cdef bint is_sending = at - encoding.last_packet_at <= 2.0
        cdef int place
        cdef int64_t lost = expected(&encoding.statistics) - encoding.statistics.received - encoding.repaired
        return EncodingStats(
            encoding.packets,
            encoding.bytes,
            max(0, lost),
            encoding.repaired,
            encoding.nacks_sent,
            encoding.keyframes,
            encoding.bitrate if is_sending else 0,
            encoding.statistics.jitter * 1000 / encoding.clock_rate,
            encoding.last_packet_at,
            tuple([encoding.layer_bitrates[place] if is_sending else 0 for place in range(4)]),
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

    def captured(self):
        """Packets of those who are captured, since the last call: (transport, sent, address, ns, size, bytes)."""
        cdef const uint8_t *record
        cdef const Captured *one
        cdef uint32_t size = 0
        found = []
        while True:
            record = next_record(&self.plane.captured, &size)
            if record is NULL:
                return found
            one = <const Captured *>record
            kept = PyBytes_FromStringAndSize(<const char *>record + sizeof(Captured), size - <int>sizeof(Captured))
            found.append((one.transport, bool(one.is_sent), show_address(&one.address), one.at_ns, one.size, kept))
            drop_record(&self.plane.captured, size)

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

    def forget_sink(self, handle):
        self.sinks.pop(handle, None)
