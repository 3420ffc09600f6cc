from __future__ import annotations

import pytest

from sfu.rtp.payload.h264 import is_h264_keyframe_start


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        ("6742c01f", True),  # SPS
        ("68ce3c80", False),  # PPS
        ("6588840a", True),  # IDR slice
        ("419a2400", False),  # another slice
        ("78 0003 6742c0 0002 68ce", True),  # STAP-A with an SPS
        ("78 0002 0910 0002 6588", True),  # STAP-A with an IDR slice behind a delimiter
        ("78 0002 0910 0002 419a", False),
        ("78 0009 6742", False),  # longer than there is
        ("78 0000 65", False),
        ("7c 85 88", True),  # FU-A, first of an IDR slice
        ("7c 87 88", True),  # FU-A, first of an SPS
        ("7c 05 88", False),  # FU-A, in the middle
        ("7c 81 88", False),  # FU-A of another slice
        ("65", False),
        ("", False),
    ],
)
def test_where_a_keyframe_begins(payload: str, begins: bool) -> None:
    assert is_h264_keyframe_start(bytes.fromhex(payload)) == begins
