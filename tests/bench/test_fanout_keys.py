"""The generator's SRTP against libsrtp, both ways, for the three profiles."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from pylibsrtp import Policy, Session

from bench.fanout.build import engine
from bench.fanout.keys import PROFILES, session_keys
from sfu.plane.plane import SrtpProfile

LIBSRTP = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


def rtp(sequence: int, payload: bytes) -> bytes:
    return struct.pack("!BBHII", 0x90, 96, sequence, 7, 0x01020304) + bytes.fromhex("bede0001 31000500") + payload


class Pair:
    """One key, known to libsrtp and to the generator."""

    def __init__(self, profile: SrtpProfile) -> None:
        noise = random.Random(profile)
        _, key, salt = PROFILES[profile]
        master = noise.randbytes(key + salt)
        policies = [
            Policy(key=master, ssrc_type=kind, srtp_profile=LIBSRTP[profile])
            for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
        ]
        self.outbound, self.inbound = (Session(policy) for policy in policies)
        self._keys = session_keys(profile, master)

    def ours(self, encrypts: bool) -> Any:
        return engine().Srtp(self._keys, encrypts)


@pytest.fixture(params=list(PROFILES))
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


def test_what_libsrtp_encrypts_is_read_across_a_roll_over(pair: Pair) -> None:
    ours = pair.ours(False)
    for index in range(0xFFF0, 0x10010):
        packet = rtp(index & 0xFFFF, b"payload %d" % index)
        protected = pair.outbound.protect(packet)
        assert ours.apply(protected, 20, index >> 16, False, False) == packet


def test_libsrtp_reads_what_is_encrypted(pair: Pair) -> None:
    ours = pair.ours(True)
    for index in range(0xFFF0, 0x10010):
        packet = rtp(index & 0xFFFF, b"payload %d" % index)
        assert pair.inbound.unprotect(ours.apply(packet, 20, index >> 16, True, False)) == packet


def test_rtcp_both_ways(pair: Pair) -> None:
    report = struct.pack("!BBHI", 0x80, 201, 1, 0x01020304) + struct.pack("!BBHII", 0x81, 206, 2, 0x01020304, 9)
    ours = pair.ours(True)
    for _ in range(3):
        assert pair.inbound.unprotect_rtcp(ours.apply(report, 0, 0, True, True)) == report
        assert pair.ours(False).apply(pair.outbound.protect_rtcp(report), 0, 0, False, True) == report


def test_a_changed_byte_is_noticed(pair: Pair) -> None:
    ours = pair.ours(False)
    protected = pair.outbound.protect(rtp(5, b"payload"))
    for at in (1, 3, 16, 22, len(protected) - 1):
        damaged = bytearray(protected)
        damaged[at] ^= 1
        assert ours.apply(bytes(damaged), 20, 0, False, False) is None
    damaged = bytearray(pair.outbound.protect_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 1, 9)))
    damaged[9] ^= 1
    assert ours.apply(bytes(damaged), 0, 0, False, True) is None
