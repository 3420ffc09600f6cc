"""Asking senders: for packets that are missing (NACK) and for keyframes somebody waits for."""

from libc.stdint cimport int64_t, uint8_t, uint16_t

from .limits cimport *
from .nack cimport due_requests, next_nack, note_index_for_nack
from .rtcp cimport write_nack
from .state cimport KEYFRAME_NEEDED, Encoding, Plane, tell_simply
from .timers cimport DUE_KEYFRAME, DUE_NACK, set_timer
from .transport cimport send_rtcp


cdef inline void _set_keyframe_timer(Plane *plane, Encoding *encoding, double due) noexcept nogil:
    encoding.keyframe_timer = True
    encoding.timers += 1
    set_timer(&plane.timers, due, DUE_KEYFRAME, encoding)


cdef inline void want_keyframe(Plane *plane, Encoding *encoding) noexcept nogil:
    """Ask at once if that was not done in the last half second, else then; repeated until a keyframe comes."""
    if encoding.kind != VIDEO or encoding.paused:
        return
    encoding.wants_keyframe = True
    if plane.now - encoding.keyframe_asked_at >= KEYFRAME_SECONDS:
        encoding.keyframe_asked_at = plane.now
        tell_simply(plane, KEYFRAME_NEEDED, encoding.handle, 0)
    if not encoding.keyframe_timer:
        _set_keyframe_timer(plane, encoding, encoding.keyframe_asked_at + KEYFRAME_SECONDS)


cdef inline void handle_keyframe_timer(Plane *plane, Encoding *encoding) noexcept nogil:
    encoding.keyframe_timer = False
    if encoding.removed or encoding.paused or not (encoding.carriers.count or encoding.waiting.count):
        encoding.wants_keyframe = False
    if not encoding.wants_keyframe:
        return
    if plane.now - encoding.last_packet_at < QUIET_SECONDS:
        want_keyframe(plane, encoding)
    else:
        _set_keyframe_timer(plane, encoding, plane.now + KEYFRAME_SECONDS)


cdef inline void request_missing(Plane *plane, Encoding *encoding) noexcept nogil:
    """Send the NACKs that are due, and give up what is too old."""
    cdef int64_t wanted[MAX_HOLE]
    cdef uint16_t numbers[MAX_HOLE]
    cdef double due = 0.0
    cdef double round_trip
    cdef int64_t given_up = encoding.nack.given_up
    cdef int count, place
    if not encoding.has_nack or encoding.removed:
        return
    round_trip = encoding.transport.rtt if encoding.transport.has_rtt and encoding.transport.rtt else DEFAULT_ROUND_TRIP
    count = due_requests(&encoding.nack, plane.now, round_trip, wanted)
    if count:
        encoding.nacks_sent += 1
        for place in range(count):
            numbers[place] = <uint16_t>(wanted[place] & 0xFFFF)
        count = write_nack(plane.scratch, encoding.transport.local_ssrc, encoding.ssrc, numbers, count)
        send_rtcp(plane, encoding.transport, plane.scratch, count)
    if encoding.nack.given_up > given_up and not _has_keyframe_after(encoding, encoding.nack.lost):
        want_keyframe(plane, encoding)
    if next_nack(&encoding.nack, &due) and not encoding.nack_timer:
        encoding.nack_timer = True
        encoding.timers += 1
        set_timer(&plane.timers, due, DUE_NACK, encoding)


cdef inline bint _has_keyframe_after(const Encoding *encoding, int64_t index) noexcept nogil:
    """Whether a keyframe made good for the loss of that packet."""
    return (
        encoding.ring is not NULL and encoding.ring.keyframe is not NULL and index >= 0
        and encoding.ring.keyframe.index > index
    )


cdef inline void note_arrival(Plane *plane, Encoding *encoding, int64_t index) noexcept nogil:
    """A packet of a consumed encoding came; ask for what is missing before it, now or later."""
    cdef double due = 0.0
    if not encoding.has_nack or encoding.ring is NULL:
        return
    if not note_index_for_nack(&encoding.nack, index, plane.now):
        want_keyframe(plane, encoding)
    if next_nack(&encoding.nack, &due):
        if due <= plane.now:
            request_missing(plane, encoding)
        elif not encoding.nack_timer:
            encoding.nack_timer = True
            encoding.timers += 1
            set_timer(&plane.timers, due, DUE_NACK, encoding)
