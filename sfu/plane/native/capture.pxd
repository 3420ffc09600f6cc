"""What goes over the wire to and from a peer whose packets somebody looks at: copied into a queue, never waited for.

Nobody's packets are looked at unless asked for; then one number is compared per packet, and a full queue loses copies only.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from .address cimport Address, owner_of
from .limits cimport DATAGRAM
from .queue cimport claim_record, open_queue, publish_record
from .state cimport Plane, Transport
from .wire cimport get16

cdef enum:
    CAPTURED_BYTES = 1048576
    RTCP_HEAD = 8  # what SRTCP leaves readable

# Head of a record; the kept bytes follow.
ctypedef struct Captured:
    Address address
    int64_t transport
    int64_t at_ns
    int size  # on the wire
    bint is_sent


cdef inline int head_size(const uint8_t *data, int size) noexcept nogil:
    """Of RTP and RTCP the header, which SRTP leaves readable; STUN and DTLS whole: they carry no speech."""
    cdef int head
    if size < 12 or data[0] < 128 or data[0] > 191:
        return size
    if 192 <= data[1] <= 223:
        return RTCP_HEAD
    head = 12 + 4 * (data[0] & 15)
    if data[0] & 16 and size >= head + 4:
        head += 4 + 4 * get16(data + head + 2)
    return min(head, size)


cdef inline void capture(
    Plane *plane, const Address *address, bint is_sent, const uint8_t *data, int size, int64_t at_ns
) noexcept nogil:
    cdef Transport *transport = <Transport *>owner_of(&plane.homes, address)
    cdef uint8_t *record
    cdef int kept
    if transport is NULL or not transport.captured:
        return
    kept = min(size if transport.captured_whole else head_size(data, size), DATAGRAM)
    record = claim_record(&plane.captured, <uint32_t>sizeof(Captured) + kept)
    if record is NULL:
        plane.counters.capture_dropped += 1
        return
    (<Captured *>record).address = address[0]
    (<Captured *>record).transport = transport.handle
    (<Captured *>record).at_ns = at_ns
    (<Captured *>record).size = size
    (<Captured *>record).is_sent = is_sent
    memcpy(record + sizeof(Captured), data, kept)
    publish_record(&plane.captured, <uint32_t>sizeof(Captured) + kept)


cdef inline void set_capture(Plane *plane, Transport *transport, bint captured, bint whole) noexcept nogil:
    if captured and plane.captured.capacity == 0:
        open_queue(&plane.captured, CAPTURED_BYTES)
    plane.capturing += <int>captured - <int>transport.captured
    transport.captured = captured
    transport.captured_whole = whole
