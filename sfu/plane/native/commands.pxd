"""What the control plane may ask, done: each of these runs between two packets, on the thread that carries them.

What a command needs is allocated and checked by the asking thread; what it removes is freed here, once no timer
holds it any more.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memmove

from .address cimport Address, Destination, is_same, move_out, owner_of, settle
from .capture cimport set_capture
from .connection cimport Connection, adopt, hang_up
from .consumer cimport find_streams, leave, take
from .delivery cimport begin_route, deliver_batches
from .feedback cimport handle_report_timer, schedule_reports, send_feedback
from .ingress cimport find_stranger, forget_stranger, tell_levels, tell_of_stranger
from .limits cimport *
from .memory cimport List, append, claim, discard, lookup, release_list, release_map, remove, resize
from .memory cimport store as put_into
from .nack cimport release_nack
from .outbox cimport post_bytes
from .pace cimport handle_pace_timer, set_pace
from .pacing cimport next_turn, release_consumer, turn_wheel
from .probing cimport begin_probe, handle_probe_timer
from .repair cimport handle_keyframe_timer, request_missing, want_keyframe
from .rewriter cimport begin_rewriter
from .ring cimport update_ring
from .rtcp cimport write_bye, write_receiver_head
from .srtp cimport Crypto
from .state cimport Consumer, Departed, Encoding, Ids, Listening, Plane, Stranger, Transport, find_listening
from .statistics cimport begin_statistics
from .timers cimport (
    DUE_FEEDBACK, DUE_KEYFRAME, DUE_LEVELS, DUE_NACK, DUE_PACE, DUE_PROBE, DUE_REPORTS, Timer, take_timer
)
from .transport cimport drop_keys, forget_streams, send_rtcp
from .twcc cimport release_arrivals


# -- the end of things ----------------------------------------------------------------------------------------------


cdef inline void bury_transport(Transport *transport) noexcept nogil:
    if not transport.closed or transport.timers:
        return
    drop_keys(transport)
    forget_streams(transport)
    if transport.arrivals is not NULL:
        release_arrivals(transport.arrivals)
        free(transport.arrivals)
    free(transport.log.slots)
    free(transport.listening)
    release_list(&transport.consumers)
    free(transport.strangers)
    free(transport.departed)
    free(transport)


cdef inline void bury_encoding(Encoding *encoding) noexcept nogil:
    if not encoding.removed or encoding.timers:
        return
    release_list(&encoding.carriers)
    release_list(&encoding.waiting)
    release_nack(&encoding.nack)
    free(encoding)


# -- transports -----------------------------------------------------------------------------------------------------


cdef inline void add_transport(Plane *plane, Transport *transport, double first_report) noexcept nogil:
    schedule_reports(plane, transport, first_report)


cdef inline void set_keys(Transport *transport, const Crypto *receive, const Crypto *send) noexcept nogil:
    cdef int place
    drop_keys(transport)
    forget_streams(transport)
    transport.receive = receive[0]
    transport.send = send[0]
    transport.has_keys = True
    transport.departed_count = 0  # numbers may be used again under other keys
    for place in range(transport.consumers.count):
        find_streams(<Consumer *>transport.consumers.items[place])


cdef inline void _leave_address(Plane *plane, Transport *transport, const Address *address) noexcept nogil:
    if owner_of(&plane.homes, address) is transport:
        move_out(&plane.homes, address)


cdef inline bint _is_vouched_for(const Transport *transport, const Address *address) noexcept nogil:
    cdef int place
    for place in range(transport.others_count):
        if is_same(&transport.others[place], address):
            return True
    return False


cdef inline void vouch(Plane *plane, Transport *transport, const Address *address) noexcept nogil:
    """What comes from there is this transport's too; the oldest such address is forgotten when there are many."""
    if not _is_vouched_for(transport, address):
        if transport.others_count == MAX_OTHERS:
            if not (transport.has_address and is_same(&transport.to.address, &transport.others[0])):
                _leave_address(plane, transport, &transport.others[0])
            transport.others_count -= 1
            memmove(&transport.others[0], &transport.others[1], transport.others_count * sizeof(Address))
        transport.others[transport.others_count] = address[0]
        transport.others_count += 1
    settle(&plane.homes, address, transport)


cdef inline void set_address(Plane *plane, Transport *transport, const Destination *to) noexcept nogil:
    if transport.has_address and not _is_vouched_for(transport, &transport.to.address):
        _leave_address(plane, transport, &transport.to.address)
    transport.to = to[0]
    transport.has_address = True
    settle(&plane.homes, &to.address, transport)


