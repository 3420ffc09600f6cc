from __future__ import annotations

from random import Random

import pytest

from sfu.congestion.twcc import HISTORY, MAX_STATUSES, ArrivalLog, parse_feedback
from sfu.rtp.errors import MalformedPacket

TICK = 250_000
MS = 1_000_000


def test_nothing_came_nothing_is_told() -> None:
    assert ArrivalLog().feedback() == []


def test_literal_run() -> None:
    log = ArrivalLog()
    for number in range(3):
        log.receive(0xFFFF + number & 0xFFFF, 64 * MS + number * MS)
    # base ffff, three packets, reference 1, feedback 0; a run of three small deltas; 0, 4 and 4 ticks; padding
    assert log.feedback() == [bytes.fromhex("ffff0003 00000100 2003 00 04 04 000000")]


def test_literal_vectors() -> None:
    log = ArrivalLog()
    for number in (0, 2, 3, 5):
        log.receive(number, number * TICK)
    log.receive(7, 7 * TICK + 100 * MS)  # a delta that takes two bytes
    [body] = log.feedback()
    # 0..6 as two-bit symbols 01 00 01 01 00 01 00, then a run of one large delta
    assert body == bytes.fromhex("00000008 00000000 d144 4001 00 02 01 02 0192 0000")
    assert parse_feedback(body).arrivals == (0, None, 2, 3, None, 5, None, 407)


def test_literal_one_bit_vector() -> None:
    log = ArrivalLog()
    for number in range(0, 15, 2):
        log.receive(number, 0)
    [body] = log.feedback()
    assert body[8:10] == bytes.fromhex("aaaa") and body[10:12] == bytes.fromhex("2001")
    assert [number for number, at in enumerate(parse_feedback(body).arrivals) if at is not None] == [*range(0, 15, 2)]


def test_feedback_goes_on_where_the_last_ended() -> None:
    log = ArrivalLog()
    log.receive(10, 0)
    assert parse_feedback(log.feedback()[0]).base == 10
    log.receive(13, MS)
    second = parse_feedback(log.feedback()[0])
    assert (second.base, second.number, second.arrivals) == (11, 1, (None, None, 4))
    log.receive(12, 2 * MS)  # late: what is known between it and the newest is told again
    third = parse_feedback(log.feedback()[0])
    assert (third.base, third.arrivals) == (12, (8,))
    assert log.feedback() == []


def test_a_repeated_number_counts_once() -> None:
    log = ArrivalLog()
    log.receive(1, MS)
    log.receive(1, 9 * MS)
    assert len(log) == 1
    assert parse_feedback(log.feedback()[0]).arrivals == (4,)


def test_long_silence_needs_another_packet() -> None:
    log = ArrivalLog()
    log.receive(1, 0)
    log.receive(2, 20_000 * MS)
    one, two = map(parse_feedback, log.feedback())
    assert (one.base, one.arrivals) == (1, (0,))
    assert (two.base, two.arrivals) == (2, (80_000,))


def test_reference_time_wraps() -> None:
    log = ArrivalLog()
    log.receive(1, 64 * MS * (1 << 24) + 64 * MS)
    assert parse_feedback(log.feedback()[0]).arrivals == (256,)


def test_an_outage_is_left_out() -> None:
    log = ArrivalLog()
    log.receive(0, 0)
    log.receive(20_000, MS)
    bodies = [parse_feedback(body) for body in log.feedback()]
    told = [body.base + place for body in bodies for place, at in enumerate(body.arrivals) if at is not None]
    assert told == [0, 20_000]
    assert sum(len(body.arrivals) for body in bodies) <= 3 * MAX_STATUSES


def test_memory_is_bounded() -> None:
    log = ArrivalLog()
    for number in range(3 * HISTORY):
        log.receive(number & 0xFFFF, number * MS)
    assert len(log) <= HISTORY
    told = sum(at is not None for body in log.feedback() for at in parse_feedback(body).arrivals)
    assert told == HISTORY


@pytest.mark.parametrize("seed", range(10))
def test_exactly_what_came_is_told(seed: int) -> None:
    random = Random(seed)
    log = ArrivalLog()
    came: dict[int, int] = {}
    told: dict[int, int] = {}
    now = random.randrange(10**9)
    numbers = [number for number in range(65000, 68000) if random.random() > 0.1]
    numbers.sort(key=lambda number: number + random.random() * 8)
    for count, number in enumerate(numbers):
        now += random.choice((0, 1, 3, 10, 400)) * TICK
        came[number & 0xFFFF] = now // TICK
        log.receive(number & 0xFFFF, now)
        if count % 40 == 39 or count == len(numbers) - 1:
            for body in log.feedback():
                assert len(body) % 4 == 0 and len(body) < 1100
                feedback = parse_feedback(body)
                for place, arrival in enumerate(feedback.arrivals):
                    if arrival is not None:
                        told[feedback.base + place & 0xFFFF] = arrival
    assert told == came


@pytest.mark.parametrize(
    "body",
    [
        "",
        "00010001000001",
        "0001000100000100",  # no chunk
        "0001000100000100 2001",  # no delta
        "0001000100000100 4001 00",  # half a delta
        "0001000100000100 6001 0000",  # the reserved symbol
        "0001000100000100 2000",  # a run of nothing
    ],
)
def test_malformed_feedback_is_refused(body: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_feedback(bytes.fromhex(body))
