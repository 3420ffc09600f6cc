"""Redundant audio, RFC 2198: the blocks of a payload, and the head of one."""

from libc.stdint cimport uint8_t

from .limits cimport MAX_EARLIER
from .wire cimport get32, put32

ctypedef struct Block:
    int payload_type
    int offset  # how much earlier its timestamp is
    int at
    int size

ctypedef struct Red:
    int count
    Block blocks[MAX_EARLIER + 1]  # oldest first; the last is the packet's own


cdef inline bint read_red(Red *red, const uint8_t *payload, int size) noexcept nogil:
    """Read the heads; False when it is malformed."""
    cdef int position = 0
    cdef int place
    cdef Block *block
    red.count = 0
    while position < size and payload[position] & 0x80:
        if position + 4 > size or red.count == MAX_EARLIER:
            return False
        block = &red.blocks[red.count]
        block.payload_type = payload[position] & 0x7F
        block.offset = <int>(get32(payload + position) >> 10 & 0x3FFF)
        block.size = <int>(get32(payload + position) & 0x3FF)
        red.count += 1
        position += 4
    if position >= size:
        return False
    red.blocks[red.count].payload_type = payload[position] & 0x7F
    red.blocks[red.count].offset = 0
    position += 1
    for place in range(red.count):
        red.blocks[place].at = position
        position += red.blocks[place].size
        if position > size:
            return False
    red.blocks[red.count].at = position
    red.blocks[red.count].size = size - position
    red.count += 1
    return True


cdef inline void write_red_head(uint8_t *out, int payload_type, int offset, int size) noexcept nogil:
    """Of an earlier packet's block, 4 bytes; that of the own one is its payload type."""
    put32(out, 0x80000000U | <unsigned int>(payload_type << 24 | offset << 10 | size))
