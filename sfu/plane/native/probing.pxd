"""A probe: more bytes than the media needs, for a moment, to learn whether the path carries them."""

from .limits cimport *
from .repeating cimport repeat_for_probe
from .state cimport Consumer, Plane, Probe, Transport
from .timers cimport DUE_PROBE, set_timer


cdef inline Consumer *_carrier(Transport *transport) noexcept nogil:
    """Who sends it: a picture that can be repeated, else any stream that can be padded."""
    cdef Consumer *able = NULL
    cdef Consumer *consumer
    cdef int place
    for place in range(transport.consumers.count):
        consumer = <Consumer *>transport.consumers.items[place]
        if not consumer.has_rtx or not consumer.stamps:
            continue
        if consumer.carried is not NULL and consumer.carried.ring is not NULL:
            return consumer
        if able is NULL:
            able = consumer
    return able


cdef inline void _go_on(Plane *plane, Transport *transport) noexcept nogil:
    cdef Probe *probe = &transport.probe
    cdef Consumer *consumer = _carrier(transport)
    cdef double due
    cdef int size
    while probe.cluster and consumer is not NULL and probe.sent < probe.size:
        due = probe.began + probe.sent / probe.rate
        if due > plane.now + AHEAD_SECONDS:
            probe.is_due = True
            transport.timers += 1
            set_timer(&plane.timers, due, DUE_PROBE, transport)
            return
        size = repeat_for_probe(plane, consumer, &probe.index, probe.cluster)
        if size == 0:
            break
        probe.sent += size
    probe.cluster = 0


cdef inline void begin_probe(Plane *plane, Transport *transport, int cluster, double bitrate, int size) noexcept nogil:
    """Send its first packets; the rest follows by the clock."""
    cdef Probe *probe = &transport.probe
    probe.cluster = cluster
    probe.rate = bitrate / 8.0
    probe.size = size
    probe.began = plane.now
    probe.sent = 0
    probe.index = -1
    if not probe.is_due:
        _go_on(plane, transport)


cdef inline void handle_probe_timer(Plane *plane, Transport *transport) noexcept nogil:
    transport.probe.is_due = False
    if not transport.closed:
        _go_on(plane, transport)
