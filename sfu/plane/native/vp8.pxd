"""The VP8 payload descriptor, RFC 7741 4.2: read, written with ids moved. No frame is decoded."""

from libc.stdint cimport int64_t, uint8_t

from .wire cimport put16

ctypedef struct Vp8:
    uint8_t first  # X R N S R PID
    uint8_t flags  # I L T K
    uint8_t size  # bytes of the payload taken; 0: no descriptor was read
    uint8_t is_long  # picture id of 15 bits
    uint8_t has_temporal
    uint8_t temporal
    uint8_t starts_keyframe
    uint8_t layer  # temporal; 0 without one
    int picture  # −1: absent
    int tl0  # −1: absent


cdef inline bint read_vp8(Vp8 *vp8, const uint8_t *payload, int size) noexcept nogil:
    """Read the descriptor; False when it is cut off."""
    cdef int position = 1
    vp8.flags = 0
    vp8.is_long = 0
    vp8.has_temporal = 0
    vp8.temporal = 0
    vp8.starts_keyframe = 0
    vp8.layer = 0
    vp8.picture = -1
    vp8.tl0 = -1
    vp8.size = 0
    if size < 1:
        return False
    vp8.first = payload[0]
    if payload[0] & 0x80:
        if size < 2:
            return False
        vp8.flags = payload[1] & 0xF0
        position = 2
        if vp8.flags & 0x80:
            if position >= size:
                return False
            vp8.picture = payload[position]
            position += 1
            if vp8.picture & 0x80:
                if position >= size:
                    return False
                vp8.is_long = 1
                vp8.picture = (vp8.picture & 0x7F) << 8 | payload[position]
                position += 1
        if vp8.flags & 0x40:
            if position >= size:
                return False
            vp8.tl0 = payload[position]
            position += 1
        if vp8.flags & 0x30:
            if position >= size:
                return False
            vp8.has_temporal = 1
            vp8.temporal = payload[position]
            vp8.layer = vp8.temporal >> 6 if vp8.flags & 0x20 else 0
            position += 1
    if position >= size:
        return False
    if payload[0] & 0x17 == 0x10:  # S = 1, PID = 0: the frame's own header follows
        vp8.starts_keyframe = payload[position] & 1 == 0
    vp8.size = <uint8_t>position
    return True


cdef inline bint begins_picture(const Vp8 *vp8) noexcept nogil:
    return vp8.first & 0x17 == 0x10


cdef inline bint is_layer_sync(const Vp8 *vp8) noexcept nogil:
    """Y: depends on no picture of its own temporal layer."""
    return vp8.temporal & 0x20 != 0


cdef inline int write_vp8(const Vp8 *vp8, int64_t picture_offset, int64_t tl0_offset, uint8_t *out) noexcept nogil:
    """The descriptor with its ids moved, at most 6 bytes; a picture id always leaves with 15 bits."""
    cdef int size = 1
    out[0] = vp8.first
    if not vp8.flags:
        if vp8.first & 0x80:
            out[1] = 0
            size = 2
        return size
    out[1] = vp8.flags
    size = 2
    if vp8.picture >= 0:
        put16(out + 2, <unsigned int>(0x8000 | ((vp8.picture + picture_offset) & 0x7FFF)))
        size = 4
    if vp8.tl0 >= 0:
        out[size] = <uint8_t>((vp8.tl0 + tl0_offset) & 0xFF)
        size += 1
    if vp8.has_temporal:
        out[size] = vp8.temporal
        size += 1
    return size
