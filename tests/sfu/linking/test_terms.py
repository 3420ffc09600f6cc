"""What two sides of a link tell each other before and meanwhile: versions, limits, and whatever else may come."""

from __future__ import annotations

import copy
import itertools
import json
import random
from typing import Any

import pytest

from sfu.errors import BadLink
from sfu.linking.statement import Shown, Statement, decode
from sfu.linking.talk import MOST_PIECES, PIECE_BYTES, Talk
from sfu.linking.terms import Answer, Credentials, Offer, agreed, new_streams, read_answer, read_offer
from sfu.program import Program

OWN = Credentials("ufrag123", "p" * 24, ("sha-256", ":".join(["AB"] * 32)))


def offer() -> dict[str, Any]:
    numbers = itertools.count(1)
    made = Offer("level", "boot/lower", "vp8", OWN, new_streams(lambda: next(numbers)))
    return json.loads(json.dumps(made.to_json()))  # type: ignore[no-any-return]


def answer() -> dict[str, Any]:
    numbers = itertools.count(1)
    addresses = (("192.0.2.1", 3478, "udp"), ("2001:db8::1", 3478, "tcp"))
    made = Answer(1, ("boot/root", "boot/upper"), "vp8", OWN, new_streams(lambda: next(numbers)), addresses)
    return json.loads(json.dumps(made.to_json()))  # type: ignore[no-any-return]


def test_what_is_offered_is_what_is_read() -> None:
    read = read_offer(offer(), "level", "vp8", ("boot/upper",))
    assert read.to_json() == offer() and agreed(read.versions) == 1
    assert read_answer(answer(), "boot/lower", "vp8").to_json() == answer()


def test_a_newer_side_is_spoken_to_in_the_older_version() -> None:
    newer = {**offer(), "versions": [1, 7], "colour": "red"}
    newer["streams"] = {**newer["streams"], "x0": [[9001, 9002]]}
    assert agreed(read_offer(newer, "level", "vp8", ("root",)).versions) == 1
    with pytest.raises(BadLink, match="version: 2 to 7 are offered, 1 to 1 are spoken here"):
        read_offer({**offer(), "versions": [2, 7]}, "level", "vp8", ("root",))
    with pytest.raises(BadLink, match="version"):
        read_answer({**answer(), "version": 2}, "boot/lower", "vp8")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"codec": "h264"}, "codec"),
        ({"place": "boot/upper"}, "loop"),
        ({"kind": "share"}, "malformed"),
        ({"place": "a b"}, "malformed"),
        ({"pwd": "short"}, "malformed"),
        ({"fingerprint": "md5 00"}, "malformed"),
        ({"streams": {}}, "malformed"),
        ({"versions": [1]}, "malformed"),
    ],
)
def test_an_offer_is_refused_with_its_reason(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(BadLink) as refused:
        read_offer({**offer(), **change}, "level", "vp8", ("boot/root", "boot/upper"))
    assert refused.value.cause == cause


def test_a_room_too_far_down_is_refused() -> None:
    with pytest.raises(BadLink, match="too_far: 9 rooms"):
        read_offer(offer(), "level", "vp8", tuple(f"boot/{number}" for number in range(8)))
    with pytest.raises(BadLink, match="too_far"):
        read_answer({**answer(), "path": [f"boot/{number}" for number in range(8)]}, "boot/lower", "vp8")


@pytest.mark.parametrize(
    "address",
    [["example.org", 3478, "udp"], ["224.0.0.1", 1, "udp"], ["0.0.0.0", 1, "tcp"], ["192.0.2.1", 0, "udp"], ["::1", 1]],  # noqa: S104
)
def test_only_addresses_are_dialled(address: list[Any]) -> None:
    with pytest.raises(BadLink, match="malformed: address"):
        read_answer({**answer(), "addresses": [address]}, "boot/lower", "vp8")


def test_an_ssrc_is_used_once() -> None:
    twice = offer()
    twice["streams"]["v0"][0][0] = twice["streams"]["v1"][0][0]
    with pytest.raises(BadLink, match="used twice"):
        read_offer(twice, "level", "vp8", ("root",))


SAID = Statement(
    path=("boot/root",),
    program=Program(floor="a", chair="b", mode="one_speaker"),
    audible=("a",),
    thumbnails=("c", "d"),
    lanes={"v0": Shown("a", "site a", 3, (0, 2), 40, (190, 0, 1900)), "a0": Shown("a", "site a")},
    layers={"v0": (0, 1)},
)


def test_what_is_said_is_what_is_heard() -> None:
    assert decode(SAID.encode()) == SAID


@pytest.mark.parametrize(
    "change",
    [
        {"path": []},
        {"path": ["x"] * 9},
        {"audible": ["x"] * 17},
        {"thumbnails": ["x"] * 10},
        {"thumbnails": ["x" * 129]},
        {"program": {"mode": "chaos"}},
        {"lanes": {"v0": ["a", "b", 4, []]}},
        {"lanes": {"v0": ["a", "b\n", 1, []]}},
        {"lanes": {"v0": ["a", "b", 1, [], -1]}},
        {"lanes": {"v0": ["a", "b", 1, [], 0, [1, 1]]}},
        {"lanes": {"v0": ["a", "b", 1, [], 0, [100_001]]}},
        {"lanes": {"v0": ["a", "b", 1, [], 0, [True]]}},
        {"lanes": {"v0": ["a", "b", 1, [], 0, 1]}},
        {"layers": {"v0": [3]}},
        {"closing": 1},
    ],
)
def test_a_statement_beyond_its_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadLink, match="malformed"):
        decode(json.dumps({**json.loads(SAID.encode()), **change}).encode())


