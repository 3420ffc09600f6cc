"""The line that relays and simulations send through."""

from __future__ import annotations

from sfu.relay.link import Link, LinkSettings


def test_rate_and_delay() -> None:
    link: Link[str] = Link(LinkSettings(rate=80_000, delay_s=0.1, overhead=0))
    link.send("a", 1000, 0.0)
    link.send("b", 1000, 0.0)
    assert link.receive(0.19) == []
    assert [packet for _, packet in link.receive(0.21)] == ["a"]
    link.set_rate(8_000_000, 0.21)  # b has left already
    assert link.receive(1.0) == [(0.30000000000000004, "b")]
    assert link.next_at() is None


def test_a_full_queue_drops_the_last_and_loss_is_the_same_for_the_same_seed() -> None:
    link: Link[int] = Link(LinkSettings(rate=8000, queue_bytes=2000))
    for number in range(10):
        link.send(number, 1000, 0.0)
    assert link.dropped == 7
    lossy: list[Link[int]] = [Link(LinkSettings(loss=0.3), seed=4) for _ in range(2)]
    for one in lossy:
        for number in range(100):
            one.send(number, 100, number / 100)
    first, second = ([packet for _, packet in one.receive(2.0)] for one in lossy)
    assert first == second
    assert 55 < len(first) < 85


def test_jitter_keeps_the_order() -> None:
    link: Link[int] = Link(LinkSettings(delay_s=0.01, jitter_s=0.05))
    for number in range(50):
        link.send(number, 100, number / 1000)
    assert [packet for _, packet in link.receive(1.0)] == list(range(50))
