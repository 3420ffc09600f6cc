"""SRTP of the native plane against libsrtp: each decrypts what the other encrypts, and both refuse the same."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from pylibsrtp import Error

from sfu.plane.errors import ProtectionError, Replayed
from sfu.plane.native.session import SrtpSession
from sfu.plane.plane import SrtpKeys, SrtpProfile
from sfu.plane.srtp import KEY_LENGTHS, SrtpContext
from sfu.rtp.packet import RtpPacket, serialize_rtp
from tests.tries import tries

ALL: list[SrtpProfile] = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]
FORGED, REPLAYED = -1, -2


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """No plane here: only its SRTP."""
    return "none"


def keys(profile: SrtpProfile) -> tuple[bytes, bytes]:
    random = Random(1)
    return random.randbytes(KEY_LENGTHS[profile]), random.randbytes(KEY_LENGTHS[profile])


def pair(profile: SrtpProfile) -> tuple[SrtpSession, SrtpContext]:
    """The native end and libsrtp's."""
    one, two = keys(profile)
    return SrtpSession(profile, one, two), SrtpContext(SrtpKeys(profile, two, one))


def rtp(random: Random, sequence: int, ssrc: int = 7) -> bytes:
    extensions = {1: random.randbytes(3)} if random.random() < 0.5 else {}
    csrcs = tuple(random.getrandbits(32) for _ in range(random.choice((0, 0, 2))))
    payload = random.randbytes(random.choice((0, 1, 15, 16, 17, 160, 1200)))
    return serialize_rtp(
        RtpPacket(
            96, sequence & 0xFFFF, 5, ssrc, payload, extensions=extensions, csrcs=csrcs, padding=random.choice((0, 4))
        )
    )


def rtcp(random: Random, ssrc: int = 7) -> bytes:
    return b"\x80\xc9\x00\x01" + ssrc.to_bytes(4, "big") + random.randbytes(4 * random.randrange(0, 60))


def opened(function: Callable[[bytes], bytes], data: bytes) -> bytes | int:
    """What libsrtp makes of it, in the native session's words."""
    try:
        return function(data)
    except Replayed:
        return REPLAYED
    except ProtectionError:
        return FORGED


def sealed(function: Callable[[bytes], bytes], data: bytes) -> bytes | None:
    try:
        return function(data)
    except (Error, ValueError):
        return None


@pytest.mark.parametrize("profile", ALL)
def test_the_same_bytes_in_both_directions(profile: SrtpProfile) -> None:
    """Sequence numbers that jump, wrap, come back and repeat, on several SSRCs."""
    random = Random(2)
    native, oracle = pair(profile)
    number = {7: 65000, 8: 3, 9: 40000}
    for _ in tries(1000):
        ssrc = random.choice((7, 8, 9))
        number[ssrc] += random.choice((1, 1, 1, 1, 2, 30, 700, 20000))
        plain = rtp(random, max(0, number[ssrc] - random.choice((0, 0, 0, 1, 5, 600, 1023, 1024, 1100))), ssrc)
        theirs = sealed(oracle.protect, plain)
        if theirs is not None:
            assert native.unprotect(theirs) == plain
        control = rtcp(random, ssrc)
        assert native.unprotect_rtcp(oracle.protect_rtcp(control)) == control
        ours = native.protect(plain)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert oracle.unprotect(ours) == plain
        encrypted = native.protect_rtcp(control)
        assert encrypted is not None and oracle.unprotect_rtcp(encrypted) == control


@pytest.mark.parametrize("profile", ALL)
def test_replays_and_forgeries_are_judged_as_libsrtp_judges(profile: SrtpProfile) -> None:
    """An attacker repeats, delays, cuts and changes datagrams: the same verdict on each, and the same afterwards."""
    random = Random(3)
    native, sender = pair(profile)
    receiver = SrtpContext(SrtpKeys(profile, *keys(profile)))
    sent: list[tuple[bool, bytes]] = []
    verdicts = {True: 0, False: 0}
    for number in tries(1200):
        if random.random() < 0.4:
            plain = rtp(random, 64000 + number + random.choice((0, 0, 0, 40, 900)), random.choice((7, 8)))
            data = sealed(sender.protect, plain)
            fresh = [] if data is None else [(False, data)]
        else:
            fresh = [(True, sender.protect_rtcp(rtcp(random, random.choice((7, 8)))))]
        sent += fresh
        for is_control, data in [entry for entry in fresh if random.random() < 0.8] + random.choices(sent[-1500:], k=2):
            changed = data
            if random.random() < 0.3:
                place = random.randrange(len(data))
                changed = data[:place] + bytes((data[place] ^ 1 << random.randrange(8),)) + data[place + 1 :]
            elif random.random() < 0.1:
                changed = data[: random.randrange(len(data))]
            if len(changed) < 12:
                continue  # neither end is asked to open what has no header
            expected = opened(receiver.unprotect_rtcp if is_control else receiver.unprotect, changed)
            found = native.unprotect_rtcp(changed) if is_control else native.unprotect(changed)
            assert found == expected
            verdicts[isinstance(found, bytes)] += 1
    assert min(verdicts.values()) > 200


def test_too_long_and_too_short() -> None:
    native, oracle = pair("AEAD_AES_128_GCM")
    head = b"\x80\x60\x00\x01" + bytes(8)
    assert native.protect(head + bytes(1500 - 12)) is not None
    assert native.protect(head[:3] + b"\x02" + head[4:] + bytes(1501 - 12)) is None
    assert sealed(oracle.protect, head + bytes(1501 - 12)) is None
    assert native.protect_rtcp(b"\x80\xc9\x00\x00") is None
    assert native.unprotect(bytes(1501)) == native.unprotect(b"") == FORGED
    assert native.unprotect_rtcp(bytes(1501)) == native.unprotect_rtcp(bytes(20)) == FORGED