def test_older_sides_say_less_and_newer_ones_more_of_a_lane() -> None:
    whole = ["a", "b", 1, [0], 40, [190], "newer"]
    for said, heard in (
        (4, Shown("a", "b", 1, (0,))),
        (5, Shown("a", "b", 1, (0,), 40)),
        (7, Shown("a", "b", 1, (0,), 40, (190,))),
    ):
        statement = json.dumps({**json.loads(SAID.encode()), "lanes": {"v0": whole[:said]}}).encode()
        assert decode(statement).lanes == {"v0": heard}


def mutate(data: Any, random: random.Random) -> Any:
    """Something else somewhere in it."""
    if isinstance(data, dict) and data and random.random() < 0.8:
        key = random.choice(list(data))
        return {**data, key: mutate(data[key], random)}
    if isinstance(data, list) and data and random.random() < 0.8:
        at = random.randrange(len(data))
        return [*data[:at], mutate(data[at], random), *data[at + random.randrange(2) :]]
    return random.choice([None, -1, 0, 2**40, "", "x" * 300, "\x00", [], {}, [[]], True, 1.5, "udp", data])


def test_whatever_comes_is_taken_or_refused() -> None:
    seeded = random.Random(5)
    for _ in range(1500):
        for read, good in (
            (lambda data: read_offer(data, "level", "vp8", ("root",)), offer()),
            (lambda data: read_answer(data, "boot/lower", "vp8"), answer()),
            (lambda data: decode(json.dumps(data).encode()), json.loads(SAID.encode())),
        ):
            damaged = copy.deepcopy(good)
            for _ in range(seeded.randrange(1, 3)):
                damaged = mutate(damaged, seeded)
            try:
                read(damaged)
            except BadLink:
                continue


class Line:
    """Two ends that talk over a line with so much loss."""

    def __init__(self, loss: float, seed: int = 1) -> None:
        self.ends = (Talk(1.0), Talk(1.0))
        self.heard: tuple[list[bytes], list[bytes]] = ([], [])
        self.random = random.Random(seed)
        self.loss = loss
        self.now = 10.0
        self.carried = 0

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 0.02
            for here in (0, 1):
                for data in self.ends[here].datagrams(self.now):
                    self.carried += 1
                    if self.random.random() >= self.loss:
                        body = self.ends[1 - here].receive(data, self.now)
                        if body is not None:
                            self.heard[1 - here].append(body)


def test_the_latest_statement_arrives_over_a_line_that_loses_a_third() -> None:
    line = Line(loss=0.33)
    for number in range(5):
        line.ends[0].say(b"%d" % number * 3000, line.now)
        line.run(0.1)
    line.run(5.0)
    assert line.heard[1][-1] == b"4" * 3000 and line.ends[0].is_told
    assert line.heard[1] == sorted(set(line.heard[1]))
    assert line.ends[0].rtt_s is not None and line.ends[0].rtt_s < 0.1


def test_a_quiet_line_carries_beats_only() -> None:
    line = Line(loss=0.0)
    line.ends[0].say(b"so", line.now)
    line.run(1.0)
    before = line.carried
    line.run(10.0)
    assert line.carried - before <= 22


def test_statements_are_cut_and_have_a_limit() -> None:
    line = Line(loss=0.0)
    longest = b"x" * PIECE_BYTES * MOST_PIECES
    line.ends[0].say(longest, line.now)
    line.run(0.5)
    assert line.heard[1] == [longest]
    with pytest.raises(ValueError, match="16385"):
        line.ends[0].say(longest + b"x", line.now)


def test_somebody_who_says_something_new_all_the_time_is_heard_ten_times_a_second() -> None:
    talk, heard = Talk(1.0), 0
    for number in range(1, 2001):
        piece = b"\x01" + number.to_bytes(4, "big") + b"\x00\x01" + b"{}"
        heard += talk.receive(piece, 5.0 + number / 1000) is not None
    assert heard <= 41


def test_junk_is_nothing() -> None:
    talk, seeded = Talk(1.0), random.Random(9)
    for _ in range(3000):
        data = bytes([seeded.randrange(5)]) + seeded.randbytes(seeded.randrange(30))
        assert talk.receive(data, 1.0) is None or data[0] == 1
    assert len(talk.asked()) <= 256
