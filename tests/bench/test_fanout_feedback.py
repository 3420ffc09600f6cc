"""The generator's transport-wide feedback, read by the product's own parser."""

from __future__ import annotations

import socket

import pytest

from bench.fanout.build import engine
from bench.fanout.keys import session_keys
from sfu.congestion.twcc import parse_feedback

KEYS = session_keys("AEAD_AES_128_GCM", bytes(28))
TICK_NS = 250_000


def told(arrivals: list[tuple[int, int]]) -> dict[int, int]:
    """Number → arrival in ticks, as a server understands it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        generator = engine().Generator(1)
        number = generator.add_peer(there.fileno(), False, KEYS, KEYS, 3, 0, 1)
        message = generator.transport_feedback(number, arrivals)
    assert message[:2] == b"\x8f\xcd"
    assert len(message) == 4 + 4 * int.from_bytes(message[2:4], "big")
    feedback = parse_feedback(message[12:])
    return {feedback.base + i & 0xFFFF: at for i, at in enumerate(feedback.arrivals) if at is not None}


@pytest.mark.parametrize("step_ms", [1, 30, 200])
def test_arrivals_are_told_to_a_tick(step_ms: int) -> None:
    arrivals = [(100 + i, 7_000_000_000 + i * step_ms * 1_000_000) for i in range(20)]
    assert told(arrivals) == {number: at // TICK_NS for number, at in arrivals}


def test_gaps_reordering_and_the_wrap_around() -> None:
    numbers = [0xFFFE, 0xFFFD, 0x0001, 0x0000, 0x0009]
    arrivals = [(number, 9_000_000_000 + i * TICK_NS) for i, number in enumerate(numbers)]
    assert told(arrivals) == {number: at // TICK_NS for number, at in arrivals}


def test_nothing_to_tell() -> None:
    generator = engine().Generator(1)
    here, there = socket.socketpair()
    with here, there:
        number = generator.add_peer(there.fileno(), False, KEYS, KEYS, 3, 0, 1)
        assert generator.transport_feedback(number, []) == b""
