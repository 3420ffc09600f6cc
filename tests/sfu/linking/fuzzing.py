"""Whatever the other side of a link sends: offers, answers, statements and the datagrams they come in."""

from __future__ import annotations

import contextlib
import json

from sfu.errors import BadLink
from sfu.linking.statement import decode
from sfu.linking.talk import Talk
from sfu.linking.terms import read_answer, read_offer


def fuzz_link(data: bytes) -> None:
    """Raises nothing of its own; what is taken in can be said again."""
    with contextlib.suppress(BadLink):
        statement = decode(data)
        assert decode(statement.encode()) == statement
    with contextlib.suppress(ValueError, RecursionError):
        terms = json.loads(data)
        with contextlib.suppress(BadLink):
            assert read_offer(terms, "level", "vp8", ("root",)).to_json()
        with contextlib.suppress(BadLink):
            assert read_answer(terms, "boot/lower", "vp8").to_json()
    talk = Talk(1.0)
    for at in range(0, min(len(data), 4096), 64):
        talk.receive(data[at : at + 64], at / 1000)
