from __future__ import annotations

import pytest

from sfu.rtp.payload.opus import is_opus_silence, opus_duration


@pytest.mark.parametrize(
    ("payload", "samples"),
    [
        ("", 0),
        ("0801", 960),  # SILK 20 ms
        ("6801", 960),  # hybrid 20 ms
        ("7801", 960),  # hybrid 20 ms
        ("fc01", 960),  # CELT 20 ms, stereo
        ("e001", 120),  # CELT 2.5 ms
        ("1901", 5760),  # two of 60 ms
        ("1a01", 5760),
        ("0b03", 2880),  # three of 20 ms
        ("0b3f", 0),  # 63 of 20 ms: too long
        ("0b", 0),
    ],
)
def test_duration(payload: str, samples: int) -> None:
    assert opus_duration(bytes.fromhex(payload)) == samples


def test_silence() -> None:
    assert is_opus_silence(b"\x78") and not is_opus_silence(b"\x78\x01\x02")
