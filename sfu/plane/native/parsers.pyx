"""The parsers of network bytes alone, for comparison with the readable ones and, as C symbols, for fuzzing."""

from libc.stdint cimport uint8_t

from .connection cimport next_frame
from .h264 cimport starts_h264_keyframe
from .loop cimport kind_of
from .rtcp cimport is_compound
from .rtp cimport Rtp, read_rtp, read_text
from .vp8 cimport Vp8, read_vp8, write_vp8


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
