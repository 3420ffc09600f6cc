"""Network bytes that nobody should send: parsers refuse them by their own error, or by silence, never otherwise."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

from sfu.errors import BadOffer, FramingError
from sfu.light_peer.receiver import Received, Receiver
from sfu.negotiation import negotiate
from sfu.sdp import parse
from sfu.transport.framing import Deframer
from sfu.transport.ice import IceAgent, IceTable
from sfu.transport.listener import kind_of
from tests.sfu.transport.test_ice import check
from tests.tries import tries

OFFER = (Path(__file__).parent / "offers" / "chromium.sdp").read_bytes()


def mutate(data: bytes, noise: random.Random) -> bytes:
    """A few bytes changed, cut, doubled or put in."""
    changed = bytearray(data)
    for _ in range(noise.randint(1, 6)):
        at = noise.randrange(len(changed) + 1)
        action = noise.randrange(4)
        if action == 0 and at < len(changed):
            changed[at] = noise.randrange(256)
        elif action == 1:
            del changed[at : at + noise.randint(1, 20)]
        elif action == 2:
            changed[at:at] = noise.randbytes(noise.randint(1, 8))
        else:
            changed[at:at] = changed[at : at + noise.randint(1, 200)]
    return bytes(changed)


def fuzz_offer(data: bytes) -> None:
    with contextlib.suppress(BadOffer):
        negotiate(parse(data.decode("utf-8", "replace")), ["audio", "video"], "vp8", lambda: 1)


def fuzz_stun(data: bytes) -> None:
    table, agent = IceTable(per_second=10**9), IceAgent("ours", "p" * 24, "theirs")
    table.add(agent, 1)
    answered = table.receive(data, ("192.0.2.1", 1), ("192.0.2.1", 1), 1.0)
    assert answered is None or agent.address is not None


def fuzz_framing(data: bytes) -> None:
    with contextlib.suppress(FramingError):
        Deframer().receive_data(data)


def test_offers() -> None:
    noise = random.Random(11)
    lines = OFFER.split(b"\r\n")
    for _ in tries(60):
        fuzz_offer(mutate(OFFER, noise))
        fuzz_offer(b"\r\n".join(noise.sample(lines, len(lines) // 4)))
        fuzz_offer(b"v=0\r\n" + b"\r\n".join(mutate(noise.choice(lines) or b"a", noise) for _ in range(30)))


def test_stun() -> None:
    noise, good = random.Random(12), check(nominate=True)
    for _ in tries(600):
        fuzz_stun(mutate(good, noise))
        fuzz_stun(noise.randbytes(noise.randint(0, 120)))


def test_framing_and_demultiplexing() -> None:
    noise = random.Random(13)
    for _ in tries(600):
        data = noise.randbytes(noise.randint(0, 60))
        fuzz_framing(data)
        assert kind_of(data) in ("stun", "dtls", "media", "other")
    assert [kind_of(bytes([b])) for b in (0, 3, 4, 19, 20, 63, 64, 127, 128, 191, 192, 255)] == [
        *("stun", "stun", "other", "other", "dtls", "dtls"),
        *("other", "other", "media", "media", "other", "other"),
    ]
    assert kind_of(b"") == "other"


def test_the_light_peers_checker_counts_gaps_repairs_and_wraps() -> None:
    receiver, slot = Receiver(), Received("7", "audio", 111, 5)
    receiver.add_slot(slot, 6)
    for sequence in (65533, 65534, 1, 65535, 1, 2):
        receiver.receive(b"\x80\x6f" + sequence.to_bytes(2, "big") + bytes(4) + b"\x00\x00\x00\x05abc", 1.0)
    assert slot.missing == {0} and slot.duplicates == 1
    receiver.receive(b"\x80\x6f\x00\x09" + bytes(4) + b"\x00\x00\x00\x06\x00\x00abc", 1.0)
    assert slot.lost == 0 and slot.repaired == 1
    receiver.receive(b"\x80\x6f\x00\x09" + bytes(4) + b"\x00\x00\x00\x09abc", 1.0)
    assert receiver.unexpected == 1
