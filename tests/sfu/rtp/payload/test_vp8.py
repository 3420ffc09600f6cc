from __future__ import annotations

import pytest

from sfu.rtp.errors import MalformedPacket
from sfu.rtp.payload.vp8 import parse_vp8


@pytest.mark.parametrize(
    ("payload", "size", "picture", "tl0", "layer", "key"),
    [
        ("1010", 1, None, None, None, True),
        ("1011", 1, None, None, None, False),
        ("0010", 1, None, None, None, False),  # not the start of a partition
        ("1110", 1, None, None, None, False),  # the start of another partition
        ("1810", 1, None, None, None, True),  # a reserved bit
        ("900010", 2, None, None, None, True),
        ("90807f10", 3, 127, None, None, True),
        ("9080ffff11", 4, 0x7FFF, None, None, False),
        ("90e0812305 8011", 6, 0x123, 5, 2, False),
        ("90204011", 3, None, None, 1, False),
        ("90100511", 3, None, None, None, False),  # KEYIDX alone
        ("90400711", 3, None, 7, None, False),
    ],
)
def test_descriptors(
    payload: str, size: int, picture: int | None, tl0: int | None, layer: int | None, key: bool
) -> None:
    data = bytes.fromhex(payload)
    descriptor = parse_vp8(data)
    assert descriptor.size == size
    assert descriptor.picture_id == picture
    assert descriptor.tl0_picture_index == tl0
    assert descriptor.temporal_layer == layer
    assert descriptor.is_keyframe_start == key
    if descriptor.picture_id is None or descriptor.long_picture_id:
        assert descriptor.rewrite(0, 0) == data[:size]


def test_ids_move_and_wrap() -> None:
    descriptor = parse_vp8(bytes.fromhex("90e0fffeff0011"))
    assert descriptor.rewrite(3, 2) == bytes.fromhex("90e080010100")
    assert descriptor.rewrite(-0x7FFF, -1) == bytes.fromhex("90e0fffffe00")


def test_a_short_picture_id_leaves_long() -> None:
    assert parse_vp8(bytes.fromhex("90800511")).rewrite(1, 0) == bytes.fromhex("90808006")


@pytest.mark.parametrize("payload", ["", "10", "00", "90", "9080", "908080", "90c08000", "90e0800000", "9000"])
def test_cut_off_descriptors_are_refused(payload: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_vp8(bytes.fromhex(payload))
