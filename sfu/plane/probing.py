"""A probe: more bytes than the media needs, for a moment, to learn whether the path carries them."""

from __future__ import annotations

from dataclasses import dataclass

from .consumer import Consumer
from .repeating import repeat_for_probe
from .state import State
from .transport import Transport

__all__ = ["MAX_CLUSTER", "MAX_PROBE", "Probe", "begin_probe"]

MAX_CLUSTER = 255
MAX_PROBE = 1_000_000  # bytes
AHEAD_SECONDS = 0.001


@dataclass(slots=True)
class Probe:
    """One under way."""

    cluster: int
    rate: float  # bytes a second
    size: int
    began: float
    sent: int = 0
    index: int | None = None  # of the next packet to repeat; None: the newest


def begin_probe(state: State, transport: Transport, probe: Probe) -> None:
    """Send its first packets; the rest follows by the clock."""
    transport.probe = probe
    if not transport.probe_due:
        _go_on(state, transport)


def _handle_timer(state: State, transport: Transport) -> None:
    transport.probe_due = False
    if not transport.closed:
        _go_on(state, transport)


def _go_on(state: State, transport: Transport) -> None:
    probe, now = transport.probe, state.clock.now
    consumer = _carrier(transport)
    while probe is not None and consumer is not None and probe.sent < probe.size:
        due = probe.began + probe.sent / probe.rate
        if due > now + AHEAD_SECONDS:
            transport.probe_due = True
            state.timers.at(due, lambda now: _handle_timer(state, transport))
            return
        size, probe.index = repeat_for_probe(consumer, transport, probe.index, probe.cluster)
        if not size:
            break
        probe.sent += size
    transport.probe = None


def _carrier(transport: Transport) -> Consumer | None:
    """Who sends it: a picture that can be repeated, else any stream that can be padded."""
    able = [one for one in transport.consumers.values() if one.build_rtx is not None and one.stamps]
    carrying = [one for one in able if one.carried is not None and one.carried.ring is not None]
    return next(iter(carrying + able), None)
