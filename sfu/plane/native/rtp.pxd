"""RTP packets in the clear, RFC 3550 5.1, with RFC 8285 header extensions: read once, in place."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from .wire cimport get16, get32

cdef enum:
    MAX_ELEMENTS = 768  # more do not fit into a datagram

ctypedef struct Element:
    uint8_t identifier
    uint8_t size
    uint16_t at

ctypedef struct Rtp:
    const uint8_t *data
    int payload_type
    uint8_t marker  # 0x80 or 0
    uint16_t sequence
    uint32_t timestamp
    uint32_t ssrc
    int payload_at
    int payload_size
    int elements_count
    Element elements[MAX_ELEMENTS]

ctypedef struct Unwrapper:
    int64_t highest  # −1: nothing yet


cdef inline int64_t unwrap(Unwrapper *unwrapper, uint32_t value, int bits) noexcept nogil:
    """The growing form of a number of ``bits`` bits; the first lies one cycle up, so that none is negative."""
    cdef int64_t modulus = <int64_t>1 << bits
    cdef int64_t half = modulus >> 1
    cdef int64_t index
    if unwrapper.highest < 0:
        unwrapper.highest = value + modulus
        return unwrapper.highest
    index = unwrapper.highest + ((<int64_t>value - unwrapper.highest + half) & (modulus - 1)) - half
    if index > unwrapper.highest:
        unwrapper.highest = index
    return index


cdef inline bint is_control(const uint8_t *data, int size) noexcept nogil:
    """RFC 5761 4."""
    return size > 1 and 192 <= data[1] <= 223


cdef inline bint _note_element(Rtp *rtp, int identifier, int at, int size) noexcept nogil:
    cdef Element *element
    if rtp.elements_count == MAX_ELEMENTS:
        return False
    element = &rtp.elements[rtp.elements_count]
    element.identifier = <uint8_t>identifier
    element.size = <uint8_t>size
    element.at = <uint16_t>at
    rtp.elements_count += 1
    return True


cdef inline bint _read_one_byte(Rtp *rtp, int position, int end) noexcept nogil:
    cdef int identifier, stop
    while position < end:
        identifier = rtp.data[position] >> 4
        if rtp.data[position] == 0:  # padding
            position += 1
            continue
        if identifier == 15:  # RFC 8285 4.2: stop, ignore the rest
            break
        stop = position + 2 + (rtp.data[position] & 15)
        if stop > end:
            return False
        if identifier and not _note_element(rtp, identifier, position + 1, stop - position - 1):
            return False
        position = stop
    return True


cdef inline bint _read_two_byte(Rtp *rtp, int position, int end) noexcept nogil:
    cdef int stop
    while position < end:
        if rtp.data[position] == 0:  # padding
            position += 1
            continue
        if position + 1 == end:
            return False
        stop = position + 2 + rtp.data[position + 1]
        if stop > end:
            return False
        if not _note_element(rtp, rtp.data[position], position + 2, stop - position - 2):
            return False
        position = stop
    return True


cdef inline bint read_rtp(Rtp *rtp, const uint8_t *data, int size) noexcept nogil:
    """Read a packet; False when it is malformed. ``rtp`` points into ``data``."""
    cdef int position = 12
    cdef int end, profile, padding
    if size < 12 or data[0] >> 6 != 2:
        return False
    rtp.data = data
    rtp.marker = data[1] & 0x80
    rtp.payload_type = data[1] & 0x7F
    rtp.sequence = get16(data + 2)
    rtp.timestamp = get32(data + 4)
    rtp.ssrc = get32(data + 8)
    rtp.elements_count = 0
    position += 4 * (data[0] & 15)
    if position > size:
        return False
    if data[0] & 0x10:
        if position + 4 > size:
            return False
        profile = get16(data + position)
        end = position + 4 + 4 * <int>get16(data + position + 2)
        if end > size:
            return False
        if profile == 0xBEDE:
            if not _read_one_byte(rtp, position + 4, end):
                return False
        elif profile & 0xFFF0 == 0x1000:
            if not _read_two_byte(rtp, position + 4, end):
                return False
        position = end
    padding = 0
    if data[0] & 0x20:
        padding = data[size - 1]
        if padding == 0 or position + padding > size:
            return False
    rtp.payload_at = position
    rtp.payload_size = size - padding - position
    return True


cdef inline const Element *find_element(const Rtp *rtp, int identifier) noexcept nogil:
    """The element with that id, of several the last; NULL when there is none."""
    cdef int place = rtp.elements_count - 1
    if identifier == 0:
        return NULL
    while place >= 0:
        if rtp.elements[place].identifier == identifier:
            return &rtp.elements[place]
        place -= 1
    return NULL


cdef inline int read_text(const Rtp *rtp, int identifier, uint8_t *out) noexcept nogil:
    """A mid or rid of up to 32 visible ASCII characters; its length, 0 when absent or anything else."""
    cdef const Element *element = find_element(rtp, identifier)
    cdef int place
    if element is NULL or element.size == 0 or element.size > 32:
        return 0
    for place in range(element.size):
        out[place] = rtp.data[element.at + place]
        if out[place] < 33 or out[place] > 126:
            return 0
    return element.size
