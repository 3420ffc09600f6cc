"""One peer's path: its streams by SSRC, and what is encrypted for it."""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free

from .limits cimport MAX_PROTECT_RTCP
from .memory cimport claim, lookup, release_map
from .memory cimport store as put_into
from .outbox cimport post, room_for
from .srtp cimport Stream, seal_control, tear_down
from .state cimport Plane, Transport
from .wire cimport get32


cdef inline Stream *speaker(Transport *transport, uint32_t ssrc) noexcept nogil:
    """What was sent of an SSRC of ours under the present keys."""
    cdef Stream *stream = <Stream *>lookup(&transport.spoken, ssrc)
    if stream is NULL:
        stream = <Stream *>claim(sizeof(Stream))
        stream.ssrc = ssrc
        put_into(&transport.spoken, ssrc, stream)
    return stream


cdef inline void remember_heard(Transport *transport, const Stream *heard) noexcept nogil:
    """A stream authenticated for the first time: from now on it is counted."""
    cdef Stream *stream
    stream = <Stream *>claim(sizeof(Stream))
    stream[0] = heard[0]
    put_into(&transport.heard, heard.ssrc, stream)


cdef inline void forget_streams(Transport *transport) noexcept nogil:
    """New keys: all counting begins anew."""
    cdef int place
    for place in range(transport.heard.capacity):
        free(transport.heard.entries[place].value)
    for place in range(transport.spoken.capacity):
        free(transport.spoken.entries[place].value)
    release_map(&transport.heard)
    release_map(&transport.spoken)
    transport.heard_rtp = 0


cdef inline void drop_keys(Transport *transport) noexcept nogil:
    if transport.has_keys:
        tear_down(&transport.receive)
        tear_down(&transport.send)
    transport.has_keys = False


cdef inline void send_rtcp(Plane *plane, Transport *transport, const uint8_t *data, int size) noexcept nogil:
    """Encrypt and send a compound packet; dropped while keys or address are missing."""
    cdef int length = -1
    if not transport.has_keys or not transport.has_address:
        return
    if 8 <= size <= MAX_PROTECT_RTCP:
        length = seal_control(
            &transport.send, speaker(transport, get32(data + 4)), room_for(plane, &transport.to, size + 24), data, size
        )
    if length < 0:
        plane.counters.unprotectable += 1
    else:
        post(plane, &transport.to, length)
