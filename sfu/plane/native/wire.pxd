"""Numbers on the wire (big-endian), and integer division that rounds down as Python's does."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef inline uint16_t get16(const uint8_t *at) noexcept nogil:
    return <uint16_t>(<uint32_t>at[0] << 8 | at[1])


cdef inline uint32_t get24(const uint8_t *at) noexcept nogil:
    return <uint32_t>at[0] << 16 | <uint32_t>at[1] << 8 | at[2]


cdef inline uint32_t get32(const uint8_t *at) noexcept nogil:
    return <uint32_t>at[0] << 24 | <uint32_t>at[1] << 16 | <uint32_t>at[2] << 8 | at[3]


cdef inline uint64_t get64(const uint8_t *at) noexcept nogil:
    return <uint64_t>get32(at) << 32 | get32(at + 4)


cdef inline void put16(uint8_t *at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 8)
    at[1] = <uint8_t>value


cdef inline void put24(uint8_t *at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 16)
    at[1] = <uint8_t>(value >> 8)
    at[2] = <uint8_t>value


cdef inline void put32(uint8_t *at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 24)
    at[1] = <uint8_t>(value >> 16)
    at[2] = <uint8_t>(value >> 8)
    at[3] = <uint8_t>value


cdef inline void put64(uint8_t *at, uint64_t value) noexcept nogil:
    put32(at, <uint32_t>(value >> 32))
    put32(at + 4, <uint32_t>value)


cdef inline int64_t floor_divide(int64_t a, int64_t b) noexcept nogil:
    """``a // b`` for positive ``b``."""
    cdef int64_t quotient = a // b
    return quotient - 1 if a % b < 0 else quotient


cdef inline int difference16(uint32_t a, uint32_t b) noexcept nogil:
    """Signed distance from ``b`` to ``a``."""
    return <int>((a - b + 0x8000) & 0xFFFF) - 0x8000


cdef inline int64_t difference32(uint32_t a, uint32_t b) noexcept nogil:
    return <int64_t>((<uint64_t>a - b + 0x80000000LL) & 0xFFFFFFFFU) - 0x80000000LL
