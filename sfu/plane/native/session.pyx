"""SRTP of both directions alone, as the plane does it; for comparison with libsrtp."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from .limits cimport DATAGRAM
from .memory cimport Map, claim, lookup, release_map
from .memory cimport store as put_into
from .srtp cimport (
    CM_SHA1, GCM_128, GCM_256, OPENED, Crypto, Stream, header_size, open_control, open_packet, seal, seal_control,
    set_up, tear_down
)
from .wire cimport get32

PROFILES = {"AEAD_AES_128_GCM": GCM_128, "AEAD_AES_256_GCM": GCM_256, "AES128_CM_SHA1_80": CM_SHA1}


cdef class SrtpSession:
    cdef Crypto receiver
    cdef Crypto sender
    cdef Map heard
    cdef Map spoken

    def __cinit__(self, str profile, bytes receive, bytes send):
        if not set_up(&self.receiver, PROFILES[profile], receive, False):
            raise RuntimeError("OpenSSL does not have the ciphers of SRTP")
        set_up(&self.sender, PROFILES[profile], send, True)

    def __dealloc__(self):
        cdef int place
        tear_down(&self.receiver)
        tear_down(&self.sender)
        for place in range(self.heard.capacity):
            free(self.heard.entries[place].value)
        for place in range(self.spoken.capacity):
            free(self.spoken.entries[place].value)
        release_map(&self.heard)
        release_map(&self.spoken)

    cdef Stream *_stream(self, Map *map, uint32_t ssrc) noexcept:
        cdef Stream *stream = <Stream *>lookup(map, ssrc)
        if stream is NULL:
            stream = <Stream *>claim(sizeof(Stream))
            stream.ssrc = ssrc
            put_into(map, ssrc, stream)
        return stream

    def protect(self, bytes data):
        """The encrypted packet, or None when its number was used or it is too long."""
        cdef uint8_t out[DATAGRAM]
        cdef const uint8_t *at = data
        cdef int head = header_size(at, <int>len(data))
        cdef int size
        if head < 0 or len(data) > 1900:
            return None
        memcpy(out, at, len(data))
        size = seal(&self.sender, self._stream(&self.spoken, get32(at + 8)), out, head, at + head, <int>len(data) - head)
        return None if size < 0 else PyBytes_FromStringAndSize(<const char *>out, size)

    def unprotect(self, bytes data):
        """The packet in the clear; −1: forged, −2: a replay."""
        cdef uint8_t out[DATAGRAM]
        cdef int plain = 0
        cdef int opened
        if not 12 <= len(data) <= DATAGRAM:
            return -1
        memcpy(out, <const char *>data, len(data))
        opened = open_packet(&self.receiver, self._stream(&self.heard, get32(out + 8)), out, <int>len(data), &plain)
        return opened if opened != OPENED else PyBytes_FromStringAndSize(<const char *>out, plain)

    def protect_rtcp(self, bytes data):
        cdef uint8_t out[DATAGRAM]
        cdef int size
        if not 8 <= len(data) <= 1900:
            return None
        size = seal_control(&self.sender, self._stream(&self.spoken, get32(<const uint8_t *>data + 4)), out, data, <int>len(data))
        return None if size < 0 else PyBytes_FromStringAndSize(<const char *>out, size)

    def unprotect_rtcp(self, bytes data):
        cdef uint8_t out[DATAGRAM]
        cdef int plain = 0
        cdef int opened
        if not 8 <= len(data) <= DATAGRAM:
            return -1
        memcpy(out, <const char *>data, len(data))
        opened = open_control(&self.receiver, self._stream(&self.heard, get32(out + 4)), out, <int>len(data), &plain)
        return opened if opened != OPENED else PyBytes_FromStringAndSize(<const char *>out, plain)