cdef inline void remove_transport(Plane *plane, Transport *transport) noexcept nogil:
    """After its encodings and consumers."""
    cdef int place
    set_capture(plane, transport, False, False)
    if transport.has_address:
        _leave_address(plane, transport, &transport.to.address)
    for place in range(transport.others_count):
        _leave_address(plane, transport, &transport.others[place])
    transport.closed = True
    bury_transport(transport)


# -- inbound --------------------------------------------------------------------------------------------------------


cdef inline void _listen(Plane *plane, Encoding *encoding, uint32_t ssrc, bint is_rtx) noexcept nogil:
    cdef Transport *transport = encoding.transport
    cdef List *owners = <List *>lookup(&plane.by_ssrc, ssrc)
    cdef Listening *listening
    cdef Stranger *stranger = find_stranger(transport, ssrc)
    if transport.listening_count == transport.listening_capacity:
        transport.listening_capacity = 4 if transport.listening_capacity == 0 else 2 * transport.listening_capacity
        transport.listening = <Listening *>resize(
            transport.listening, transport.listening_capacity * sizeof(Listening)
        )
    listening = &transport.listening[transport.listening_count]
    transport.listening_count += 1
    listening.ssrc = ssrc
    listening.is_rtx = is_rtx
    listening.encoding = encoding
    if stranger is not NULL:
        forget_stranger(transport, stranger)
    if owners is NULL:
        owners = <List *>claim(sizeof(List))
        put_into(&plane.by_ssrc, ssrc, owners)
    append(owners, transport)


cdef inline void _unlisten(Plane *plane, Encoding *encoding, uint32_t ssrc) noexcept nogil:
    cdef Transport *transport = encoding.transport
    cdef Listening *listening = find_listening(transport, ssrc)
    cdef List *owners = <List *>lookup(&plane.by_ssrc, ssrc)
    if listening is not NULL:
        transport.listening_count -= 1
        memmove(
            listening,
            listening + 1,
            (&transport.listening[transport.listening_count] - listening) * sizeof(Listening),
        )
    remove(owners, transport)
    if owners.count == 0:
        release_list(owners)
        free(owners)
        discard(&plane.by_ssrc, ssrc)


cdef inline void add_encoding(Plane *plane, Encoding *encoding) noexcept nogil:
    plane.serials += 1
    encoding.serial = plane.serials
    append(&plane.encodings, encoding)
    _listen(plane, encoding, encoding.ssrc, False)


cdef inline void set_rtx_ssrc(Plane *plane, Encoding *encoding, uint32_t ssrc) noexcept nogil:
    if encoding.has_rtx:
        _unlisten(plane, encoding, encoding.rtx_statistics.ssrc)
    begin_statistics(&encoding.rtx_statistics, ssrc, encoding.clock_rate)
    encoding.has_rtx = True
    _listen(plane, encoding, ssrc, True)


cdef inline void tell_of_repairers(Plane *plane, Transport *transport) noexcept nogil:
    """A browser's first packet is a repair stream's, before its encoding's."""
    cdef int place
    for place in range(transport.strangers_count):
        if transport.strangers[place].sizes[2]:
            tell_of_stranger(plane, transport, &transport.strangers[place])


cdef inline void _unwait(Plane *plane, Consumer *consumer) noexcept nogil:
    cdef Encoding *pending = consumer.pending
    if pending is not NULL:
        remove(&pending.waiting, consumer)
        consumer.pending = NULL
        update_ring(plane, pending)


cdef inline void remove_encoding(Plane *plane, Encoding *encoding) noexcept nogil:
    while encoding.waiting.count:
        _unwait(plane, <Consumer *>encoding.waiting.items[0])  # another layer may go on
    while encoding.carriers.count:
        leave(plane, <Consumer *>encoding.carriers.items[0])
    update_ring(plane, encoding)
    _unlisten(plane, encoding, encoding.ssrc)
    if encoding.has_rtx:
        _unlisten(plane, encoding, encoding.rtx_statistics.ssrc)
    remove(&plane.encodings, encoding)
    encoding.removed = True
    bury_encoding(encoding)


cdef inline void pause_encoding(Plane *plane, Encoding *encoding, bint paused) noexcept nogil:
    cdef Consumer *consumer
    if encoding.paused == paused:
        return
    encoding.paused = paused
    while encoding.carriers.count:
        consumer = <Consumer *>encoding.carriers.items[0]
        leave(plane, consumer)
        if consumer.pending is NULL:
            consumer.pending = encoding
            append(&encoding.waiting, consumer)
    update_ring(plane, encoding)
    if not paused and encoding.waiting.count:
        want_keyframe(plane, encoding)


# -- outbound -------------------------------------------------------------------------------------------------------


