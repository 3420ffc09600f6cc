# cython: language_level=3, boundscheck=False
"""The C of this folder for Python: ``Generator``, ``serve_limit``, and the parts that tests look at alone."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc
from libc.string cimport memcpy, memset

cdef enum:
    PACKET_BYTES = 2048

cdef extern from "srtp.h" nogil:
    ctypedef struct srtp:
        pass
    int srtp_init(srtp *s, int profile, int encrypts, const uint8_t *rtp_key, const uint8_t *rtp_salt,
                  const uint8_t *rtp_auth, const uint8_t *rtcp_key, const uint8_t *rtcp_salt, const uint8_t *rtcp_auth)
    void srtp_free(srtp *s)
    int srtp_protect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc)
    int srtp_unprotect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc)
    int srtcp_protect(srtp *s, uint8_t *packet, int length)
    int srtcp_unprotect(srtp *s, uint8_t *packet, int length)

cdef extern from "payload.h" nogil:
    ctypedef struct mark:
        uint32_t source
        uint64_t counter
        uint64_t sent_ns
        int first, key, picture
    int payload_write(uint8_t *out, int length, const mark *m, int video)

cdef extern from "stream.h" nogil:
    ctypedef struct stream:
        uint32_t ssrc, rtx_ssrc
        int payload_type, rtx_payload_type, video, nacks, started
        uint64_t first, highest, packets, bytes, repaired, duplicates, given_up, misordered, switches
        uint64_t first_packet_ns, first_frame_ns

cdef extern from "generator.h" nogil:
    ctypedef struct peer:
        srtp receive, send
        int closed, twcc_id, loss_permille, stream_count, in_length
        stream **streams
        uint8_t *in_ "in"
    ctypedef struct publisher:
        uint32_t source, ssrc, timestamp, timestamp_step
        int payload_type, video, playing, key_wanted, twcc_at, packets, key_packets, size, uneven, extension_length
        int done
        uint64_t interval_ns, next_ns, spread_ns
        uint8_t *extension
    ctypedef struct control:
        int peer, length
        uint8_t *data
    ctypedef struct generator:
        int wake, told, peer_count, publisher_count
        peer **peers
        publisher **publishers
        uint64_t control_head, control_tail
        control *control
    uint64_t monotonic_ns()
    generator *generator_new(int sample_every, uint64_t feedback_ns)
    void generator_free(generator *g)
    void generator_run(generator *g)
    void generator_lock(generator *g)
    void generator_unlock(generator *g)
    int generator_add_peer(generator *g, int fd, int is_tcp, uint64_t seed)
    stream *generator_add_stream(generator *g, int number)
    int generator_add_publisher(generator *g, int number)
    void generator_listen(generator *g, int number)
    void generator_stop(generator *g)
    void generator_reset(generator *g)
    int generator_percentiles(generator *g, const double *shares, double *out_ms, int count)
    void peer_take(generator *g, int number, uint8_t *packet, int length, uint64_t arrived, uint64_t now)
    void peer_send(generator *g, peer *p, const uint8_t *packet, int length)
    int build_transport_feedback(peer *p, uint8_t *out)
    void note_arrival(peer *p, uint16_t sequence, uint64_t at_ns)
    const uint64_t *totals_of(generator *g)

cdef extern from "limit.h" nogil:
    ctypedef struct limit_viewer:
        srtp send
        uint32_t ssrc, index
    int limit_address(limit_viewer *v, const char *host, int port)
    int limit_serve(int fd, srtp *publisher, uint32_t publisher_ssrc, limit_viewer *viewers, int count, int group)

TOTALS = (
    "sent", "sent_bytes", "frames_late", "send_failed", "plis_heard", "nacks_heard", "received", "bytes", "repaired",
    "duplicates", "old", "dropped_here", "repairs_dropped_here", "repair_packets", "sampled", "garbage", "misordered", "left_out",
    "not_authentic", "unexpected", "malformed", "nacks_sent", "plis_sent", "reports_sent", "feedback_sent",
    "control_lost",
)


cdef int _keys(srtp *s, int encrypts, keys) except -1:
    """``keys``: (profile number, six derived keys as bytes)."""
    profile, rtp_key, rtp_salt, rtp_auth, rtcp_key, rtcp_salt, rtcp_auth = keys
    if srtp_init(s, profile, encrypts, rtp_key, rtp_salt, rtp_auth, rtcp_key, rtcp_salt, rtcp_auth):
        raise ValueError("these SRTP keys cannot be used")
    return 0


cdef class Srtp:
    """One direction alone, for tests."""
    cdef srtp _s

    def __cinit__(self, keys, bint encrypts):
        _keys(&self._s, encrypts, keys)

    def __dealloc__(self):
        srtp_free(&self._s)

    def apply(self, bytes packet, int header, uint32_t roc, bint encrypts, bint rtcp):
        """The packet protected or unprotected; None when it is not authentic."""
        cdef uint8_t buffer[PACKET_BYTES]
        cdef int length = len(packet)
        memcpy(buffer, <const char *>packet, length)
        if rtcp:
            length = srtcp_protect(&self._s, buffer, length) if encrypts else srtcp_unprotect(&self._s, buffer, length)
        elif encrypts:
            length = srtp_protect(&self._s, buffer, header, length, roc)
        else:
            length = srtp_unprotect(&self._s, buffer, header, length, roc)
        return None if length < 0 else bytes(buffer[:length])


def payload(int length, bint video, uint32_t source, uint64_t counter, uint64_t sent_ns, bint first, bint key, int picture):
    """A payload as publishers send it."""
    cdef uint8_t out[PACKET_BYTES]
    cdef mark m
    m.source, m.counter, m.sent_ns, m.first, m.key, m.picture = source, counter, sent_ns, first, key, picture
    if payload_write(out, length, &m, video):
        raise ValueError("a payload of this length has no room for its mark")
    return bytes(out[:length])


cdef class Generator:
    """See generator.h. ``run`` blocks without the GIL; everything else may be called meanwhile from another thread."""
    cdef generator *_g

    def __cinit__(self, int sample_every=1, uint64_t feedback_ns=100_000_000):
        self._g = generator_new(sample_every, feedback_ns)

    def __dealloc__(self):
        generator_free(self._g)

    def run(self):
        with nogil:
            generator_run(self._g)

    def stop(self):
        generator_stop(self._g)

    def fileno(self):
        """An eventfd that is readable when control packets wait."""
        return self._g.wake

    def add_peer(self, int fd, bint is_tcp, receive, send, int twcc_id, int loss_permille, uint64_t seed, bytes rest=b""):
        """A connected transport; its number. Call ``listen`` when its streams are known."""
        cdef int number
        cdef peer *p
        with nogil:
            generator_lock(self._g)
        try:
            number = generator_add_peer(self._g, fd, is_tcp, seed)
            p = self._g.peers[number]
            _keys(&p.receive, 0, receive)
            _keys(&p.send, 1, send)
            p.twcc_id, p.loss_permille = twcc_id, loss_permille
            if is_tcp:
                memcpy(p.in_, <const char *>rest, len(rest))
                p.in_length = len(rest)
        finally:
            generator_unlock(self._g)
        return number

    def add_stream(self, int number, uint32_t ssrc, uint32_t rtx_ssrc, bint video, bint nacks):
        """An SSRC this peer expects; 0 for no repair."""
        with nogil:
            generator_lock(self._g)
        cdef stream *s = generator_add_stream(self._g, number)
        if s != NULL:
            s.ssrc, s.rtx_ssrc, s.video, s.nacks = ssrc, rtx_ssrc, video, nacks
        generator_unlock(self._g)
        if s == NULL:
            raise ValueError("too many streams")

    def listen(self, int number):
        """Read this peer's socket from now on."""
        generator_listen(self._g, number)

    def add_publisher(self, int number, *, uint32_t source, uint32_t ssrc, int payload_type, bint video, bytes extension,
                      int twcc_at, uint32_t timestamp_step):
        """A stream this peer sends, not playing yet; its number. ``twcc_at``: where in the extension the number goes."""
        if len(extension) > 32:
            raise ValueError("extension too long")
        with nogil:
            generator_lock(self._g)
        cdef int index = generator_add_publisher(self._g, number)
        cdef publisher *p = self._g.publishers[index]
        p.source, p.ssrc, p.payload_type, p.video = source, ssrc, payload_type, video
        memcpy(p.extension, <const char *>extension, len(extension))
        p.extension_length, p.twcc_at, p.timestamp_step = len(extension), twcc_at, timestamp_step
        generator_unlock(self._g)
        return index

    def play(self, int index, *, double per_second, int packets, int key_packets, int size, bint uneven=False,
             double spread_ms=0):
        """Frames per second, packets per frame and payload size from now on; 0 frames: silence. ``spread_ms``: over
        which the packets of a frame leave; 0: together."""
        if packets > 64 or key_packets > 64:
            raise ValueError("a frame has at most 64 packets")
        with nogil:
            generator_lock(self._g)
        cdef publisher *p = self._g.publishers[index]
        p.playing = per_second > 0
        p.packets, p.key_packets, p.size, p.uneven = packets, key_packets, size, uneven
        p.spread_ns, p.done = <uint64_t>(spread_ms * 1e6), 0
        if p.playing:
            p.interval_ns = <uint64_t>(1e9 / per_second)
            p.next_ns = monotonic_ns() + p.source * 7919123 % p.interval_ns  # not all at once
        generator_unlock(self._g)

    def send(self, int number, bytes packet):
        """A datagram as it is (STUN, DTLS)."""
        with nogil:
            generator_lock(self._g)
        peer_send(self._g, self._g.peers[number], packet, len(packet))
        generator_unlock(self._g)

    def control_packets(self):
        """What came that was neither RTP nor RTCP: [(peer, packet)]."""
        found = []
        cdef control *slot
        with nogil:
            generator_lock(self._g)
        while self._g.control_tail != self._g.control_head:
            slot = &self._g.control[self._g.control_tail % 2048]
            found.append((slot.peer, bytes(slot.data[:slot.length])))
            self._g.control_tail += 1
        self._g.told = 0
        generator_unlock(self._g)
        return found

    def take(self, int number, bytes packet, uint64_t now_ns):
        """A datagram as if it had come from the network (tests, and what came before ``listen``)."""
        cdef uint8_t buffer[PACKET_BYTES]
        cdef int length = min(len(packet), PACKET_BYTES)
        memcpy(buffer, <const char *>packet, length)
        with nogil:
            generator_lock(self._g)
            peer_take(self._g, number, buffer, length, now_ns, now_ns)
            generator_unlock(self._g)

    def reset(self):
        with nogil:
            generator_lock(self._g)
            generator_reset(self._g)
            generator_unlock(self._g)

    def totals(self):
        """Counters since the last reset, by name."""
        with nogil:
            generator_lock(self._g)
        cdef const uint64_t *values = totals_of(self._g)
        found = {name: values[i] for i, name in enumerate(TOTALS)}
        generator_unlock(self._g)
        return found

    def delays_ms(self, shares):
        """Percentiles of the delay of sampled packets since the last reset; None for each without a sample."""
        cdef double wanted[8]
        cdef double found[8]
        for i, share in enumerate(shares):
            wanted[i] = share
        with nogil:
            generator_lock(self._g)
        cdef int known = generator_percentiles(self._g, wanted, found, len(shares))
        generator_unlock(self._g)
        return [found[i] if known else None for i in range(len(shares))]

    def closed(self, int number):
        return bool(self._g.peers[number].closed)

    def streams(self, int number):
        """Figures of each stream of a peer."""
        with nogil:
            generator_lock(self._g)
        cdef peer *p = self._g.peers[number]
        found = []
        for i in range(p.stream_count):
            s = p.streams[i]
            found.append({
                "ssrc": s.ssrc, "packets": s.packets, "bytes": s.bytes, "repaired": s.repaired,
                "lost": s.highest - s.first + 1 - s.packets if s.started else 0,
                "duplicates": s.duplicates, "misordered": s.misordered, "switches": s.switches,
                "first_packet_ns": s.first_packet_ns, "first_frame_ns": s.first_frame_ns,
            })
        generator_unlock(self._g)
        return found

    def transport_feedback(self, int number, arrivals):
        """The feedback message for these (number, ns), unencrypted, for tests."""
        cdef uint8_t out[PACKET_BYTES]
        for sequence, at_ns in arrivals:
            note_arrival(self._g.peers[number], sequence, at_ns)
        return bytes(out[:build_transport_feedback(self._g.peers[number], out)])


def serve_limit(int fd, publisher, uint32_t publisher_ssrc, viewers, int group):
    """Forward until the process ends; ``viewers``: [(host, port, ssrc, keys)]."""
    cdef srtp receive
    cdef limit_viewer *table = <limit_viewer *>calloc(len(viewers), sizeof(limit_viewer))
    cdef int result, count = len(viewers)
    _keys(&receive, 0, publisher)
    for i, (host, port, ssrc, keys) in enumerate(viewers):
        limit_address(&table[i], host.encode(), port)
        _keys(&table[i].send, 1, keys)
        table[i].ssrc = ssrc
    with nogil:
        result = limit_serve(fd, &receive, publisher_ssrc, table, count, group)
    raise OSError(-result, "the limit cannot read its socket")
