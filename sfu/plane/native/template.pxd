"""An outbound stream's header, planned once: what never changes is in place, four fields are filled in per packet."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from .limits cimport MAX_HEAD
from .wire cimport put16, put24, put32

ctypedef struct Template:
    uint8_t bytes[MAX_HEAD]
    uint8_t size
    uint8_t level_at  # 0: not sent
    uint8_t time_at
    uint8_t cc_at


cdef inline int _element(Template *template, int position, int identifier, int size, bint two_byte) noexcept nogil:
    """The element's head; where its value begins."""
    if two_byte:
        template.bytes[position] = <uint8_t>identifier
        template.bytes[position + 1] = <uint8_t>size
        return position + 2
    template.bytes[position] = <uint8_t>(identifier << 4 | size - 1)
    return position + 1


cdef inline bint plan_header(
    Template *template,
    int payload_type,
    uint32_t ssrc,
    int mid_id,
    const uint8_t *mid,
    int mid_size,
    int level_id,
    int time_id,
    int cc_id,
) noexcept nogil:
    """Ids of 0 are not sent. False: it does not fit."""
    cdef int position = 16
    cdef bint two_byte
    if not mid_size:
        mid_id = 0
    two_byte = max(mid_id, level_id, time_id, cc_id) > 14 or mid_size > 16
    memset(template, 0, sizeof(Template))
    if 16 + 2 * 4 + mid_size + 6 + 3 > MAX_HEAD:
        return False
    template.bytes[0] = 0x80
    template.bytes[1] = <uint8_t>payload_type
    put32(template.bytes + 8, ssrc)
    template.size = 12
    if not (mid_id or level_id or time_id or cc_id):
        return True
    template.bytes[0] = 0x90
    if mid_id:
        position = _element(template, position, mid_id, mid_size, two_byte)
        memcpy(template.bytes + position, mid, mid_size)
        position += mid_size
    if level_id:
        position = _element(template, position, level_id, 1, two_byte)
        template.level_at = <uint8_t>position
        position += 1
    if time_id:
        position = _element(template, position, time_id, 3, two_byte)
        template.time_at = <uint8_t>position
        position += 3
    if cc_id:
        position = _element(template, position, cc_id, 2, two_byte)
        template.cc_at = <uint8_t>position
        position += 2
    position += -position & 3
    put16(template.bytes + 12, 0x1000 if two_byte else 0xBEDE)
    put16(template.bytes + 14, (position - 16) // 4)
    template.size = <uint8_t>position
    return True


cdef inline void write_header(
    const Template *template,
    uint8_t *out,
    uint8_t marker,
    uint32_t sequence,
    uint32_t timestamp,
    uint8_t level,
    uint32_t send_time,
    uint32_t transport_cc,
) noexcept nogil:
    memcpy(out, template.bytes, template.size)
    out[1] |= marker
    put16(out + 2, sequence)
    put32(out + 4, timestamp)
    if template.level_at:
        out[template.level_at] = level
    if template.time_at:
        put24(out + template.time_at, send_time)
    if template.cc_at:
        put16(out + template.cc_at, transport_cc)