cdef inline void _resume(Transport *transport, Consumer *consumer) noexcept nogil:
    """Go on where an earlier consumer of the same SSRC ended."""
    cdef Departed *departed
    cdef int place
    for place in range(transport.departed_count):
        departed = &transport.departed[place]
        if departed.ssrc == consumer.ssrc:
            begin_rewriter(&consumer.rewriter, departed.next_index, departed.next_timestamp)
            consumer.next_rtx_index = departed.next_rtx_index
            transport.departed_count -= 1
            memmove(departed, departed + 1, (transport.departed_count - place) * sizeof(Departed))
            return


cdef inline void add_consumer(Consumer *consumer) noexcept nogil:
    if consumer.transport is not NULL:
        _resume(consumer.transport, consumer)
        append(&consumer.transport.consumers, consumer)
        find_streams(consumer)


cdef inline void stop_consumer(Plane *plane, Consumer *consumer) noexcept nogil:
    cdef Encoding *carried
    _unwait(plane, consumer)
    carried = consumer.carried
    leave(plane, consumer)
    if carried is not NULL:
        update_ring(plane, carried)


cdef inline void set_route(Plane *plane, Consumer *consumer, Encoding *wanted) noexcept nogil:
    cdef Encoding *carried = consumer.carried
    if wanted is NULL:
        stop_consumer(plane, consumer)
        return
    if consumer.pending is wanted or (consumer.pending is NULL and carried is wanted):
        return
    _unwait(plane, consumer)
    if carried is wanted:
        return
    if carried is not NULL and (carried.producer < 0 or carried.producer != wanted.producer):
        stop_consumer(plane, consumer)
    consumer.pending = wanted
    append(&wanted.waiting, consumer)
    update_ring(plane, wanted)
    begin_route(plane, consumer, wanted)


cdef inline void _note_departed(Transport *transport, const Consumer *consumer) noexcept nogil:
    cdef Departed *departed
    if transport.departed_count == MAX_DEPARTED:
        return
    if transport.departed_count == transport.departed_capacity:
        transport.departed_capacity = 4 if transport.departed_capacity == 0 else 2 * transport.departed_capacity
        transport.departed = <Departed *>resize(transport.departed, transport.departed_capacity * sizeof(Departed))
    departed = &transport.departed[transport.departed_count]
    transport.departed_count += 1
    departed.ssrc = consumer.ssrc
    departed.next_index = consumer.rewriter.last.index + 1
    departed.next_timestamp = (consumer.rewriter.last.timestamp + consumer.rewriter.min_step) & 0xFFFFFFFFU
    departed.next_rtx_index = consumer.next_rtx_index


cdef inline void remove_consumer(Plane *plane, Consumer *consumer) noexcept nogil:
    cdef Transport *transport = consumer.transport
    stop_consumer(plane, consumer)
    if transport is not NULL:
        remove(&transport.consumers, consumer)
        _note_departed(transport, consumer)
        if consumer.packets:
            write_receiver_head(plane.scratch, transport.local_ssrc, 0)
            write_bye(plane.scratch + 8, consumer.ssrc)
            send_rtcp(plane, transport, plane.scratch, 16)
    if consumer.is_late:
        consumer.is_gone = True  # the wheel still holds it
    else:
        release_consumer(consumer)


# -- time -----------------------------------------------------------------------------------------------------------


cdef inline void _ring_the_bell(Plane *plane, const Timer *timer) noexcept nogil:
    cdef Transport *transport = <Transport *>timer.owner
    cdef Encoding *encoding = <Encoding *>timer.owner
    if timer.kind == DUE_LEVELS:
        tell_levels(plane)
    elif timer.kind == DUE_REPORTS or timer.kind == DUE_FEEDBACK or timer.kind == DUE_PACE or timer.kind == DUE_PROBE:
        transport.timers -= 1
        if timer.kind == DUE_REPORTS:
            handle_report_timer(plane, transport)
        elif timer.kind == DUE_FEEDBACK:
            send_feedback(plane, transport)
        elif timer.kind == DUE_PACE:
            handle_pace_timer(plane, transport)
        else:
            handle_probe_timer(plane, transport)
        bury_transport(transport)
    else:
        encoding.timers -= 1
        if timer.kind == DUE_NACK:
            encoding.nack_timer = False
            request_missing(plane, encoding)
        else:
            handle_keyframe_timer(plane, encoding)
        bury_encoding(encoding)


cdef inline void run_timers(Plane *plane) noexcept nogil:
    """All that is due by now."""
    cdef Timer timer
    deliver_batches(plane)
    while plane.timers.count and plane.timers.heap[0].due <= plane.now:
        timer = take_timer(&plane.timers)
        _ring_the_bell(plane, &timer)
    if plane.late:
        turn_wheel(plane)


