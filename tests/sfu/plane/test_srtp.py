from __future__ import annotations

import pytest
from pylibsrtp import Error, Policy, Session

from sfu.plane.errors import BadSettings, ProtectionError, Replayed
from sfu.plane.plane import SrtpKeys, SrtpProfile
from sfu.plane.srtp import KEY_LENGTHS, SrtpContext

from .network import PROFILES

ALL: list[SrtpProfile] = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]
RTP = bytes.fromhex("806000010000000100000001") + b"payload"
RTCP = bytes.fromhex("80c9000100000001")


def pair(profile: SrtpProfile) -> tuple[SrtpContext, SrtpContext]:
    one, two = bytes(range(KEY_LENGTHS[profile])), bytes(range(100, 100 + KEY_LENGTHS[profile]))
    return SrtpContext(SrtpKeys(profile, one, two)), SrtpContext(SrtpKeys(profile, two, one))


@pytest.mark.parametrize("profile", ALL)
def test_both_directions(profile: SrtpProfile) -> None:
    ours, theirs = pair(profile)
    assert theirs.unprotect(ours.protect(RTP)) == RTP
    assert ours.unprotect_rtcp(theirs.protect_rtcp(RTCP)) == RTCP


@pytest.mark.parametrize("profile", ALL)
def test_replays_and_forgeries_are_refused(profile: SrtpProfile) -> None:
    ours, theirs = pair(profile)
    data, control = ours.protect(RTP), ours.protect_rtcp(RTCP)
    for place in range(12, len(data)):
        forged = bytearray(data)
        forged[place] ^= 1
        with pytest.raises(ProtectionError):
            theirs.unprotect(bytes(forged))
    theirs.unprotect(data)
    theirs.unprotect_rtcp(control)
    with pytest.raises(Replayed):
        theirs.unprotect(data)
    with pytest.raises(Replayed):
        theirs.unprotect_rtcp(control)


@pytest.mark.parametrize("profile", ALL)
def test_replay_window_is_1024_packets(profile: SrtpProfile) -> None:
    ours, theirs = pair(profile)
    sent = [ours.protect(RTP[:2] + number.to_bytes(2, "big") + RTP[4:]) for number in range(1200)]
    theirs.unprotect(sent[1100])
    theirs.unprotect(sent[100])
    with pytest.raises(Replayed):
        theirs.unprotect(sent[70])


@pytest.mark.parametrize("profile", ALL)
def test_a_number_is_never_encrypted_twice(profile: SrtpProfile) -> None:
    ours, _ = pair(profile)
    ours.protect(RTP)
    with pytest.raises(Error):
        ours.protect(RTP[:-1] + b"X")


@pytest.mark.parametrize("profile", ALL)
def test_roll_over_counter_of_the_oracle(profile: SrtpProfile) -> None:
    ours, _ = pair(profile)
    key = bytes(range(100, 100 + KEY_LENGTHS[profile]))
    oracle = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=PROFILES[profile]))
    for number in range(65000, 65536 * 2 + 500, 250):
        plain = RTP[:2] + (number & 0xFFFF).to_bytes(2, "big") + RTP[4:]
        assert oracle.unprotect(ours.protect(plain)) == plain


def test_what_is_no_packet_is_refused() -> None:
    ours, _ = pair("AEAD_AES_128_GCM")
    for data in (b"", b"\x80", b"\x80\x60" + bytes(10), bytes(1501), b"\x80\x60" + bytes(1600)):
        with pytest.raises(ProtectionError):
            ours.unprotect(data)
        with pytest.raises(ProtectionError):
            ours.unprotect_rtcp(data)


def test_keys_of_the_wrong_length() -> None:
    with pytest.raises(BadSettings, match="28 bytes"):
        SrtpContext(SrtpKeys("AEAD_AES_128_GCM", bytes(30), bytes(28)))
    with pytest.raises(BadSettings):
        SrtpContext(SrtpKeys("NULL", bytes(30), bytes(30)))  # type: ignore[arg-type]
