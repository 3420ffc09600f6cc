"""H.264 payloads, RFC 6184: does this packet begin a keyframe? Single NAL units, STAP-A and FU-A (mode 1)."""

from __future__ import annotations

__all__ = ["is_h264_keyframe_start"]

_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28


def is_h264_keyframe_start(payload: bytes) -> bool:
    """Whether a parameter set or the first slice of an IDR picture begins here. A broken payload begins nothing.

    Senders put SPS and PPS right before the IDR slice; where they are, the keyframe begins with them.
    """
    if len(payload) < 2:
        return False
    unit = payload[0] & 0x1F
    if unit == _STAP_A:
        return _aggregate_has_keyframe(payload)
    if unit == _FU_A:
        return payload[1] & 0x80 != 0 and payload[1] & 0x1F in (_IDR, _SPS)
    return unit in (_IDR, _SPS)


def _aggregate_has_keyframe(payload: bytes) -> bool:
    position, end = 1, len(payload)
    while position + 2 < end:
        size = payload[position] << 8 | payload[position + 1]
        if size == 0 or position + 2 + size > end:
            return False
        if payload[position + 2] & 0x1F in (_IDR, _SPS):
            return True
        position += 2 + size
    return False
