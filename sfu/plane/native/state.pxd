"""The tables of the plane: what there is of each transport, encoding and consumer. Owned by the thread that carries packets."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from .address cimport Address, Destination, Homes
from .arena cimport Door
from .budget cimport Budget, Budgets
from .limits cimport *
from .memory cimport List, Map
from .nack cimport Nack
from .queue cimport Queue, claim_record, publish_record, waiting_records
from .rewriter cimport Position, Rewriter
from .rtp cimport Rtp, Unwrapper
from .sent cimport Result, SendLog
from .srtp cimport Crypto, Stream
from .statistics cimport Statistics
from .template cimport Template
from .timers cimport Timers
from .twcc cimport Arrivals
from .vp8 cimport Vp8
from .wire cimport floor_divide

# One media packet, plaintext, shared by every consumer; freed by the last who let go.
ctypedef struct Packet:
    int holders
    int size  # of the payload; 0: RTP padding only
    int64_t index  # unwrapped sequence number of its encoding
    int64_t arrival_ns
    double arrived_at
    uint32_t timestamp
    uint8_t marker  # 0x80 or 0
    uint8_t level
    uint8_t starts_keyframe
    uint8_t padding  # put on to make sizes equal
    Vp8 vp8
    uint8_t payload[1]  # as many as ``size``

ctypedef struct Slot:
    int64_t index  # −1: never used
    Packet *packet  # NULL: too old, or given back to save memory

ctypedef struct Ring:
    int64_t first  # what came before this index was never wanted here; −1: not known yet
    int64_t oldest  # whose payload may still be here
    int64_t newest
    Packet *keyframe  # the first packet of the newest keyframe
    Slot slots[RING_SIZE]

ctypedef struct Ids:
    uint8_t mid
    uint8_t rid
    uint8_t repaired_rid
    uint8_t audio_level
    uint8_t abs_send_time
    uint8_t transport_cc

ctypedef struct Stranger:
    uint32_t ssrc
    int payload_type
    double told_at
    uint8_t sizes[3]  # of mid, rid, repaired rid; 0: not known
    uint8_t names[3][32]

ctypedef struct Departed:
    uint32_t ssrc
    int64_t next_index
    int64_t next_timestamp
    int64_t next_rtx_index

# How fast the video of a transport may leave: a bucket, bytes and seconds.
ctypedef struct Pace:
    bint is_set
    bint is_due  # somebody waits for it
    double rate
    double burst
    double level
    double at

# More bytes than the media needs, under way.
ctypedef struct Probe:
    int cluster  # 0: none
    bint is_due
    double rate
    double began
    int size
    int sent
    int64_t index  # of the next packet to repeat; −1: the newest

ctypedef struct Move:
    Address address
    double told_at

cdef struct Encoding
cdef struct Consumer
cdef struct Transport

# An inbound SSRC that belongs to an encoding.
ctypedef struct Listening:
    uint32_t ssrc
    bint is_rtx
    Encoding *encoding

cdef struct Transport:
    int64_t handle
    Destination to
    bint has_address
    Address others[MAX_OTHERS]  # addresses that checks vouch for besides
    int others_count
    bint has_keys
    bint closed
    int timers  # that hold this transport
    Crypto receive
    Crypto send
    Map heard  # inbound SSRC → Stream
    Map spoken  # outbound SSRC → Stream
    int heard_rtp  # of the former, with authentic RTP
    Ids ids
    Listening *listening
    int listening_count
    int listening_capacity
    List consumers
    Stranger *strangers
    int strangers_count
    int strangers_capacity
    Departed *departed
    int departed_count
    int departed_capacity
    Arrivals *arrivals  # NULL until a transport-wide number comes
    bint feedback_due
    uint32_t media_ssrc
    uint32_t local_ssrc
    SendLog log  # packets with transport-wide numbers
    Pace pace
    Probe probe
    bint has_rtt
    double rtt
    bint has_clock
    double clock_offset
    Move moves[MAX_MOVES]
    int moves_count
    double junk_tokens  # STUN and DTLS handed up
    double junk_at
    Budget controls
    Budget nacks
    Budget repairs
    Budget strange_events
    bint captured  # somebody looks at its packets
    bint captured_whole

cdef struct Encoding:
    int64_t handle
    uint64_t serial
    Transport *transport
    int timers
    bint paused
    bint removed
    int kind
    int codec
    int clock_rate
    int payload_type
    int red_payload_type  # −1: none
    int reported_loss  # of 256: the least that its sender is told
    uint32_t ssrc
    int64_t producer  # −1: stands alone
    int level_id
    List carriers
    List waiting
    Ring *ring
    Statistics statistics
    bint has_rtx
    Statistics rtx_statistics
    bint has_nack
    Nack nack
    bint nack_timer
    bint wants_keyframe
    double keyframe_asked_at
    bint keyframe_timer
    bint has_newest
    Position newest
    int64_t newest_arrival_ns
    bint has_sender_report
    uint64_t sender_ntp
    uint32_t sender_rtp
    int level  # −1: none since the last report
    Unwrapper short_pictures
    int64_t keyframe_timestamp  # −1: none
    double second_began
    int64_t second_bytes
    int64_t packets
    int64_t bytes
    int64_t repaired
    int64_t nacks_sent
    int64_t keyframes
    int64_t bitrate
    int64_t layer_bytes[ALL_LAYERS + 1]  # of this second, by temporal layer
    int64_t layer_bitrates[ALL_LAYERS + 1]
    double last_packet_at
    Packet *batch[BATCH]  # stored, not yet handed to the carriers
    int batch_count
    Budget packets_in
    Budget bytes_in

ctypedef struct Resent:
    uint16_t sequences[MAX_RESENT]
    double times[MAX_RESENT]
    int begin
    int count

# A retransmission that waits.
ctypedef struct Owed:
    uint16_t sequence
    double at

cdef struct Consumer:
    # read for every packet
    Transport *transport  # NULL: a sink
    Encoding *carried
    Stream *stream
    Rewriter rewriter
    Template header
    bint stamps
    uint8_t temporal  # wanted; what goes out now is the segment's
    uint8_t levels  # of redundancy
    int64_t newest  # index of the carried encoding that was the last to go out or to be skipped
    int64_t packets
    int64_t bytes
    int64_t octets
    # read now and then
    int64_t handle
    uint8_t repair_copies
    Encoding *pending
    Stream *rtx_stream
    Template rtx_header
    bint has_rtx
    uint32_t ssrc
    uint32_t rtx_ssrc
    int kind
    int codec
    int payload_type
    int red_payload_type
    int64_t skipped_timestamp  # of the last picture left out; −1: none
    double taken_at
    int64_t next_rtx_index
    Resent *resent
    int64_t rate  # −1: not paced
    double allowance
    double allowed_at
    int64_t retransmitted
    int64_t retransmission_missed
    Budget keyframes  # asked for
    int64_t carried_handle  # −1: none
    double fraction_lost
    double rtt_ms  # negative: not known
    uint8_t *name
    int name_size
    # pacing: what is owed
    bint is_behind  # from ``cursor`` on all is still to go out
    int64_t cursor
    Owed *owed  # asked for again
    int owed_count
    Consumer *next_late
    bint is_late  # in the wheel
    bint is_gone

# What is to be sent when somebody else sends it: records of Destination, length, bytes.
ctypedef struct Outbox:
    uint8_t *bytes
    size_t used
    size_t capacity
    int count

ctypedef struct Settings:
    bint batching  # hand packets of one encoding to its viewers together
    bint pads  # put padding on so that sizes are equal
    bint paces
    bint tells_rtcp  # somebody reads RtcpReceived
    bint tells_feedback  # somebody reads FeedbackReceived
    int64_t ring_bytes  # of all rings together
    Budgets budgets

ctypedef struct Counters:
    int64_t datagrams_in
    int64_t datagrams_out
    int64_t dropped_unauthenticated
    int64_t dropped_replay
    int64_t dropped_unknown_address
    int64_t malformed
    int64_t refused_unopened
    int64_t unprotectable
    int64_t events_dropped
    int64_t sink_dropped
    int64_t ring_shed
    int64_t send_dropped
    int64_t junk_dropped
    int64_t tcp_cut_off
    int64_t paced
    int64_t media_over_budget
    int64_t control_over_budget
    int64_t nacks_over_budget
    int64_t repairs_over_budget
    int64_t keyframes_over_budget
    int64_t events_over_budget
    int64_t backlogs_dropped
    int64_t capture_dropped

cdef struct Plane:
    double now
    int64_t microseconds
    uint32_t send_time
    bint has_wall
    int64_t wall_offset_ns
    Timers timers
    Counters counters
    Settings settings
    Queue events
    Queue taps  # for sinks
    Queue captured
    int capturing  # transports that are captured
    Homes homes
    Map by_ssrc  # inbound SSRC → List of transports
    List encodings
    bint levels_due
    List batches  # encodings with packets in hand
    int64_t ring_bytes
    uint64_t serials
    Outbox outbox
    Door *doors  # one for IPv4, one for IPv6; NULL: somebody else sends
    Map connections  # number → Connection
    List unsent  # connections with frames to write
    int64_t connection_bytes  # frames that may wait on one
    int epoll
    Consumer *wheel[WHEEL_SLOTS]  # consumers that are owed something, by millisecond
    int64_t wheel_at  # the next millisecond to look at
    int late
    Rtp rtp  # the packet in hand
    uint8_t frame[DATAGRAM]
    uint8_t scratch[SCRATCH]
    uint8_t trial[DATAGRAM]
    Result results[SENT]


# -- events ---------------------------------------------------------------------------------------------------------

cdef enum EventKind:
    UNKNOWN_STREAM
    RTCP_RECEIVED
    FEEDBACK_RECEIVED
    KEYFRAME_NEEDED
    ROUTE_TAKEN
    AUDIO_LEVELS
    ADDRESS_MOVED
    TCP_LOST

# Head of a record; what belongs to its kind follows.
ctypedef struct Event:
    int64_t kind
    int64_t handle
    int64_t number
    int64_t extra
    double at
    Address address
    int size


cdef inline void tell(Plane *plane, const Event *event, const uint8_t *data, int size) noexcept nogil:
    """Queue an event; when nobody fetches them, RTCP and feedback are the first to go."""
    cdef uint64_t waiting = waiting_records(&plane.events)
    cdef uint8_t *record = NULL
    cdef bint is_rtcp = event.kind == RTCP_RECEIVED or event.kind == FEEDBACK_RECEIVED
    if waiting < MAX_EVENTS and not (is_rtcp and waiting >= MAX_EVENTS // 2):
        record = claim_record(&plane.events, <uint32_t>sizeof(Event) + size)
    if record is NULL:
        plane.counters.events_dropped += 1
        return
    memcpy(record, event, sizeof(Event))
    (<Event *>record).size = size
    if size:
        memcpy(record + sizeof(Event), data, size)
    publish_record(&plane.events, <uint32_t>sizeof(Event) + size)


cdef inline void tell_simply(Plane *plane, EventKind kind, int64_t handle, int64_t number) noexcept nogil:
    cdef Event event
    memset(&event, 0, sizeof(Event))
    event.kind = kind
    event.handle = handle
    event.number = number
    tell(plane, &event, NULL, 0)


# -- time -----------------------------------------------------------------------------------------------------------


cdef inline void advance(Plane *plane, double now) noexcept nogil:
    plane.now = now
    plane.microseconds = <int64_t>(now * 1e6)
    plane.send_time = <uint32_t>(<int64_t>(now * 262144) & 0xFFFFFF)


cdef inline void hear_arrival(Plane *plane, int64_t arrival_ns) noexcept nogil:
    """Arrivals lie a little before now: the latest is the truest. Drift is followed slowly, a set clock at once."""
    cdef int64_t offset = arrival_ns - <int64_t>(plane.now * 1e9)
    cdef int64_t present = plane.wall_offset_ns
    if not plane.has_wall or offset > present or present - offset > 500000000:
        plane.wall_offset_ns = offset
    else:
        plane.wall_offset_ns = present + floor_divide(offset - present, 1024)
    plane.has_wall = True


cdef inline int64_t wall_ns(const Plane *plane) noexcept nogil:
    return <int64_t>(plane.now * 1e9) + plane.wall_offset_ns


# -- packets --------------------------------------------------------------------------------------------------------


cdef inline void hold(Packet *packet) noexcept nogil:
    packet.holders += 1


cdef inline void let_go(Plane *plane, Packet *packet) noexcept nogil:
    packet.holders -= 1
    if packet.holders == 0:
        plane.ring_bytes -= <int64_t>sizeof(Packet) + packet.size
        free(packet)


# -- streams --------------------------------------------------------------------------------------------------------


cdef inline Listening *find_listening(const Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef int place
    for place in range(transport.listening_count):
        if transport.listening[place].ssrc == ssrc:
            return &transport.listening[place]
    return NULL


cdef inline Consumer *find_consumer(const Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef int place
    for place in range(transport.consumers.count):
        if (<Consumer *>transport.consumers.items[place]).ssrc == ssrc:
            return <Consumer *>transport.consumers.items[place]
    return NULL
