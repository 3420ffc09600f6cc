"""SRTCP from the network, and what the plane sends by the clock: transport-cc feedback and reports."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from .budget cimport spend
from .delivery cimport deliver_batches
from .limits cimport *
from .memory cimport claim, lookup
from .pace cimport answer_paced, is_paced
from .pacing cimport owe
from .repair cimport want_keyframe
from .repeating cimport MISSED, TOO_SOON, Answer, retransmit
from .reports cimport receive_blocks, receive_sender_report, send_reports
from .rtcp cimport (
    PAYLOAD_FEEDBACK, RECEIVER_REPORT, SENDER_REPORT, TRANSPORT_FEEDBACK, Control, is_compound, next_control, write_head
)
from .sent cimport Result, match_feedback
from .srtp cimport OPENED, REPLAYED, Opened, Stream, open_control
from .state cimport FEEDBACK_RECEIVED, RTCP_RECEIVED, Consumer, Event, Plane, Transport, find_consumer, tell
from .timers cimport DUE_FEEDBACK, DUE_REPORTS, set_timer
from .transport cimport remember_heard, send_rtcp
from .twcc cimport Arrivals, begin_arrivals, begin_feedback, note_arrival_of, skip_outage, write_feedback
from .wire cimport get16, get32, put32


# -- receiving ------------------------------------------------------------------------------------------------------


cdef inline void _retransmit(Plane *plane, Consumer *consumer, uint16_t sequence) noexcept nogil:
    cdef double most = plane.settings.budgets.nacked_packets
    cdef Answer answer
    if not spend(&consumer.transport.nacks, 1.0, most, most, plane.now):
        plane.counters.nacks_over_budget += 1
        consumer.retransmission_missed += 1
        return
    if is_paced(consumer):
        if not answer_paced(plane, consumer, sequence):
            consumer.retransmission_missed += 1
        return
    answer = retransmit(plane, consumer, sequence)
    if answer == MISSED or (answer == TOO_SOON and not owe(plane, consumer, sequence)):
        consumer.retransmission_missed += 1


cdef inline void _answer(Plane *plane, Transport *transport, const Control *control) noexcept nogil:
    """NACK."""
    cdef Consumer *consumer = find_consumer(transport, get32(control.body + 4))
    cdef uint16_t first, bits
    cdef int place, bit
    if consumer is NULL:
        return
    for place in range(8, control.size, 4):
        first = get16(control.body + place)
        bits = get16(control.body + place + 2)
        _retransmit(plane, consumer, first)
        for bit in range(16):
            if bits >> bit & 1:
                _retransmit(plane, consumer, <uint16_t>(first + bit + 1))


cdef inline void _refresh(Plane *plane, Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef Consumer *consumer = find_consumer(transport, ssrc)
    if consumer is NULL or consumer.carried is NULL:
        return
    if spend(&consumer.keyframes, 1.0, KEYFRAMES_PER_SECOND, KEYFRAMES, plane.now):
        want_keyframe(plane, consumer.carried)
    else:
        plane.counters.keyframes_over_budget += 1


cdef inline void _match(Plane *plane, Transport *transport, const Control *control) noexcept nogil:
    """transport-cc."""
    cdef int found = match_feedback(
        &transport.log, control.body + 8, control.size - 8, plane.microseconds, plane.results
    )
    cdef int place = 0
    cdef Event event
    if found < 0:
        plane.counters.malformed += 1
        return
    memset(&event, 0, sizeof(Event))
    event.kind = FEEDBACK_RECEIVED
    event.handle = transport.handle
    event.at = plane.now
    while place < found:
        tell(
            plane,
            &event,
            <const uint8_t *>&plane.results[place],
            <int>sizeof(Result) * min(MAX_RESULTS, found - place),
        )
        place += MAX_RESULTS


cdef inline void _act_on(Plane *plane, Transport *transport, const Control *control, int64_t arrival_ns) noexcept nogil:
    cdef int place
    if control.kind == SENDER_REPORT:
        receive_sender_report(plane, transport, control.body, arrival_ns)
        receive_blocks(transport, control.body + 24, control.count, arrival_ns)
    elif control.kind == RECEIVER_REPORT:
        receive_blocks(transport, control.body + 4, control.count, arrival_ns)
    elif control.kind == TRANSPORT_FEEDBACK and control.count == 1:
        _answer(plane, transport, control)
    elif control.kind == TRANSPORT_FEEDBACK and control.count == 15 and plane.settings.tells_feedback:
        _match(plane, transport, control)
    elif control.kind == PAYLOAD_FEEDBACK and control.count == 1:
        _refresh(plane, transport, get32(control.body + 4))
    elif control.kind == PAYLOAD_FEEDBACK and control.count == 4:
        for place in range(8, control.size, 8):
            _refresh(plane, transport, get32(control.body + place))


cdef inline void receive_rtcp(
    Plane *plane, Transport *transport, uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """Open a compound packet in place, act on what is the plane's, hand it up."""
    cdef Stream *stream
    cdef Stream fresh
    cdef Opened opened
    cdef Control control
    cdef Event event
    cdef double most = plane.settings.budgets.control_packets
    cdef int plain = 0
    cdef int position = 0
    stream = <Stream *>lookup(&transport.heard, get32(data + 4))
    if not transport.has_keys or (stream is NULL and transport.heard.count >= MAX_CONTROL_SSRCS):
        plane.counters.refused_unopened += 1
        return
    if stream is NULL:
        memset(&fresh, 0, sizeof(Stream))
        fresh.ssrc = get32(data + 4)
        opened = open_control(&transport.receive, &fresh, data, size, &plain)
        if opened == OPENED:
            remember_heard(transport, &fresh)
    else:
        opened = open_control(&transport.receive, stream, data, size, &plain)
    if opened == REPLAYED:
        plane.counters.dropped_replay += 1
        return
    if opened != OPENED:
        plane.counters.dropped_unauthenticated += 1
        return
    if not spend(&transport.controls, 1.0, most, most, plane.now):
        plane.counters.control_over_budget += 1
        return
    if not is_compound(data, plain):
        plane.counters.malformed += 1
        return
    deliver_batches(plane)
    memset(&control, 0, sizeof(Control))
    while position < plain:
        position = next_control(data, plain, position, &control)
        _act_on(plane, transport, &control, arrival_ns)
    memset(&event, 0, sizeof(Event))
    event.kind = RTCP_RECEIVED
    event.handle = transport.handle
    event.number = arrival_ns
    if plane.settings.tells_rtcp:
        tell(plane, &event, data, plain)


