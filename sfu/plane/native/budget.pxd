"""Budgets that use fills and time empties, see sfu/plane/budgets.py."""

ctypedef struct Budget:
    double used
    double at

# Of everybody; each a second.
ctypedef struct Budgets:
    double audio_packets
    double audio_bytes
    double video_packets
    double video_bytes
    double control_packets
    double nacked_packets
    double repair_bytes


cdef inline bint spend(Budget *budget, double cost, double rate, double most, double now) noexcept nogil:
    """Use so much of it; False, and nothing is used, when that is more than is left."""
    cdef double used = budget.used - (now - budget.at) * rate
    if used < 0.0:
        used = 0.0
    budget.used = used
    budget.at = now
    if used + cost > most:
        return False
    budget.used = used + cost
    return True
