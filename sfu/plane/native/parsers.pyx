"""The parsers of network bytes alone, for comparison with the readable ones and, as C symbols, for fuzzing."""

from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free
from libc.string cimport memset

from .connection cimport next_frame
from .h264 cimport starts_h264_keyframe
from .limits cimport SENT
from .loop cimport kind_of
from .red cimport Red, read_red
from .rtcp cimport is_compound
from .rtp cimport Rtp, read_rtp, read_text
from .sent cimport LOST, Result, SendLog, Sent, begin_log, match_feedback, next_number, note_sent
from .vp8 cimport Vp8, begins_picture, is_layer_sync, read_vp8, write_vp8


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
    """(size, picture id, long, TL0PICIDX, temporal byte, keyframe, temporal layer, begins a picture, Y), or None."""
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
        vp8.layer,
        begins_picture(&vp8),
        is_layer_sync(&vp8),
    )


def parse_h264(bytes payload):
    """Whether a keyframe begins here."""
    return starts_h264_keyframe(payload, <int>len(payload))


def parse_red(bytes payload):
    """RFC 2198: (payload type, offset, payload) of each block, or None."""
    cdef Red red
    if not read_red(&red, payload, <int>len(payload)):
        return None
    found = []
    for place in range(red.count):
        block = red.blocks[place]
        found.append((block.payload_type, block.offset, payload[block.at : block.at + block.size]))
    return found


cdef class Log:
    """What was sent with transport-wide numbers, from ``start`` on; times in µs."""
    cdef SendLog log
    cdef Result results[SENT]

    def __cinit__(self, int64_t start):
        begin_log(&self.log)
        self.log.next = start

    def __dealloc__(self):
        free(self.log.slots)

    def send(self, int64_t now, int size, int cluster):
        """The number of a packet that is on its way; of ``size`` 0: that never left."""
        number = next_number(&self.log)
        if size:
            note_sent(&self.log, now, size, cluster)
        return number

    def match(self, bytes body, int64_t now):
        """(sent, arrival in ticks or None, size, cluster) of what is news, or None: the feedback is malformed."""
        cdef int count = match_feedback(&self.log, body, <int>len(body), now, self.results)
        cdef const Result *result
        if count < 0:
            return None
        found = []
        for place in range(count):
            result = &self.results[place]
            arrived = None if result.ticks == LOST else result.ticks
            found.append((result.microseconds, arrived, result.size, result.cluster))
        return found


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


cdef public int gb_fuzz_red(const uint8_t *data, size_t size) noexcept nogil:
    cdef Red red
    cdef int place
    if size > 65535 or not read_red(&red, data, <int>size):
        return 0
    for place in range(red.count):
        touch(data + red.blocks[place].at, red.blocks[place].size)
    return 0


cdef public int gb_fuzz_feedback(const uint8_t *data, size_t size) noexcept nogil:
    """Twice the same, on a log whose number wraps in the middle of what is remembered."""
    cdef Sent slots[SENT]
    cdef Result results[SENT]
    cdef SendLog log
    cdef int place
    if size > 65535:
        return 0
    begin_log(&log)
    log.slots = slots
    log.next = 66000
    memset(slots, 1, sizeof(slots))
    place = match_feedback(&log, data, <int>size, 5000000000, results)
    if place > 0:
        touch(<const uint8_t *>results, place * <int>sizeof(Result))
    match_feedback(&log, data, <int>size, 5000000000, results)
    return 0
