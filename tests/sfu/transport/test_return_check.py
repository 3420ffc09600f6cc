"""A check of ours proves that a peer has moved; nobody else can answer it."""

from __future__ import annotations

import random

from aioice import stun

from sfu.light_peer.checks import Checks
from sfu.transport.return_check import MOST, ReturnChecks
from tests.sfu.test_fuzz import mutate
from tests.tries import tries

THERE, ELSEWHERE = ("192.0.2.7", 5000), ("192.0.2.8", 5000)


def asked() -> tuple[ReturnChecks, Checks, bytes]:
    checks, peer = ReturnChecks(), Checks("theirs", "p" * 24)
    return checks, peer, checks.ask(3, "theirs:ours", peer.pwd, THERE, 1.0)


def test_the_peer_answers_from_there_and_only_once() -> None:
    checks, peer, question = asked()
    message = stun.parse_message(question)
    assert message.attributes["USERNAME"] == "theirs:ours" and "ICE-CONTROLLED" in message.attributes
    answer = peer.answer(question, THERE)
    assert answer is not None
    assert checks.receive(answer, ELSEWHERE, 1.1) is None
    assert checks.receive(answer, THERE, 1.2) == 3
    assert checks.receive(answer, THERE, 1.3) is None


def test_a_stranger_and_a_late_answer_prove_nothing() -> None:
    checks, peer, question = asked()
    assert Checks("theirs", "another password, as long").answer(question, THERE) is None
    forged = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, question[8:20])
    assert checks.receive(bytes(forged), THERE, 1.1) is None
    forged.add_message_integrity(b"guessed")
    assert checks.receive(bytes(forged), THERE, 1.1) is None
    late = peer.answer(question, THERE)
    assert late is not None and checks.receive(late, THERE, 4.0) is None
    assert checks.receive(b"", THERE, 1.0) is None and checks.receive(b"\x01\x01", THERE, 1.0) is None


def test_questions_do_not_pile_up() -> None:
    checks, peer, question = asked()
    for _ in range(MOST):
        checks.ask(4, "theirs:ours", peer.pwd, THERE, 1.0)
    answer = peer.answer(question, THERE)
    assert answer is not None and checks.receive(answer, THERE, 1.1) is None


def test_answers_that_nobody_should_send() -> None:
    noise = random.Random(31)
    for _ in tries(200):
        checks, peer, question = asked()
        answer = peer.answer(question, THERE)
        assert answer is not None
        changed = mutate(answer, noise)
        assert changed == answer or checks.receive(changed, THERE, 1.1) in (None, 3)
