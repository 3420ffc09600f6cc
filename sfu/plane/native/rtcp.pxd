"""RTCP compounds: first judged as a whole, then walked; and the few packets that the plane writes itself."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from .wire cimport get16, get32, put16, put32, put64

cdef enum:
    SENDER_REPORT = 200
    RECEIVER_REPORT = 201
    SOURCE_DESCRIPTION = 202
    GOODBYE = 203
    TRANSPORT_FEEDBACK = 205
    PAYLOAD_FEEDBACK = 206

# One packet of a compound.
ctypedef struct Control:
    int kind
    int count  # or the format
    const uint8_t *body
    int size  # of the body, padding taken off


# -- reading --------------------------------------------------------------------------------------------------------


cdef inline int next_control(const uint8_t *data, int size, int position, Control *control) noexcept nogil:
    """Read the packet at ``position``; where the next one begins, or −1 when it is malformed."""
    cdef int stop, padding = 0
    if position + 4 > size:
        return -1
    stop = position + 4 + 4 * <int>get16(data + position + 2)
    if data[position] >> 6 != 2 or stop > size:
        return -1
    if data[position] & 0x20:  # Chromium pads its transport-cc feedback by single bytes
        padding = data[stop - 1]
        if padding == 0 or position + 4 + padding > stop:
            return -1
    control.kind = data[position + 1]
    control.count = data[position] & 31
    control.body = data + position + 4
    control.size = stop - padding - position - 4
    return stop


cdef inline bint _is_utf8(const uint8_t *text, int size) noexcept nogil:
    cdef int position = 0
    cdef int more, place
    cdef uint32_t code
    while position < size:
        code = text[position]
        if code < 0x80:
            position += 1
            continue
        if code >= 0xC2 and code < 0xE0:
            more = 1
            code &= 0x1F
        elif code & 0xF0 == 0xE0:
            more = 2
            code &= 0x0F
        elif code >= 0xF0 and code < 0xF5:
            more = 3
            code &= 0x07
        else:
            return False
        if position + more >= size:
            return False
        for place in range(more):
            if text[position + 1 + place] & 0xC0 != 0x80:
                return False
            code = code << 6 | (text[position + 1 + place] & 0x3F)
        if (more == 2 and (code < 0x800 or 0xD800 <= code <= 0xDFFF)) or (more == 3 and not 0x10000 <= code <= 0x10FFFF):
            return False
        position += 1 + more
    return True


cdef inline bint _is_description(const Control *control) noexcept nogil:
    cdef const uint8_t *body = control.body
    cdef int chunk, position = 0
    for chunk in range(control.count):
        if position + 4 > control.size:
            return False
        position += 4
        while True:
            if position >= control.size:
                return False
            if body[position] == 0:
                break
            if position + 1 >= control.size or position + 2 + body[position + 1] > control.size:
                return False
            if body[position] == 1 and not _is_utf8(body + position + 2, body[position + 1]):
                return False
            position += 2 + body[position + 1]
        position = (position & ~3) + 4
    return True


cdef inline bint _is_payload_feedback(const Control *control) noexcept nogil:
    cdef const uint8_t *body = control.body
    if control.size < 8:
        return False
    if control.count == 4:  # FIR
        return (control.size - 8) % 8 == 0
    if control.count == 15 and control.size >= 12 and body[8] == 82 and body[9] == 69 and body[10] == 77 and body[11] == 66:
        return control.size >= 16 and control.size >= 16 + 4 * body[12]  # REMB
    return True


cdef inline bint _is_whole(const Control *control) noexcept nogil:
    """Whether everything that a packet announces is in it."""
    if control.kind == SENDER_REPORT:
        return control.size >= 24 + 24 * control.count
    if control.kind == RECEIVER_REPORT:
        return control.size >= 4 + 24 * control.count
    if control.kind == SOURCE_DESCRIPTION:
        return _is_description(control)
    if control.kind == GOODBYE:
        return control.size >= 4 * control.count
    if control.kind == TRANSPORT_FEEDBACK and control.count == 1:
        return control.size >= 8 and (control.size - 8) % 4 == 0
    if control.kind == TRANSPORT_FEEDBACK and control.count == 15:
        return control.size >= 8
    if control.kind == PAYLOAD_FEEDBACK:
        return _is_payload_feedback(control)
    return True


cdef inline bint is_compound(const uint8_t *data, int size) noexcept nogil:
    """Whether all of it can be read; nothing of a compound that is broken somewhere is acted on."""
    cdef Control control
    cdef int position = 0
    memset(&control, 0, sizeof(Control))
    if size == 0:
        return False
    while position < size:
        position = next_control(data, size, position, &control)
        if position < 0 or not _is_whole(&control):
            return False
    return True


# -- writing --------------------------------------------------------------------------------------------------------


cdef inline int write_head(uint8_t *out, int count, int kind, int body) noexcept nogil:
    out[0] = <uint8_t>(0x80 | count)
    out[1] = <uint8_t>kind
    put16(out + 2, body // 4)
    return 4 + body


cdef inline int write_receiver_head(uint8_t *out, uint32_t ssrc, int blocks) noexcept nogil:
    """RR; its blocks come after it."""
    write_head(out, blocks, RECEIVER_REPORT, 4 + 24 * blocks)
    put32(out + 4, ssrc)
    return 8


cdef inline int write_bye(uint8_t *out, uint32_t ssrc) noexcept nogil:
    put32(out + 4, ssrc)
    return write_head(out, 1, GOODBYE, 4)


cdef inline int write_name(uint8_t *out, uint32_t ssrc, const uint8_t *name, int size) noexcept nogil:
    """One chunk of a source description."""
    cdef int whole = 6 + size
    cdef int padding = 4 - whole % 4  # at least one zero ends the list
    put32(out, ssrc)
    out[4] = 1
    out[5] = <uint8_t>size
    memcpy(out + 6, name, size)
    memset(out + whole, 0, padding)
    return whole + padding


cdef inline int write_nack(
    uint8_t *out, uint32_t sender, uint32_t media, const uint16_t *numbers, int count
) noexcept nogil:
    """Generic NACK, RFC 4585 6.2.1: pairs of a number and a bitmap of the 16 after it."""
    cdef int place, size = 12
    cdef uint32_t distance = 0
    put32(out + 4, sender)
    put32(out + 8, media)
    for place in range(count):
        if size > 12:
            distance = (numbers[place] - get16(out + size - 4)) & 0xFFFF
        if size > 12 and 1 <= distance <= 16:
            put16(out + size - 2, get16(out + size - 2) | 1 << (distance - 1))
        elif size == 12 or distance:
            put16(out + size, numbers[place])
            put16(out + size + 2, 0)
            size += 4
    write_head(out, 1, TRANSPORT_FEEDBACK, size - 4)
    return size
