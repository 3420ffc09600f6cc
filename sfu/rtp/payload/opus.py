"""Opus payloads, RFC 6716 3.1 and RFC 7587: how long a packet lasts, and whether it is silence (DTX)."""

from __future__ import annotations

__all__ = ["is_opus_silence", "opus_duration"]

CLOCK_RATE = 48000
_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


def is_opus_silence(payload: bytes) -> bool:
    """A DTX packet: nothing but the TOC byte, or at most one byte more."""
    return len(payload) <= 2


def opus_duration(payload: bytes) -> int:
    """Samples at 48 kHz that the packet stands for; 0 for a broken one."""
    if not payload:
        return 0
    configuration, code = payload[0] >> 3, payload[0] & 3
    if configuration < 12:
        frame = _SILK[configuration & 3]
    elif configuration < 16:
        frame = _HYBRID[configuration & 1]
    else:
        frame = _CELT[configuration & 3]
    if code < 3:
        return frame * (1, 2, 2)[code]
    count = payload[1] & 0x3F if len(payload) > 1 else 0
    samples = frame * count
    return samples if samples <= 5760 else 0  # RFC 6716 R5: at most 120 ms
