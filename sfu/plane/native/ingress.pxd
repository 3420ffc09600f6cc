"""SRTP from the network: whose it is, whether it is authentic and new, and which encoding it belongs to."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy, memmove, memset

from .address cimport Address, is_same, owner_of
from .budget cimport Budgets, spend
from .delivery cimport deliver, deliver_batches
from .feedback cimport note_transport_cc, receive_rtcp
from .h264 cimport starts_h264_keyframe
from .limits cimport *
from .memory cimport List, claim, lookup, resize
from .red cimport Block, Red, read_red
from .repair cimport note_arrival
from .ring cimport fetch, misses
from .rtp cimport Element, Rtp, find_element, is_control, read_rtp, read_text, unwrap
from .srtp cimport OPENED, REPLAYED, Opened, Stream, open_packet
from .state cimport (
    ADDRESS_MOVED, AUDIO_LEVELS, UNKNOWN_STREAM, Encoding, Event, Listening, Packet, Plane, Stranger, Transport,
    find_listening, let_go, tell,
)
from .statistics cimport count_arrival
from .timers cimport DUE_LEVELS, set_timer
from .transport cimport remember_heard
from .vp8 cimport read_vp8
from .wire cimport difference16, difference32, get16, get32


# -- encodings ------------------------------------------------------------------------------------------------------


cdef inline void _count(Encoding *encoding, int size, double now) noexcept nogil:
    cdef double elapsed = now - encoding.second_began
    cdef int layer
    encoding.packets += 1
    encoding.bytes += size
    encoding.last_packet_at = now
    encoding.second_bytes += size
    if elapsed >= 1.0:
        encoding.bitrate = <int64_t>(encoding.second_bytes * 8 / elapsed) if elapsed < 3.0 else 0
        for layer in range(ALL_LAYERS + 1):
            encoding.layer_bitrates[layer] = <int64_t>(encoding.layer_bytes[layer] * 8 / elapsed) if elapsed < 3.0 else 0
            encoding.layer_bytes[layer] = 0
        encoding.second_began = now
        encoding.second_bytes = 0


cdef inline void _read_level(Plane *plane, Encoding *encoding, Packet *packet) noexcept nogil:
    cdef int identifier = encoding.level_id if encoding.level_id else encoding.transport.ids.audio_level
    cdef const Element *element = find_element(&plane.rtp, identifier)
    cdef int level
    if element is NULL or element.size == 0:
        return
    packet.level = plane.rtp.data[element.at]
    level = packet.level & 0x7F
    if encoding.level < 0 or level < encoding.level:
        encoding.level = level


cdef inline void _remember(Encoding *encoding, const Packet *packet, double now) noexcept nogil:
    cdef double began = now
    if encoding.has_newest and packet.timestamp == <uint32_t>encoding.newest.timestamp:
        began = encoding.newest.arrived_at
    encoding.newest_arrival_ns = packet.arrival_ns
    encoding.has_newest = True
    encoding.newest.index = packet.index
    encoding.newest.timestamp = packet.timestamp
    encoding.newest.arrived_at = began
    encoding.newest.picture = packet.vp8.picture if packet.vp8.size else -1
    encoding.newest.tl0 = packet.vp8.tl0 if packet.vp8.size else -1


cdef inline bint _read_payload(Plane *plane, Encoding *encoding, Packet *packet) noexcept nogil:
    """What the codec says; False when it is malformed."""
    packet.vp8.size = 0
    packet.starts_keyframe = 0
    if encoding.codec == OPUS:
        _read_level(plane, encoding, packet)
        packet.starts_keyframe = 1
    elif packet.size == 0:
        return True
    elif encoding.codec == VP8:
        if not read_vp8(&packet.vp8, packet.payload, packet.size):
            return False
        if packet.vp8.picture >= 0 and not packet.vp8.is_long:
            packet.vp8.picture = <int>(unwrap(&encoding.short_pictures, packet.vp8.picture, 7) & 0x7FFF)
        packet.starts_keyframe = packet.vp8.starts_keyframe
        encoding.layer_bytes[packet.vp8.layer] += packet.size
    else:
        packet.starts_keyframe = starts_h264_keyframe(packet.payload, packet.size)
    return True


cdef inline Packet *_claim_packet(Plane *plane, int64_t index, int size, int64_t arrival_ns) noexcept nogil:
    cdef Packet *packet = <Packet *>resize(NULL, sizeof(Packet) + size)
    plane.ring_bytes += <int64_t>sizeof(Packet) + size
    packet.holders = 1
    packet.size = size
    packet.index = index
    packet.arrival_ns = arrival_ns
    packet.arrived_at = plane.now
    packet.level = SILENT
    packet.padding = 0
    return packet


cdef inline Packet *_make_packet(
    Plane *plane, Encoding *encoding, int64_t index, int skipped, int64_t arrival_ns
) noexcept nogil:
    """The packet in hand without the first ``skipped`` bytes of its payload; NULL when it is malformed."""
    cdef const Rtp *rtp = &plane.rtp
    cdef int size = rtp.payload_size - skipped
    cdef Packet *packet = _claim_packet(plane, index, size, arrival_ns)
    packet.timestamp = rtp.timestamp
    packet.marker = rtp.marker
    memcpy(packet.payload, rtp.data + rtp.payload_at + skipped, size)
    if not _read_payload(plane, encoding, packet):
        plane.counters.malformed += 1
        let_go(plane, packet)
        return NULL
    if packet.starts_keyframe and encoding.codec != OPUS and packet.timestamp != encoding.keyframe_timestamp:
        encoding.keyframe_timestamp = packet.timestamp
        encoding.keyframes += 1
    if index == encoding.statistics.sequence.highest and size:
        _remember(encoding, packet, plane.now)
    return packet


cdef inline void _hand_on(Plane *plane, Encoding *encoding, Packet *packet) noexcept nogil:
    if encoding.ring is not NULL:
        deliver(plane, encoding, packet)
        note_arrival(plane, encoding, packet.index)


cdef inline bint _fits_hole(Encoding *encoding, int64_t index, uint32_t timestamp, double now) noexcept nogil:
    """Whether a block that a sender put in can be the missing packet ``index``: RED tells only the timestamp, which must
    lie between those of the neighbours that are here."""
    cdef const Packet *neighbour
    cdef int64_t other, distance
    if encoding.ring is NULL or not misses(encoding.ring, index):
        return False
    for other in range(index - 2, index + 3):
        neighbour = fetch(encoding.ring, other, now)
        if neighbour is not NULL:
            distance = difference32(timestamp, neighbour.timestamp)
            if distance == 0 or (distance > 0) != (other < index):
                return False
    return True


cdef inline void _fill(
    Plane *plane, Encoding *encoding, const Block *block, int64_t index, int64_t arrival_ns
) noexcept nogil:
    """An earlier packet's block, if that is missing."""
    cdef uint32_t timestamp = plane.rtp.timestamp - <uint32_t>block.offset
    cdef Packet *packet
    if block.payload_type != encoding.payload_type or not block.size:
        return
    if not _fits_hole(encoding, index, timestamp, plane.now):
        return
    encoding.repaired += 1
    packet = _claim_packet(plane, index, block.size, arrival_ns)
    packet.timestamp = timestamp
    packet.marker = 0
    packet.vp8.size = 0
    packet.starts_keyframe = 1
    memcpy(packet.payload, plane.rtp.data + plane.rtp.payload_at + block.at, block.size)
    _hand_on(plane, encoding, packet)
    let_go(plane, packet)


