from __future__ import annotations

from sfu.rtp.nack import NackGenerator


def test_nothing_is_asked_while_nothing_is_missing() -> None:
    nack = NackGenerator()
    assert all(nack.receive(index, 0.0) for index in range(100, 200))
    assert nack.next_timeout() is None and nack.requests(9.0, 0.1) == []


def test_a_hole_waits_20_ms_for_reordering() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(102, 0.0)
    assert nack.requests(0.019, 0.1) == []
    assert nack.next_timeout() == 0.02
    nack.receive(101, 0.0195)
    assert nack.requests(0.02, 0.1) == []
    assert len(nack) == 0


def test_three_later_packets_show_a_loss_at_once() -> None:
    nack = NackGenerator()
    for index in (100, 102, 103):
        nack.receive(index, 0.0)
    assert nack.requests(0.001, 0.1) == []
    nack.receive(104, 0.002)
    assert nack.requests(0.002, 0.1) == [101]


def test_later_packets_do_not_hurry_a_request_that_was_made() -> None:
    nack = NackGenerator()
    for index in (100, 102, 103, 104):
        nack.receive(index, 0.0)
    assert nack.requests(0.0, 0.1) == [101]
    nack.receive(105, 0.01)
    assert nack.requests(0.01, 0.1) == []


def test_repeated_every_round_trip_ten_times() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(104, 0.0)
    now, asked = 0.0, 0
    while (due := nack.next_timeout()) is not None:
        now = due
        wanted = nack.requests(now, 0.06)
        asked += len(wanted)
    assert asked == 30
    assert nack.given_up == 3 and nack.lost == 103
    assert round(now, 3) == 0.62


def test_given_up_after_a_second_on_a_slow_path() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(102, 0.0)
    assert nack.requests(0.02, 0.7) == [101]
    assert nack.requests(0.72, 0.7) == [101]
    assert nack.requests(1.42, 0.7) == []
    assert nack.given_up == 1


def test_never_faster_than_40_ms() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(102, 0.0)
    assert nack.requests(0.02, 0.001) == [101]
    assert nack.requests(0.059, 0.001) == []
    assert nack.requests(0.06, 0.001) == [101]


def test_an_outage_is_not_repaired() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(102, 0.0)
    assert not nack.receive(700, 0.0)
    assert nack.given_up == 598 and len(nack) == 0
    assert nack.receive(701, 0.0)


def test_begun_at_a_known_place_the_first_hole_shows() -> None:
    nack = NackGenerator()
    nack.begin(100)
    nack.receive(102, 0.0)
    assert nack.requests(0.02, 0.1) == [101]


def test_cleared_when_nobody_waits() -> None:
    nack = NackGenerator()
    nack.receive(100, 0.0)
    nack.receive(102, 0.0)
    nack.clear()
    assert nack.receive(300, 0.0) and len(nack) == 0
