"""A bounded line of records between two threads, one writing and one reading, without a lock.

Records lie contiguous; one that does not fit before the end of the buffer begins at its start. A full queue refuses:
the writer decides what is lost, and counts it.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from .memory cimport claim

cdef extern from *:
    """
    #define gb_load(place) __atomic_load_n((place), __ATOMIC_ACQUIRE)
    #define gb_store(place, value) __atomic_store_n((place), (value), __ATOMIC_RELEASE)
    """
    uint64_t load "gb_load"(const uint64_t *place) noexcept nogil
    void publish "gb_store"(uint64_t *place, uint64_t value) noexcept nogil

cdef enum:
    SKIP = 0xFFFFFFFFU

ctypedef struct Queue:
    uint8_t *bytes
    uint64_t capacity  # a power of two; 0: not there yet
    uint64_t written
    uint64_t read
    uint64_t records_written
    uint64_t records_read


cdef inline void open_queue(Queue *queue, uint64_t capacity) noexcept nogil:
    queue.bytes = <uint8_t *>claim(capacity)
    queue.capacity = capacity


cdef inline void close_queue(Queue *queue) noexcept nogil:
    free(queue.bytes)
    queue.bytes = NULL
    queue.capacity = 0


cdef inline uint64_t waiting_records(const Queue *queue) noexcept nogil:
    return load(&queue.records_written) - load(&queue.records_read)


cdef inline uint8_t *claim_record(Queue *queue, uint32_t size) noexcept nogil:
    """Room for a record of ``size`` bytes, or NULL; ``publish_record`` makes it visible."""
    cdef uint64_t needed = 8 + ((size + 7) & ~<uint64_t>7)
    cdef uint64_t at = queue.written & (queue.capacity - 1)
    cdef uint64_t skipped = 0
    if queue.capacity == 0:
        return NULL
    if at + needed > queue.capacity:
        skipped = queue.capacity - at
    if queue.written + skipped + needed - load(&queue.read) > queue.capacity:
        return NULL
    if skipped:
        (<uint32_t *>(queue.bytes + at))[0] = SKIP
        publish(&queue.written, queue.written + skipped)
        at = 0
    (<uint32_t *>(queue.bytes + at))[0] = size
    return queue.bytes + at + 8


cdef inline void publish_record(Queue *queue, uint32_t size) noexcept nogil:
    publish(&queue.records_written, queue.records_written + 1)
    publish(&queue.written, queue.written + 8 + ((size + 7) & ~<uint64_t>7))


cdef inline const uint8_t *next_record(Queue *queue, uint32_t *size) noexcept nogil:
    """The oldest record, or NULL; it stays until ``drop_record``."""
    cdef uint64_t at
    while load(&queue.written) != queue.read:
        at = queue.read & (queue.capacity - 1)
        size[0] = (<uint32_t *>(queue.bytes + at))[0]
        if size[0] != SKIP:
            return queue.bytes + at + 8
        publish(&queue.read, queue.read + queue.capacity - at)
    return NULL


cdef inline void drop_record(Queue *queue, uint32_t size) noexcept nogil:
    publish(&queue.read, queue.read + 8 + ((size + 7) & ~<uint64_t>7))
    publish(&queue.records_read, queue.records_read + 1)