cdef inline bint _unpack(Plane *plane, Encoding *encoding, int64_t index, int64_t arrival_ns) noexcept nogil:
    """Take the packet in hand out of its RED; what it carries besides of packets that are missing comes first."""
    cdef Red red
    cdef const Block *own
    cdef int place
    if not read_red(&red, plane.rtp.data + plane.rtp.payload_at, plane.rtp.payload_size):
        return False
    own = &red.blocks[red.count - 1]
    if own.payload_type != encoding.payload_type:
        return False
    for place in range(red.count - 1):
        _fill(plane, encoding, &red.blocks[place], index - (red.count - 1 - place), arrival_ns)
    plane.rtp.payload_at += own.at
    plane.rtp.payload_size = own.size
    return True


cdef inline void _receive_media(Plane *plane, Encoding *encoding, int size, int64_t arrival_ns) noexcept nogil:
    cdef int64_t index
    cdef Packet *packet
    index = count_arrival(&encoding.statistics, plane.rtp.sequence, plane.rtp.timestamp, arrival_ns / 1e9)
    _count(encoding, size, plane.now)
    if plane.rtp.payload_type == encoding.red_payload_type and encoding.codec == OPUS and plane.rtp.payload_size:
        if not _unpack(plane, encoding, index, arrival_ns):
            plane.counters.malformed += 1
            return
    packet = _make_packet(plane, encoding, index, 0, arrival_ns)
    if packet is NULL:
        return
    if encoding.level >= 0 and not plane.levels_due:
        plane.levels_due = True
        set_timer(&plane.timers, plane.now + LEVEL_SECONDS, DUE_LEVELS, NULL)
    _hand_on(plane, encoding, packet)
    let_go(plane, packet)