# -- by the clock ---------------------------------------------------------------------------------------------------


cdef inline void note_transport_cc(Plane *plane, Transport *transport, uint32_t number, int64_t arrival_ns) noexcept nogil:
    """A packet with a transport-wide number came; feedback follows within 75 ms."""
    if transport.arrivals is NULL:
        transport.arrivals = <Arrivals *>claim(sizeof(Arrivals))
        begin_arrivals(transport.arrivals)
    note_arrival_of(transport.arrivals, number, arrival_ns)
    if not transport.feedback_due:
        transport.feedback_due = True
        transport.timers += 1
        set_timer(&plane.timers, plane.now + FEEDBACK_SECONDS, DUE_FEEDBACK, transport)


cdef inline void send_feedback(Plane *plane, Transport *transport) noexcept nogil:
    cdef int64_t first = 0
    cdef int64_t last = 0
    cdef int size
    transport.feedback_due = False
    if transport.closed or not begin_feedback(transport.arrivals, &first, &last):
        return
    while first <= last:
        skip_outage(transport.arrivals, &first, last)
        size = write_feedback(transport.arrivals, &first, last, plane.scratch + 12)
        if size:
            put32(plane.scratch + 4, transport.local_ssrc)
            put32(plane.scratch + 8, transport.media_ssrc)
            send_rtcp(plane, transport, plane.scratch, write_head(plane.scratch, 15, TRANSPORT_FEEDBACK, 8 + size))


cdef inline void schedule_reports(Plane *plane, Transport *transport, double seconds) noexcept nogil:
    """Reports every second until the transport is gone."""
    transport.timers += 1
    set_timer(&plane.timers, plane.now + seconds, DUE_REPORTS, transport)


cdef inline void handle_report_timer(Plane *plane, Transport *transport) noexcept nogil:
    if not transport.closed:
        send_reports(plane, transport)
        schedule_reports(plane, transport, REPORT_SECONDS)
