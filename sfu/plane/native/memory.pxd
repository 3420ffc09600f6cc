"""Memory that is there, growing lists of pointers, and a map from numbers to pointers."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport abort, calloc, free, malloc, realloc
from libc.string cimport memmove


cdef inline void *claim(size_t size) noexcept nogil:
    """Zeroed memory; there is no going on without it."""
    cdef void *memory = calloc(1, size)
    if memory is NULL:
        abort()
    return memory


cdef inline void *resize(void *memory, size_t size) noexcept nogil:
    memory = realloc(memory, size)
    if memory is NULL:
        abort()
    return memory


# -- lists ----------------------------------------------------------------------------------------------------------

ctypedef struct List:
    void **items
    int count
    int capacity


cdef inline void append(List *list, void *item) noexcept nogil:
    if list.count == list.capacity:
        list.capacity = 4 if list.capacity == 0 else 2 * list.capacity
        list.items = <void **>resize(list.items, list.capacity * sizeof(void *))
    list.items[list.count] = item
    list.count += 1


cdef inline void remove_at(List *list, int place) noexcept nogil:
    list.count -= 1
    memmove(&list.items[place], &list.items[place + 1], (list.count - place) * sizeof(void *))


cdef inline void remove(List *list, void *item) noexcept nogil:
    """Take the first of that item out; the order of the others stays."""
    cdef int place
    for place in range(list.count):
        if list.items[place] == item:
            remove_at(list, place)
            return


cdef inline void release_list(List *list) noexcept nogil:
    free(list.items)
    list.items = NULL
    list.count = 0
    list.capacity = 0


# -- maps -----------------------------------------------------------------------------------------------------------

ctypedef struct Entry:
    uint64_t key
    void *value  # NULL: free

ctypedef struct Map:
    Entry *entries
    int count
    int capacity  # a power of two, or 0


cdef inline uint64_t mix(uint64_t key) noexcept nogil:
    key ^= key >> 33
    key *= <uint64_t>0xFF51AFD7ED558CCDULL
    key ^= key >> 33
    key *= <uint64_t>0xC4CEB9FE1A85EC53ULL
    return key ^ key >> 33


cdef inline int _place_of(const Map *map, uint64_t key) noexcept nogil:
    cdef int place = <int>(mix(key) & <uint64_t>(map.capacity - 1))
    while map.entries[place].value is not NULL and map.entries[place].key != key:
        place = (place + 1) & (map.capacity - 1)
    return place


cdef inline void *lookup(const Map *map, uint64_t key) noexcept nogil:
    return map.entries[_place_of(map, key)].value if map.count else NULL


cdef inline void store(Map *map, uint64_t key, void *value) noexcept nogil:
    cdef Map bigger
    cdef int place
    if 2 * (map.count + 1) > map.capacity:
        bigger.capacity = 8 if map.capacity == 0 else 2 * map.capacity
        bigger.count = 0
        bigger.entries = <Entry *>claim(bigger.capacity * sizeof(Entry))
        for place in range(map.capacity):
            if map.entries[place].value is not NULL:
                bigger.entries[_place_of(&bigger, map.entries[place].key)] = map.entries[place]
                bigger.count += 1
        free(map.entries)
        map[0] = bigger
    place = _place_of(map, key)
    if map.entries[place].value is NULL:
        map.count += 1
    map.entries[place].key = key
    map.entries[place].value = value


cdef inline void discard(Map *map, uint64_t key) noexcept nogil:
    """Take a key out; what follows it moves up, so that look-ups never meet a hole."""
    cdef int hole, place, home
    if not map.count:
        return
    hole = _place_of(map, key)
    if map.entries[hole].value is NULL:
        return
    map.count -= 1
    place = hole
    while True:
        place = (place + 1) & (map.capacity - 1)
        if map.entries[place].value is NULL:
            break
        home = <int>(mix(map.entries[place].key) & <uint64_t>(map.capacity - 1))
        if ((place - home) & (map.capacity - 1)) >= ((place - hole) & (map.capacity - 1)):
            map.entries[hole] = map.entries[place]
            hole = place
    map.entries[hole].value = NULL


cdef inline void release_map(Map *map) noexcept nogil:
    free(map.entries)
    map.entries = NULL
    map.count = 0
    map.capacity = 0