cdef inline void _receive_rtx(Plane *plane, Encoding *encoding, int64_t arrival_ns) noexcept nogil:
    """The original in a packet of the RTX SSRC (RFC 4588 4); padding, probes and what is here already are nothing."""
    cdef const Rtp *rtp = &plane.rtp
    cdef int64_t highest = encoding.statistics.sequence.highest
    cdef int64_t index
    cdef Packet *packet
    if encoding.has_rtx:
        count_arrival(&encoding.rtx_statistics, rtp.sequence, rtp.timestamp, arrival_ns / 1e9)
    if rtp.payload_size <= 2 or highest < 0 or encoding.ring is NULL:
        return
    index = highest + difference16(get16(rtp.data + rtp.payload_at), <uint32_t>(highest & 0xFFFF))
    if index > highest or not misses(encoding.ring, index):
        return
    encoding.repaired += 1
    packet = _make_packet(plane, encoding, index, 2, arrival_ns)
    if packet is not NULL:
        _hand_on(plane, encoding, packet)
        let_go(plane, packet)


cdef inline void tell_levels(Plane *plane) noexcept nogil:
    """Pairs of an encoding and its loudest level since the last time."""
    cdef int64_t *pairs = <int64_t *>plane.scratch
    cdef Encoding *encoding
    cdef Event event
    cdef int place
    cdef int count = 0
    plane.levels_due = False
    for place in range(plane.encodings.count):
        encoding = <Encoding *>plane.encodings.items[place]
        if encoding.level >= 0 and count < SCRATCH // 16:
            pairs[2 * count] = encoding.handle
            pairs[2 * count + 1] = encoding.level
            encoding.level = -1
            count += 1
    if count:
        memset(&event, 0, sizeof(Event))
        event.kind = AUDIO_LEVELS
        tell(plane, &event, plane.scratch, 16 * count)


# -- strangers ------------------------------------------------------------------------------------------------------


