"""Where datagrams come from and go to, and which transport lives there."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcmp, memcpy

from .memory cimport claim, mix

cdef enum:
    TCP = 1
    IPV4 = 4
    IPV6 = 6

# All bytes count: unused ones are 0.
ctypedef struct Address:
    uint8_t ip[16]
    uint32_t port  # of a TCP peer the number of its connection
    uint32_t scope
    uint32_t family

# The address of ours that a peer wrote to: answers leave from there.
ctypedef struct Local:
    uint8_t ip[16]
    int size  # 4, 16 or 0: any

ctypedef struct Destination:
    Address address
    Local local

ctypedef struct Home:
    Address address
    void *owner  # NULL: free

ctypedef struct Homes:
    Home *homes
    int count
    int capacity


cdef inline bint is_same(const Address *one, const Address *other) noexcept nogil:
    return memcmp(one, other, sizeof(Address)) == 0


cdef inline uint64_t _hash(const Address *address) noexcept nogil:
    cdef uint64_t words[2]
    memcpy(words, address.ip, 16)
    return mix(mix(words[0]) ^ words[1] ^ (<uint64_t>address.port << 32 | address.scope << 8 | address.family))


cdef inline int _home(const Homes *homes, const Address *address) noexcept nogil:
    cdef int place = <int>(_hash(address) & <uint64_t>(homes.capacity - 1))
    while homes.homes[place].owner is not NULL and not is_same(&homes.homes[place].address, address):
        place = (place + 1) & (homes.capacity - 1)
    return place


cdef inline void *owner_of(const Homes *homes, const Address *address) noexcept nogil:
    return homes.homes[_home(homes, address)].owner if homes.count else NULL


cdef inline void settle(Homes *homes, const Address *address, void *owner) noexcept nogil:
    """Whoever lived there before does no more."""
    cdef Homes bigger
    cdef int place
    if 2 * (homes.count + 1) > homes.capacity:
        bigger.capacity = 16 if homes.capacity == 0 else 2 * homes.capacity
        bigger.count = homes.count
        bigger.homes = <Home *>claim(bigger.capacity * sizeof(Home))
        for place in range(homes.capacity):
            if homes.homes[place].owner is not NULL:
                bigger.homes[_home(&bigger, &homes.homes[place].address)] = homes.homes[place]
        free(homes.homes)
        homes[0] = bigger
    place = _home(homes, address)
    if homes.homes[place].owner is NULL:
        homes.count += 1
    homes.homes[place].address = address[0]
    homes.homes[place].owner = owner


cdef inline void move_out(Homes *homes, const Address *address) noexcept nogil:
    cdef int hole, place, home
    if not homes.count:
        return
    hole = _home(homes, address)
    if homes.homes[hole].owner is NULL:
        return
    homes.count -= 1
    place = hole
    while True:
        place = (place + 1) & (homes.capacity - 1)
        if homes.homes[place].owner is NULL:
            break
        home = <int>(_hash(&homes.homes[place].address) & <uint64_t>(homes.capacity - 1))
        if ((place - home) & (homes.capacity - 1)) >= ((place - hole) & (homes.capacity - 1)):
            homes.homes[hole] = homes.homes[place]
            hole = place
    homes.homes[hole].owner = NULL
