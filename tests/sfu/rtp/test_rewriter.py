from __future__ import annotations

from random import Random

import pytest

from sfu.rtp.rewriter import MAX_SEGMENTS, Position, Rewriter
from tests.tries import tries


def rewriter() -> Rewriter:
    return Rewriter(clock_rate=90000, min_step=90, first_index=1000, first_timestamp=0xFFFFFF00)


def test_nothing_began() -> None:
    outbound = rewriter()
    outbound.leave(Position(5, 0, 0.0))
    outbound.skip(5)
    assert outbound.find(999, None) is None
    assert outbound.segment_of("a", 5) is None
    assert outbound.last.index == 999


def test_switch_goes_on_by_one_and_by_the_wall_clock() -> None:
    outbound = rewriter()
    one = outbound.begin("a", Position(70000, 500, 10.0, 32767, 255))
    assert 70000 + one.index_offset == 1000
    assert 500 + one.timestamp_offset == 0xFFFFFF00
    assert (one.picture_offset, one.tl0_offset) == (0, 0)
    outbound.leave(Position(70009, 3500, 11.0, 3, 1))
    assert outbound.last == Position(1009, 3500 - 500 - 0x100, 11.0, 3, 1)
    two = outbound.begin("b", Position(8, 77, 11.5, 100, 50))
    assert 8 + two.index_offset == 1010
    assert 77 + two.timestamp_offset == 3500 - 500 - 0x100 + 45000
    assert (100 + two.picture_offset, 50 + two.tl0_offset) == (4, 2)


def test_timestamp_always_moves() -> None:
    outbound = rewriter()
    outbound.begin("a", Position(1, 0, 10.0))
    outbound.leave(Position(1, 0, 10.0))
    two = outbound.begin("b", Position(1, 0, 9.0))  # an older keyframe
    assert two.timestamp_offset == 0xFFFFFF00 + 90


def test_picture_ids_survive_a_source_that_has_none() -> None:
    outbound = rewriter()
    outbound.begin("a", Position(1, 0, 1.0, 10, 20))
    outbound.leave(Position(2, 0, 1.0, 11, 21))
    two = outbound.begin("b", Position(1, 0, 2.0))
    assert (two.picture_offset, two.tl0_offset) == (0, 0)
    outbound.leave(Position(1, 0, 2.0))
    three = outbound.begin("c", Position(1, 0, 3.0, 500, 6))
    assert (500 + three.picture_offset, 6 + three.tl0_offset) == (12, 22)


def test_a_route_that_forwarded_nothing_takes_no_number() -> None:
    outbound = rewriter()
    outbound.begin("a", Position(10, 0, 1.0))
    outbound.leave(Position(9, 0, 0.5))
    assert outbound.last.index == 999


def test_skipped_padding_leaves_no_gap() -> None:
    outbound = rewriter()
    outbound.begin("a", Position(10, 0, 1.0))
    outbound.skip(12)  # 10 and 11 went out, or will
    outbound.skip(13)
    assert outbound.current is not None
    assert 14 + outbound.current.index_offset == 1002
    late = outbound.segment_of("a", 11)
    assert late is not None and 11 + late.index_offset == 1001
    assert outbound.segment_of("a", 12) is None  # its number belongs to 14 now
    found = outbound.find(1002, 14)
    assert found is not None and found[1] == 14
    found = outbound.find(1001, 14)
    assert found is not None and found[1] == 11
    outbound.skip(5)  # from before the route
    assert 14 + outbound.current.index_offset == 1002


def test_what_was_never_sent_is_not_found() -> None:
    outbound = rewriter()
    outbound.begin("a", Position(10, 0, 1.0))
    assert outbound.find(1005, 12) is None
    assert outbound.find(999, 12) is None


def test_only_the_last_segments_are_remembered() -> None:
    outbound = rewriter()
    for number in range(MAX_SEGMENTS + 5):
        outbound.begin("a", Position(number, 0, float(number)))
        outbound.leave(Position(number, 0, float(number)))
    assert outbound.find(1004, None) is None
    assert outbound.find(1005, None) is not None


@pytest.mark.parametrize("seed", tries(6))
def test_any_sequence_of_routes_is_one_stream(seed: int) -> None:
    """Sources with losses, reordering, padding and switches: every number once, and every number leads back."""
    random = Random(seed)
    outbound = Rewriter(90000, 90, random.randrange(1, 1 << 15), random.getrandbits(32))
    newest = {name: random.randrange(65536, 1 << 18) for name in "abc"}
    sent: dict[int, tuple[str, int]] = {}
    for turn in range(60):
        name = random.choice("abc")
        start = newest[name] + 1
        outbound.begin(name, Position(start, 0, float(turn), start & 0x7FFF, 0))
        order = [
            start,
            *sorted(range(start + 1, start + random.randrange(2, 40)), key=lambda i: i + random.random() * 4),
        ]
        highest = start - 1
        for index in order:
            highest = max(highest, index)
            if index == highest and random.random() < 0.1:
                outbound.skip(index)
                continue
            segment = outbound.current
            assert segment is not None
            if index < segment.first:
                segment = outbound.segment_of(name, index)
            if segment is None:
                continue  # overtaken by padding
            number = index + segment.index_offset
            assert number not in sent
            sent[number] = (name, index)
        newest[name] = highest
        outbound.leave(Position(highest, 0, float(turn), 0, 0))
    last = outbound.last.index
    for number in range(last - 200, last + 1):
        found = outbound.find(number & 0xFFFF, None)
        if number in sent:
            assert found is not None and (found[0].source, found[1]) == sent[number]
    missing = set(range(min(sent), last + 1)) - set(sent)
    assert len(missing) < 0.02 * len(sent)
