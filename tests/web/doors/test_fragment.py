"""SDP fragments: what a restart brings is found, what is none is refused, and ours says what a client needs."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from sfu.sdp import parse
from tests.sfu.test_fuzz import mutate
from tests.tries import tries
from web.doors.fragment import (
    BadFragment,
    Credentials,
    credentials_of,
    fragment_of,
    read_credentials,
    with_credentials,
)

CORPUS = Path(__file__).parents[2] / "corpora" / "fragment"
OFFER = (Path(__file__).parents[2] / "sfu" / "offers" / "chromium.sdp").read_bytes().decode()
RESTART = (
    "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\na=group:BUNDLE 0 1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
)
FRESH = Credentials("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k")


def fuzz_fragment(data: bytes) -> None:
    with contextlib.suppress(BadFragment):
        fresh = read_credentials(data.decode("utf-8", "replace"))
        if fresh is not None:
            assert credentials_of(with_credentials(OFFER, fresh)) == fresh


def test_the_credentials_of_a_restart_are_read() -> None:
    assert read_credentials(RESTART) == FRESH
    assert read_credentials("a=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "a=ice-ufrag:ysXw\r\n",
        "a=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n",
        "a=ice-ufrag:ys\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n",
        "a=ice-ufrag:ys Xw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n",
        "a=ice-ufrag:ysXw\r\na=ice-pwd:short\r\n",
        RESTART + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:other\r\n",
        "a=x\r\n" * 257,
        "a=" + "x" * 20_000,
    ],
)
def test_what_is_no_fragment_is_refused(text: str) -> None:
    with pytest.raises(BadFragment):
        read_credentials(text)


def test_a_restart_changes_nothing_else_of_the_offer() -> None:
    changed = with_credentials(OFFER, FRESH)
    before, after = OFFER.splitlines(), changed.splitlines()
    assert {one.partition(":")[0] for one, two in zip(before, after, strict=True) if one != two} == {
        "a=ice-ufrag",
        "a=ice-pwd",
    }
    assert credentials_of(changed) == FRESH


def test_our_fragment_has_credentials_and_candidates() -> None:
    answer = "\r\n".join(
        [
            *("v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 1 2", "a=ice-lite"),
            *("m=application 0 UDP/DTLS/SCTP x", "a=mid:0"),
            *("m=audio 3478 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 192.0.2.9", "a=ice-ufrag:ours", "a=ice-pwd:" + "p" * 24),
            *("a=mid:1", "a=candidate:1 1 udp 2130706431 192.0.2.9 3478 typ host", "a=end-of-candidates"),
            *("m=video 3478 UDP/TLS/RTP/SAVPF 96", "a=ice-ufrag:ours", "a=ice-pwd:" + "p" * 24, "a=mid:2", ""),
        ]
    )
    assert fragment_of(answer).split("\r\n") == [
        *("a=ice-lite", "a=group:BUNDLE 1 2", "m=audio 3478 UDP/TLS/RTP/SAVPF 111"),
        *("a=ice-ufrag:ours", "a=ice-pwd:" + "p" * 24, "a=mid:1"),
        *("a=candidate:1 1 udp 2130706431 192.0.2.9 3478 typ host", "a=end-of-candidates", ""),
    ]
    assert parse(OFFER).sections


def test_fragments_that_nobody_should_send() -> None:
    for path in CORPUS.iterdir():
        fuzz_fragment(path.read_bytes())
    noise = random.Random(21)
    for _ in tries(300):
        fuzz_fragment(mutate(RESTART.encode(), noise))