cdef inline Stranger *find_stranger(const Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef int place
    for place in range(transport.strangers_count):
        if transport.strangers[place].ssrc == ssrc:
            return &transport.strangers[place]
    return NULL


cdef inline void forget_stranger(Transport *transport, Stranger *stranger) noexcept nogil:
    transport.strangers_count -= 1
    memmove(stranger, stranger + 1, (&transport.strangers[transport.strangers_count] - stranger) * sizeof(Stranger))


cdef inline Stranger *_add_stranger(Transport *transport, uint32_t ssrc, int payload_type) noexcept nogil:
    cdef Stranger *stranger
    if transport.strangers_count >= MAX_STRANGERS:
        forget_stranger(transport, transport.strangers)
    if transport.strangers_count == transport.strangers_capacity:
        transport.strangers_capacity = 4 if transport.strangers_capacity == 0 else 2 * transport.strangers_capacity
        transport.strangers = <Stranger *>resize(
            transport.strangers, transport.strangers_capacity * sizeof(Stranger)
        )
    stranger = &transport.strangers[transport.strangers_count]
    transport.strangers_count += 1
    memset(stranger, 0, sizeof(Stranger))
    stranger.ssrc = ssrc
    stranger.payload_type = payload_type
    stranger.told_at = LONG_AGO
    return stranger


cdef inline void tell_of_stranger(Plane *plane, Transport *transport, Stranger *stranger) noexcept nogil:
    """Report an unknown SSRC with all that was learned of it so far."""
    cdef Event event
    stranger.told_at = plane.now
    memset(&event, 0, sizeof(Event))
    event.kind = UNKNOWN_STREAM
    event.handle = transport.handle
    event.number = stranger.ssrc
    event.extra = stranger.payload_type
    tell(plane, &event, stranger.sizes, sizeof(stranger.sizes) + sizeof(stranger.names))


cdef inline bint _learn(const Rtp *rtp, int identifier, Stranger *stranger, int which) noexcept nogil:
    cdef uint8_t name[32]
    cdef int size = read_text(rtp, identifier, name)
    if size == 0 or (size == stranger.sizes[which] and memcmp(name, stranger.names[which], size) == 0):
        return False
    stranger.sizes[which] = <uint8_t>size
    memcpy(stranger.names[which], name, size)
    return True


cdef inline void _meet_stranger(Plane *plane, Transport *transport) noexcept nogil:
    """Nobody told us of this SSRC: say so, at once when something new is learned, else now and then."""
    cdef const Rtp *rtp = &plane.rtp
    cdef Stranger *stranger = find_stranger(transport, rtp.ssrc)
    cdef bint learned
    if stranger is NULL:
        stranger = _add_stranger(transport, rtp.ssrc, rtp.payload_type)
    learned = _learn(rtp, transport.ids.mid, stranger, 0)
    learned |= _learn(rtp, transport.ids.rid, stranger, 1)
    learned |= _learn(rtp, transport.ids.repaired_rid, stranger, 2)
    if not learned and plane.now - stranger.told_at < STRANGER_SECONDS:
        return
    if spend(&transport.strange_events, 1.0, STRANGE_EVENTS_PER_SECOND, STRANGE_EVENTS, plane.now):
        stranger.payload_type = rtp.payload_type
        tell_of_stranger(plane, transport, stranger)
    else:
        plane.counters.events_over_budget += 1


# -- datagrams ------------------------------------------------------------------------------------------------------


cdef inline bint _may_receive(Plane *plane, Encoding *encoding, int size) noexcept nogil:
    """Whether one more packet of so many bytes is in its budgets."""
    cdef const Budgets *budgets = &plane.settings.budgets
    cdef double packets = budgets.audio_packets if encoding.kind == AUDIO else budgets.video_packets
    cdef double most = budgets.audio_bytes if encoding.kind == AUDIO else budgets.video_bytes
    return (
        spend(&encoding.packets_in, 1.0, packets, packets, plane.now)
        and spend(&encoding.bytes_in, size, most, most, plane.now)
    )


cdef inline Opened _open(Transport *transport, uint8_t *data, int size, int *plain) noexcept nogil:
    cdef Stream *stream = <Stream *>lookup(&transport.heard, get32(data + 8))
    cdef Stream fresh
    cdef Opened opened
    if stream is not NULL:
        return open_packet(&transport.receive, stream, data, size, plain)
    memset(&fresh, 0, sizeof(Stream))
    fresh.ssrc = get32(data + 8)
    opened = open_packet(&transport.receive, &fresh, data, size, plain)
    if opened == OPENED:
        remember_heard(transport, &fresh)
    return opened


cdef inline bint _may_open(const Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef const Stream *stream
    if not transport.has_keys:
        return False
    stream = <const Stream *>lookup(&transport.heard, ssrc)
    if stream is NULL and transport.heard.count >= MAX_CONTROL_SSRCS:
        return False
    return transport.heard_rtp < MAX_SSRCS or (stream is not NULL and stream.heard != 0)


cdef inline void _note_heard(Transport *transport, uint32_t ssrc) noexcept nogil:
    cdef Stream *stream = <Stream *>lookup(&transport.heard, ssrc)
    if stream is not NULL and not stream.heard:
        stream.heard = 1
        transport.heard_rtp += 1


cdef inline bint receive_rtp(
    Plane *plane, Transport *transport, uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """Open and act on a packet of this transport; False when it is not authentic, or was here before."""
    cdef const Element *element
    cdef Listening *listening
    cdef Opened opened
    cdef int plain = 0
    if not _may_open(transport, get32(data + 8)):
        plane.counters.refused_unopened += 1
        return False
    opened = _open(transport, data, size, &plain)
    if opened == REPLAYED:
        plane.counters.dropped_replay += 1
        return False
    if opened != OPENED:
        plane.counters.dropped_unauthenticated += 1
        return False
    if not read_rtp(&plane.rtp, data, plain):
        plane.counters.malformed += 1
        return True
    _note_heard(transport, plane.rtp.ssrc)
    listening = find_listening(transport, plane.rtp.ssrc)
    if listening is not NULL and not _may_receive(plane, listening.encoding, size):
        plane.counters.media_over_budget += 1
        return True
    element = find_element(&plane.rtp, transport.ids.transport_cc)
    if element is not NULL and element.size == 2:
        transport.media_ssrc = plane.rtp.ssrc
        note_transport_cc(plane, transport, get16(data + element.at), arrival_ns)
    if listening is NULL:
        _meet_stranger(plane, transport)
    elif listening.is_rtx:
        _receive_rtx(plane, listening.encoding, arrival_ns)
    else:
        _receive_media(plane, listening.encoding, size, arrival_ns)
    return True


cdef inline bint _was_told(Plane *plane, Transport *transport, const Address *address) noexcept nogil:
    """Whether an AddressMoved was told within the last second, or eight of others; notes that one is told now if not."""
    cdef int place
    for place in range(transport.moves_count):
        if is_same(&transport.moves[place].address, address):
            if plane.now - transport.moves[place].told_at < 1.0:
                return True
            transport.moves_count -= 1
            memmove(
                &transport.moves[place],
                &transport.moves[place + 1],
                (transport.moves_count - place) * sizeof(transport.moves[0]),
            )
            break
    if transport.moves_count == MAX_MOVES:
        if plane.now - transport.moves[0].told_at < 1.0:
            return True
        transport.moves_count -= 1
        memmove(&transport.moves[0], &transport.moves[1], transport.moves_count * sizeof(transport.moves[0]))
    transport.moves[transport.moves_count].address = address[0]
    transport.moves[transport.moves_count].told_at = plane.now
    transport.moves_count += 1
    return False


cdef inline void _receive_from_elsewhere(
    Plane *plane, const Address *address, const uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """From an address that nobody owns: perhaps a peer behind a NAT that moved it. Its packets must prove it."""
    cdef const List *owners = <const List *>lookup(&plane.by_ssrc, get32(data + 8))
    cdef Transport *transport
    cdef Listening *listening
    cdef Event event
    cdef int64_t highest
    cdef int place
    for place in range(owners.count if owners is not NULL else 0):
        transport = <Transport *>owners.items[place]
        listening = find_listening(transport, get32(data + 8))
        if listening is NULL or listening.is_rtx:
            continue
        highest = listening.encoding.statistics.sequence.highest
        if highest < 0 or difference16(get16(data + 2), <uint32_t>(highest & 0xFFFF)) <= 0:
            continue
        memcpy(plane.trial, data, size)  # decrypting in place spoils what is somebody else's
        if not receive_rtp(plane, transport, plane.trial, size, arrival_ns):
            continue
        if not _was_told(plane, transport, address):
            memset(&event, 0, sizeof(Event))
            event.kind = ADDRESS_MOVED
            event.handle = transport.handle
            event.address = address[0]
            tell(plane, &event, NULL, 0)
        return
    plane.counters.dropped_unknown_address += 1


cdef inline void receive_datagram(
    Plane *plane, const Address *address, uint8_t *data, int size, int64_t arrival_ns
) noexcept nogil:
    """One SRTP or SRTCP datagram of at most 2048 bytes, decrypted in place."""
    cdef Transport *transport = <Transport *>owner_of(&plane.homes, address)
    if size < 12 or size > DATAGRAM or data[0] >> 6 != 2:
        plane.counters.malformed += 1
    elif not is_control(data, size):
        if transport is NULL:
            _receive_from_elsewhere(plane, address, data, size, arrival_ns)
        else:
            receive_rtp(plane, transport, data, size, arrival_ns)
    elif transport is NULL:
        plane.counters.dropped_unknown_address += 1
    else:
        receive_rtcp(plane, transport, data, size, arrival_ns)
