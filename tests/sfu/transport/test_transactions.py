"""A captured check is worth nothing from elsewhere, and nothing at all when it is old."""

from __future__ import annotations

from random import Random

from sfu.transport.transactions import FILTERED, REMEMBERED, Transactions

HOME, AWAY = ("192.0.2.1", 1000), ("192.0.2.2", 2000)


def test_the_same_from_the_same_place_is_a_retransmission() -> None:
    seen = Transactions()
    assert not seen.is_replay(b"one of twelve", HOME)
    assert not seen.is_replay(b"one of twelve", HOME)
    assert seen.is_replay(b"one of twelve", AWAY)


def test_however_old_it_is_a_captured_one_stays_captured() -> None:
    random, seen = Random(1), Transactions()
    captured = [random.randbytes(12) for _ in range(REMEMBERED + FILTERED + 1000)]
    taken_for_old = sum(seen.is_replay(one, HOME) for one in captured)
    assert taken_for_old < len(captured) / 100  # the peer sends those again under another id
    assert all(seen.is_replay(one, AWAY) for one in captured)
    assert all(seen.is_replay(one, HOME) for one in captured[:1000])
    assert len(seen) == REMEMBERED


def test_memory_is_bounded_for_ever() -> None:
    random, seen = Random(2), Transactions()
    for _ in range(2 * FILTERED + 1000):
        seen.is_replay(random.randbytes(12), HOME)
    assert len(seen._older) + len(seen._oldest) == 32 * 1024 and len(seen) == REMEMBERED
