"""SRTP and SRTCP of one transport (RFC 3711, RFC 7714) on libsrtp: three profiles, replay window, ROC per SSRC.

Sending the same (SSRC, index) twice is refused by libsrtp here, so a GCM nonce can never meet two plaintexts.
"""

from __future__ import annotations

from collections.abc import Callable

from pylibsrtp import Error, Policy, Session
from pylibsrtp._binding import ffi

from .errors import BadSettings, ProtectionError, Replayed
from .plane import SrtpKeys

__all__ = ["KEY_LENGTHS", "FrameSession", "SrtpContext"]

REPLAY_WINDOW = 1024
BUFFER = 1644  # bytes; of them 144 stay free for what libsrtp may add
KEY_LENGTHS = {"AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44, "AES128_CM_SHA1_80": 30}  # key and salt
_PROFILES = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


class SrtpContext:
    """Both directions of one transport. ``protect`` is libsrtp's own, bound once: it is the hottest call there is."""

    __slots__ = ("_receiver", "_sender", "protect")

    def __init__(self, keys: SrtpKeys) -> None:
        length = KEY_LENGTHS.get(keys.profile)
        if length is None or len(keys.receive) != length or len(keys.send) != length:
            raise BadSettings(
                f"{keys.profile} takes keys of {length} bytes, not {len(keys.receive)} and {len(keys.send)}"
            )
        self._receiver = _session(keys.profile, keys.receive, Policy.SSRC_ANY_INBOUND)
        self._sender = _session(keys.profile, keys.send, Policy.SSRC_ANY_OUTBOUND)
        self.protect: Callable[[bytes], bytes] = self._sender.protect  # raises Error or ValueError

    def unprotect(self, data: bytes) -> bytes:
        """The RTP packet in the clear; raises ProtectionError."""
        return _open(self._receiver.unprotect, data)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """The RTCP packet in the clear; raises ProtectionError."""
        return _open(self._receiver.unprotect_rtcp, data)

    def protect_rtcp(self, data: bytes) -> bytes:
        """The encrypted RTCP packet; raises ProtectionError."""
        return _open(self._sender.protect_rtcp, data)


class FrameSession(Session):
    """The library's own buffer leaves 1356 bytes for a packet, and foreign encoders fill an Ethernet frame."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self._cdata = ffi.new("char[]", BUFFER)
        self._buffer = ffi.buffer(self._cdata)


def _session(profile: str, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=_PROFILES[profile])
    policy.window_size = REPLAY_WINDOW
    return FrameSession(policy)


def _open(function: Callable[[bytes], bytes], data: bytes) -> bytes:
    try:
        return function(data)
    except Error as error:
        if "replay" in str(error):
            raise Replayed(str(error)) from None
        raise ProtectionError(str(error)) from None
    except ValueError as error:  # longer than libsrtp's buffer
        raise ProtectionError(str(error)) from None
