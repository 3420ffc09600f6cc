"""H.264 payloads, RFC 6184: does a parameter set or the first slice of an IDR picture begin here?"""

from libc.stdint cimport uint8_t


cdef inline bint _is_key(int unit) noexcept nogil:
    return unit == 5 or unit == 7


cdef inline bint starts_h264_keyframe(const uint8_t *payload, int size) noexcept nogil:
    """Single NAL units, STAP-A and FU-A; a broken payload begins nothing."""
    cdef int unit, position, length
    if size < 2:
        return False
    unit = payload[0] & 0x1F
    if unit == 28:  # FU-A
        return payload[1] & 0x80 != 0 and _is_key(payload[1] & 0x1F)
    if unit != 24:  # not STAP-A
        return _is_key(unit)
    position = 1
    while position + 2 < size:
        length = payload[position] << 8 | payload[position + 1]
        if length == 0 or position + 2 + length > size:
            return False
        if _is_key(payload[position + 2] & 0x1F):
            return True
        position += 2 + length
    return False
