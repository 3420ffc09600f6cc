"""SRTP and SRTCP (RFC 3711, RFC 7714) of one direction of a transport, on reused EVP contexts that only get a new IV.

``Stream`` counts one SSRC: its roll-over counter and what was seen of it, as libsrtp counts, so that both agree on every
packet. Nothing is ever encrypted twice under one number: an outbound number is checked as an inbound one is.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from .limits cimport MAX_PROTECT, MAX_PROTECT_RTCP, MAX_UNPROTECT
from .openssl cimport *
from .wire cimport get16, get32, put16, put32

cdef enum:
    GCM_128 = 0
    GCM_256 = 1
    CM_SHA1 = 2
    WINDOW = 1024  # packets
    WINDOW_WORDS = 16
    CONTROL_WINDOW = 128

cdef enum Opened:
    OPENED = 0
    FORGED = -1
    REPLAYED = -2

ctypedef struct Keys:
    EVP_CIPHER_CTX *cipher
    uint8_t salt[16]
    SHA_CTX inner  # HMAC-SHA1 with the key's two pads taken in; AES-CM only
    SHA_CTX outer

ctypedef struct Crypto:
    int profile
    Keys rtp
    Keys rtcp

ctypedef struct Stream:
    uint32_t ssrc
    uint32_t heard  # an authentic RTP packet was parsed
    uint64_t index
    uint64_t seen[WINDOW_WORDS]  # bit of every index of the last 1024
    uint32_t control_start  # first SRTCP index of the window; outbound: the last one used
    uint64_t control_seen[2]


# -- keys -----------------------------------------------------------------------------------------------------------


cdef inline void _derive(
    const uint8_t *master, const uint8_t *salt, bint long_key, int label, uint8_t *out, int size
) noexcept nogil:
    """RFC 3711 4.3.1 with a key derivation rate of 0."""
    cdef uint8_t iv[16]
    cdef uint8_t zeros[48]
    cdef int length = 0
    memset(zeros, 0, sizeof(zeros))
    memcpy(iv, salt, 14)
    iv[14] = 0
    iv[15] = 0
    iv[7] ^= <uint8_t>label
    cdef EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new()
    EVP_EncryptInit_ex(context, EVP_aes_256_ctr() if long_key else EVP_aes_128_ctr(), NULL, master, iv)
    EVP_EncryptUpdate(context, out, &length, zeros, size)
    EVP_CIPHER_CTX_free(context)


cdef inline void _prepare_hmac(Keys *keys, const uint8_t *key) noexcept nogil:
    cdef uint8_t pad[64]
    cdef int place
    for place in range(64):
        pad[place] = (key[place] if place < 20 else 0) ^ 0x36
    SHA1_Init(&keys.inner)
    SHA1_Update(&keys.inner, pad, 64)
    for place in range(64):
        pad[place] ^= 0x36 ^ 0x5C
    SHA1_Init(&keys.outer)
    SHA1_Update(&keys.outer, pad, 64)
    OPENSSL_cleanse(pad, sizeof(pad))


cdef inline bint _prepare(
    Keys *keys, int profile, const uint8_t *master, const uint8_t *salt, int label, bint sending
) noexcept nogil:
    cdef uint8_t key[48]
    cdef const EVP_CIPHER *cipher
    cdef bint is_long = profile == GCM_256
    cdef int good
    memset(keys.salt, 0, 16)
    _derive(master, salt, is_long, label + 2, keys.salt, 14 if profile == CM_SHA1 else 12)
    if profile == CM_SHA1:
        _derive(master, salt, is_long, label + 1, key, 20)
        _prepare_hmac(keys, key)
    _derive(master, salt, is_long, label, key, 32 if is_long else 16)
    if profile == CM_SHA1:
        cipher = EVP_aes_128_ctr()
    else:
        cipher = EVP_aes_256_gcm() if is_long else EVP_aes_128_gcm()
    keys.cipher = EVP_CIPHER_CTX_new()
    if sending or profile == CM_SHA1:
        good = EVP_EncryptInit_ex(keys.cipher, cipher, NULL, key, NULL)
    else:
        good = EVP_DecryptInit_ex(keys.cipher, cipher, NULL, key, NULL)
    OPENSSL_cleanse(key, sizeof(key))
    return good == 1


cdef inline bint set_up(Crypto *crypto, int profile, const uint8_t *key_and_salt, bint sending) noexcept nogil:
    """Derive all session keys of one direction."""
    cdef int key_size = 32 if profile == GCM_256 else 16
    cdef uint8_t salt[14]
    memset(salt, 0, 14)
    memcpy(salt, key_and_salt + key_size, 14 if profile == CM_SHA1 else 12)
    crypto.profile = profile
    return _prepare(&crypto.rtp, profile, key_and_salt, salt, 0, sending) and _prepare(
        &crypto.rtcp, profile, key_and_salt, salt, 3, sending
    )


cdef inline void tear_down(Crypto *crypto) noexcept nogil:
    EVP_CIPHER_CTX_free(crypto.rtp.cipher)
    EVP_CIPHER_CTX_free(crypto.rtcp.cipher)
    OPENSSL_cleanse(crypto, sizeof(Crypto))


# -- numbers --------------------------------------------------------------------------------------------------------


cdef inline int64_t guess(const Stream *stream, uint16_t sequence) noexcept nogil:
    """Distance from the highest index to the one that ``sequence`` means (RFC 3711 3.3.1)."""
    cdef int local = <int>(stream.index & 0xFFFF)
    cdef int there = sequence
    if stream.index <= 0x8000:  # a roll-over below zero cannot be meant
        return there - <int>stream.index
    if local < 0x8000:
        return there - local - 0x10000 if there - local > 0x8000 else there - local
    return there - local + 0x10000 if local - 0x8000 > there else there - local


cdef inline bint is_fresh(const Stream *stream, int64_t delta) noexcept nogil:
    """Whether the index at that distance was not there yet and is not too old to know."""
    cdef uint64_t index
    if delta > 0:
        return True
    if delta <= -WINDOW:
        return False
    index = stream.index + <uint64_t>delta
    return not stream.seen[(index & (WINDOW - 1)) >> 6] >> (index & 63) & 1


cdef inline void note_index(Stream *stream, int64_t delta) noexcept nogil:
    cdef uint64_t index = stream.index + <uint64_t>delta
    cdef uint64_t number
    if delta >= WINDOW:
        memset(stream.seen, 0, sizeof(stream.seen))
    elif delta > 0:
        number = stream.index + 1
        while number <= index:
            stream.seen[(number & (WINDOW - 1)) >> 6] &= ~(<uint64_t>1 << (number & 63))
            number += 1
    if delta > 0:
        stream.index = index
    stream.seen[(index & (WINDOW - 1)) >> 6] |= <uint64_t>1 << (index & 63)


cdef inline bint is_fresh_control(const Stream *stream, uint32_t index) noexcept nogil:
    cdef uint64_t place
    if <uint64_t>index >= <uint64_t>stream.control_start + CONTROL_WINDOW:
        return True
    if index < stream.control_start:
        return False
    place = index - stream.control_start
    return not stream.control_seen[place >> 6] >> (place & 63) & 1


cdef inline void note_control(Stream *stream, uint32_t index) noexcept nogil:
    cdef uint64_t place = index - stream.control_start
    cdef uint64_t shift
    if place >= CONTROL_WINDOW:
        shift = place - (CONTROL_WINDOW - 1)
        if shift >= 128:
            stream.control_seen[0] = 0
            stream.control_seen[1] = 0
        elif shift >= 64:
            stream.control_seen[0] = stream.control_seen[1] >> (shift - 64)
            stream.control_seen[1] = 0
        else:
            stream.control_seen[0] = stream.control_seen[0] >> shift | stream.control_seen[1] << (64 - shift)
            stream.control_seen[1] >>= shift
        stream.control_start += <uint32_t>shift
        place = CONTROL_WINDOW - 1
    stream.control_seen[place >> 6] |= <uint64_t>1 << (place & 63)


# -- one packet -----------------------------------------------------------------------------------------------------


cdef inline int tag_size(int profile) noexcept nogil:
    return 10 if profile == CM_SHA1 else 16


cdef inline void _gcm_iv(const Keys *keys, uint32_t ssrc, uint64_t number, uint8_t *iv) noexcept nogil:
    """RFC 7714 8.1 and 9.1: ``number`` are the six bytes ROC and sequence number, or two zeros and the SRTCP index."""
    cdef int place
    iv[0] = 0
    iv[1] = 0
    put32(iv + 2, ssrc)
    put16(iv + 6, <uint32_t>(number >> 32))
    put32(iv + 8, <uint32_t>number)
    for place in range(12):
        iv[place] ^= keys.salt[place]


cdef inline void _cm_iv(const Keys *keys, uint32_t ssrc, uint64_t number, uint8_t *iv) noexcept nogil:
    """RFC 3711 4.1.1."""
    cdef int place
    memset(iv, 0, 16)
    put32(iv + 4, ssrc)
    put16(iv + 8, <uint32_t>(number >> 32))
    put32(iv + 10, <uint32_t>number)
    for place in range(16):
        iv[place] ^= keys.salt[place]


cdef inline void _authenticate(
    const Keys *keys, const uint8_t *data, int size, const uint8_t *more, int more_size, uint8_t *digest
) noexcept nogil:
    cdef SHA_CTX context = keys.inner
    SHA1_Update(&context, data, size)
    if more_size:
        SHA1_Update(&context, more, more_size)
    SHA1_Final(digest, &context)
    context = keys.outer
    SHA1_Update(&context, digest, 20)
    SHA1_Final(digest, &context)


cdef inline bint _gcm_seal(
    Keys *keys,
    const uint8_t *iv,
    const uint8_t *associated,
    int associated_size,
    const uint8_t *more,
    int more_size,
    const uint8_t *plain,
    uint8_t *out,
    int size,
) noexcept nogil:
    """Encrypt to ``out`` and put the tag after it. ``EVP_Cipher`` is the way with the fewest look-ups per call."""
    cdef EVP_CIPHER_CTX *cipher = keys.cipher
    if EVP_EncryptInit_ex(cipher, NULL, NULL, NULL, iv) != 1:
        return False
    if EVP_Cipher(cipher, NULL, associated, associated_size) < 0:
        return False
    if more_size and EVP_Cipher(cipher, NULL, more, more_size) < 0:
        return False
    if size and EVP_Cipher(cipher, out, plain, size) < 0:
        return False
    if EVP_Cipher(cipher, NULL, NULL, 0) < 0:
        return False
    return EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, out + size) == 1


cdef inline bint _gcm_open(
    Keys *keys,
    const uint8_t *iv,
    const uint8_t *associated,
    int associated_size,
    const uint8_t *more,
    int more_size,
    uint8_t *data,
    int size,
    uint8_t *tag,
) noexcept nogil:
    """Decrypt in place."""
    cdef EVP_CIPHER_CTX *cipher = keys.cipher
    cdef int length = 0
    if EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, iv) != 1:
        return False
    if EVP_DecryptUpdate(cipher, NULL, &length, associated, associated_size) != 1:
        return False
    if more_size and EVP_DecryptUpdate(cipher, NULL, &length, more, more_size) != 1:
        return False
    if size and EVP_DecryptUpdate(cipher, data, &length, data, size) != 1:
        return False
    if EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag) != 1:
        return False
    return EVP_DecryptFinal_ex(cipher, data + size, &length) == 1


cdef inline bint _apply_keystream(
    Keys *keys, const uint8_t *iv, const uint8_t *data, uint8_t *out, int size
) noexcept nogil:
    cdef int length = 0
    if EVP_EncryptInit_ex(keys.cipher, NULL, NULL, NULL, iv) != 1:
        return False
    return size == 0 or EVP_EncryptUpdate(keys.cipher, out, &length, data, size) == 1


cdef inline int seal(
    Crypto *crypto, Stream *stream, uint8_t *packet, int head, const uint8_t *plain, int size
) noexcept nogil:
    """Encrypt ``plain`` behind the header that is in ``packet``; the whole length, or −1: this number may not be used.

    ``plain`` may lie where the ciphertext goes.
    """
    cdef Keys *keys = &crypto.rtp
    cdef uint8_t iv[16]
    cdef uint8_t digest[20]
    cdef uint8_t counter[4]
    cdef int64_t delta = guess(stream, get16(packet + 2))
    cdef uint64_t index
    if head + size > MAX_PROTECT or not is_fresh(stream, delta):
        return -1
    index = stream.index + <uint64_t>delta
    note_index(stream, delta)
    if crypto.profile != CM_SHA1:
        _gcm_iv(keys, stream.ssrc, index & 0xFFFFFFFFFFFFULL, iv)
        if not _gcm_seal(keys, iv, packet, head, NULL, 0, plain, packet + head, size):
            return -1
        return head + size + 16
    _cm_iv(keys, stream.ssrc, index & 0xFFFFFFFFFFFFULL, iv)
    if not _apply_keystream(keys, iv, plain, packet + head, size):
        return -1
    put32(counter, <uint32_t>(index >> 16))
    _authenticate(keys, packet, head + size, counter, 4, digest)
    memcpy(packet + head + size, digest, 10)
    return head + size + 10


cdef inline int header_size(const uint8_t *packet, int size) noexcept nogil:
    """Bytes before the payload of an RTP packet, or −1."""
    cdef int head
    if size < 12:
        return -1
    head = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        if head + 4 > size:
            return -1
        head += 4 + 4 * <int>get16(packet + head + 2)
    return -1 if head > size else head


cdef inline Opened open_packet(Crypto *crypto, Stream *stream, uint8_t *packet, int size, int *plain) noexcept nogil:
    """Decrypt an SRTP packet in place; ``plain`` is its length in the clear. ``stream`` changes only by an authentic one."""
    cdef Keys *keys = &crypto.rtp
    cdef uint8_t iv[16]
    cdef uint8_t digest[20]
    cdef uint8_t counter[4]
    cdef int tag = tag_size(crypto.profile)
    cdef int head = header_size(packet, size)
    cdef int64_t delta
    cdef uint64_t index
    if head < 0 or size > MAX_UNPROTECT:
        return FORGED
    delta = guess(stream, get16(packet + 2))
    if not is_fresh(stream, delta):
        return REPLAYED
    if head + tag > size:
        return FORGED
    index = stream.index + <uint64_t>delta
    if crypto.profile != CM_SHA1:
        _gcm_iv(keys, stream.ssrc, index & 0xFFFFFFFFFFFFULL, iv)
        if not _gcm_open(keys, iv, packet, head, NULL, 0, packet + head, size - head - tag, packet + size - tag):
            return FORGED
    else:
        put32(counter, <uint32_t>(index >> 16))
        _authenticate(keys, packet, size - tag, counter, 4, digest)
        if CRYPTO_memcmp(digest, packet + size - tag, tag) != 0:
            return FORGED
        _cm_iv(keys, stream.ssrc, index & 0xFFFFFFFFFFFFULL, iv)
        if not _apply_keystream(keys, iv, packet + head, packet + head, size - head - tag):
            return FORGED
    note_index(stream, delta)
    plain[0] = size - tag
    return OPENED


cdef inline int seal_control(
    Crypto *crypto, Stream *stream, uint8_t *out, const uint8_t *plain, int size
) noexcept nogil:
    """Encrypt a compound packet to ``out``; its length, or −1."""
    cdef Keys *keys = &crypto.rtcp
    cdef uint8_t iv[16]
    cdef uint8_t digest[20]
    cdef uint8_t trailer[4]
    if size < 8 or size > MAX_PROTECT_RTCP or stream.control_start >= 0x7FFFFFFF:
        return -1
    stream.control_start += 1
    put32(trailer, 0x80000000LL | stream.control_start)
    memcpy(out, plain, 8)
    if crypto.profile != CM_SHA1:
        _gcm_iv(keys, stream.ssrc, stream.control_start, iv)
        if not _gcm_seal(keys, iv, plain, 8, trailer, 4, plain + 8, out + 8, size - 8):
            return -1
        memcpy(out + size + 16, trailer, 4)
        return size + 20
    _cm_iv(keys, stream.ssrc, stream.control_start, iv)
    if not _apply_keystream(keys, iv, plain + 8, out + 8, size - 8):
        return -1
    memcpy(out + size, trailer, 4)
    _authenticate(keys, out, size + 4, NULL, 0, digest)
    memcpy(out + size + 4, digest, 10)
    return size + 14


cdef inline Opened open_control(Crypto *crypto, Stream *stream, uint8_t *packet, int size, int *plain) noexcept nogil:
    """Decrypt an SRTCP packet in place."""
    cdef Keys *keys = &crypto.rtcp
    cdef uint8_t iv[16]
    cdef uint8_t digest[20]
    cdef uint8_t *trailer
    cdef int tag = tag_size(crypto.profile)
    cdef int length
    cdef uint32_t index
    cdef bint encrypted
    if size < 8 + tag + 4 or size > MAX_UNPROTECT:
        return FORGED
    length = size - tag - 4
    trailer = packet + size - 4 if crypto.profile != CM_SHA1 else packet + length
    index = get32(trailer) & 0x7FFFFFFF
    encrypted = trailer[0] & 0x80 != 0
    if crypto.profile == CM_SHA1 and not encrypted:
        return FORGED
    if not is_fresh_control(stream, index):
        return REPLAYED
    if crypto.profile != CM_SHA1:
        _gcm_iv(keys, stream.ssrc, index, iv)
        if encrypted:
            if not _gcm_open(keys, iv, packet, 8, trailer, 4, packet + 8, length - 8, packet + length):
                return FORGED
        elif not _gcm_open(keys, iv, packet, length, trailer, 4, packet + 8, 0, packet + length):
            return FORGED
    else:
        _authenticate(keys, packet, length + 4, NULL, 0, digest)
        if CRYPTO_memcmp(digest, packet + length + 4, tag) != 0:
            return FORGED
        _cm_iv(keys, stream.ssrc, index, iv)
        if not _apply_keystream(keys, iv, packet + 8, packet + 8, length - 8):
            return FORGED
    note_control(stream, index)
    plain[0] = length
    return OPENED
