"""Two sides of a link on virtual time: who is let in, when a link is lost, and what strangers may send."""

from __future__ import annotations

import json

import pytest

from scheduler.nodes.key import NodeKey
from scheduler.replication.errors import Ended, PeerFault
from scheduler.replication.frames import Have, Request
from scheduler.replication.session import Down, Event, LinkSession, Myself, Peer, Received, Up

P, D = NodeKey(b"p" * 32), NodeKey(b"d" * 32)
PROVINCE, DISTRICT = Peer("p", "upper", P.public, "Tỉnh"), Peer("d", "lower", D.public, "Huyện")


class Pair:
    """A district that dials its province; texts go to and fro when told."""

    def __init__(
        self,
        *,
        key: NodeKey = D,
        known: tuple[Peer, ...] = (DISTRICT,),
        theirs: tuple[int, int] = (1, 1),
        upper_key: NodeKey = P,
    ) -> None:
        self.now = 0.0
        find = {peer.id: peer for peer in known}.get
        self.lower = LinkSession("dialler", Myself("d", "Huyện", 1, key, theirs), {"p": PROVINCE}.get, b"\1" * 32, 0.0)
        self.upper = LinkSession("listener", Myself("p", "Tỉnh", 3, upper_key), find, b"\2" * 32, 0.0)

    def exchange(self) -> None:
        for _ in range(6):
            for one, other in ((self.lower, self.upper), (self.upper, self.lower)):
                for text in one.texts_to_send():
                    other.receive(text, self.now)

    def passes(self, seconds: float, *, carry: bool = True) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            for one in (self.lower, self.upper):
                one.handle_timeout(self.now)
            if carry:
                self.exchange()
            else:
                self.lower.texts_to_send()
                self.upper.texts_to_send()

    def up(self) -> Pair:
        self.exchange()
        self.lower.events()
        self.upper.events()
        return self


def code(events: list[Event]) -> str:
    error = next(event.error for event in events if isinstance(event, Down))
    return error.ended_code if isinstance(error, Ended) else error.code


def test_both_prove_who_they_are() -> None:
    pair = Pair()
    pair.exchange()
    assert pair.upper.events() == [Up(DISTRICT, 1, 1)]
    assert pair.lower.events() == [Up(PROVINCE, 1, 3)]


def test_a_link_that_is_quiet_lives_and_measures_the_way() -> None:
    pair = Pair().up()
    pair.passes(30)
    assert pair.lower.is_up and not pair.lower.is_over and pair.lower.rtt_ms is not None
    assert pair.lower.clock_offset_ms == 0


def test_three_seconds_without_a_word_and_it_is_lost() -> None:
    pair = Pair().up()
    pair.passes(1)
    pair.passes(1.75, carry=False)
    assert pair.lower.events() == []
    pair.passes(1.5, carry=False)
    assert code(pair.lower.events()) == code(pair.upper.events()) == "silent"


@pytest.mark.parametrize(
    ("pair", "at_upper"),
    [
        (Pair(known=()), "unknown_node"),
        (Pair(key=NodeKey(b"x" * 32)), "bad_proof"),
        (Pair(theirs=(2, 5)), "version"),
    ],
)
def test_who_is_refused(pair: Pair, at_upper: str) -> None:
    pair.exchange()
    assert code(pair.upper.events()) == at_upper
    assert not pair.upper.is_up


def test_a_false_province_is_noticed_below() -> None:
    pair = Pair(upper_key=NodeKey(b"x" * 32))
    pair.exchange()
    assert code(pair.lower.events()) == "bad_proof" and not pair.lower.is_up


def test_a_newer_version_that_still_speaks_ours() -> None:
    pair = Pair(theirs=(1, 4))
    pair.exchange()
    assert pair.lower.version == pair.upper.version == 1


def test_a_proof_heard_before_opens_nothing_again() -> None:
    old, texts = Pair(), []
    texts += old.lower.texts_to_send()
    old.upper.receive(texts[0], 0.0)
    for text in old.upper.texts_to_send():
        old.lower.receive(text, 0.0)
    texts += old.lower.texts_to_send()
    fresh = LinkSession("listener", Myself("p", "Tỉnh", 3, P), {"d": DISTRICT}.get, b"\3" * 32, 0.0)
    for text in texts:
        fresh.receive(text, 0.0)
    assert code(fresh.events()) == "bad_proof"


def test_silence_before_the_proof_ends_it() -> None:
    pair = Pair()
    pair.upper.handle_timeout(4.9)
    assert not pair.upper.is_over
    pair.upper.handle_timeout(5.0)
    assert code(pair.upper.events()) == "silent"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"have","logs":[],"last":true}',
        '{"type":"request","id":1,"kind":"media.open","body":{}}',
        '{"type":"beat","count":1,"echo":0,"at_ms":0}',
        "x" * 300_000,
    ],
)
def test_a_stranger_says_nothing_before_hello(text: str) -> None:
    pair = Pair()
    pair.upper.receive(text, 0.0)
    assert code(pair.upper.events()) == "malformed"
    assert json.loads(pair.upper.texts_to_send()[-1])["type"] == "close"


def test_requests_reach_the_layer_above_and_lists_are_counted() -> None:
    pair = Pair().up()
    number = pair.lower.request("meeting.invite", {"a": 1})
    pair.exchange()
    assert pair.upper.events() == [Received(Request(number, "meeting.invite", {"a": 1}))]
    for _ in range(500):
        pair.lower.send(Have((), True))
    pair.exchange()
    assert code(pair.upper.events()) == "malformed"


def test_goodbye_tells_why() -> None:
    pair = Pair().up()
    pair.upper.close("revoked", "")
    pair.exchange()
    assert code(pair.lower.events()) == "revoked"
    pair.lower.fail(PeerFault("too late"))
    assert pair.lower.events() == []