cdef inline bint next_due(const Plane *plane, double *due) noexcept nogil:
    """When ``run_timers`` has something to do; False: never."""
    cdef double turn
    if plane.timers.count:
        due[0] = plane.timers.heap[0].due
    if plane.late:
        turn = next_turn(plane)
        if not plane.timers.count or turn < due[0]:
            due[0] = turn
    return plane.timers.count > 0 or plane.late > 0


# -- commands as records --------------------------------------------------------------------------------------------

cdef enum Order:
    ADD_TRANSPORT
    SET_KEYS
    SET_ADDRESS
    VOUCH
    SET_IDS
    SET_PACE
    PROBE
    CAPTURE
    REMOVE_TRANSPORT
    ADD_ENCODING
    SET_RTX_SSRC
    TELL_OF_REPAIRERS
    REMOVE_ENCODING
    SET_REPORTED_LOSS
    PAUSE_ENCODING
    ADD_CONSUMER
    SET_ROUTE
    SET_RATE
    SET_TEMPORAL
    SET_REDUNDANCY
    SET_REPAIR_COPIES
    REMOVE_CONSUMER
    SEND_RTCP
    SEND_RAW
    ADOPT
    HANG_UP

# Head of a record; bytes that belong to it follow.
ctypedef struct Command:
    int64_t order
    void *subject
    void *object
    int64_t number
    double seconds
    Destination to
    int size


cdef inline void _obey_transport(Plane *plane, const Command *command, const uint8_t *data) noexcept nogil:
    cdef Transport *transport = <Transport *>command.subject
    if command.order == ADD_TRANSPORT:
        add_transport(plane, transport, command.seconds)
    elif command.order == SET_KEYS:
        set_keys(transport, <const Crypto *>data, <const Crypto *>data + 1)
    elif command.order == SET_ADDRESS:
        set_address(plane, transport, &command.to)
    elif command.order == VOUCH:
        vouch(plane, transport, &command.to.address)
    elif command.order == SET_IDS:
        transport.ids = (<const Ids *>data)[0]
    elif command.order == SET_PACE:
        set_pace(plane, transport, command.number)
    elif command.order == PROBE:
        begin_probe(plane, transport, <int>(command.number & 0xFF), command.seconds, <int>(command.number >> 8))
    elif command.order == CAPTURE:
        set_capture(plane, transport, command.number != 0, command.number == 2)
    else:
        remove_transport(plane, transport)


cdef inline void _obey_encoding(Plane *plane, const Command *command) noexcept nogil:
    cdef Encoding *encoding = <Encoding *>command.subject
    if command.order == ADD_ENCODING:
        add_encoding(plane, encoding)
    elif command.order == SET_RTX_SSRC:
        set_rtx_ssrc(plane, encoding, <uint32_t>command.number)
    elif command.order == TELL_OF_REPAIRERS:
        tell_of_repairers(plane, encoding.transport)
    elif command.order == REMOVE_ENCODING:
        remove_encoding(plane, encoding)
    elif command.order == SET_REPORTED_LOSS:
        encoding.reported_loss = <int>command.number
    else:
        pause_encoding(plane, encoding, command.number != 0)


cdef inline void _obey_consumer(Plane *plane, const Command *command) noexcept nogil:
    cdef Consumer *consumer = <Consumer *>command.subject
    if command.order == ADD_CONSUMER:
        add_consumer(consumer)
    elif command.order == SET_ROUTE:
        set_route(plane, consumer, <Encoding *>command.object)
    elif command.order == SET_RATE:
        consumer.rate = command.number
    elif command.order == SET_TEMPORAL:
        consumer.temporal = <uint8_t>command.number
    elif command.order == SET_REDUNDANCY:
        consumer.levels = <uint8_t>command.number
    elif command.order == SET_REPAIR_COPIES:
        consumer.repair_copies = <uint8_t>command.number
    else:
        remove_consumer(plane, consumer)


cdef inline void obey(Plane *plane, const Command *command, const uint8_t *data) noexcept nogil:
    """Do one command, after what is in hand was delivered."""
    cdef Connection *connection
    deliver_batches(plane)
    if command.order <= REMOVE_TRANSPORT:
        _obey_transport(plane, command, data)
    elif command.order <= PAUSE_ENCODING:
        _obey_encoding(plane, command)
    elif command.order <= REMOVE_CONSUMER:
        _obey_consumer(plane, command)
    elif command.order == SEND_RTCP:
        send_rtcp(plane, <Transport *>command.subject, data, command.size)
    elif command.order == SEND_RAW:
        post_bytes(plane, &command.to, data, command.size)
    elif command.order == ADOPT:
        adopt(plane, <Connection *>command.subject)
    else:
        connection = <Connection *>lookup(&plane.connections, <uint32_t>command.number)
        if connection is not NULL:
            hang_up(plane, connection, False)
