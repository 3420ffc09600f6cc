from __future__ import annotations

import pytest

from sfu.rtp.errors import MalformedPacket
from sfu.rtp.header_extensions import ONE_BYTE, TWO_BYTE, abs_send_time, build_elements, parse_elements, text


def test_one_byte_form() -> None:
    block = bytes.fromhex("10aa 00 32010203 4162 00")
    assert parse_elements(ONE_BYTE, block) == {1: b"\xaa", 3: b"\x01\x02\x03", 4: b"b\x00"}


def test_one_byte_form_stops_at_fifteen() -> None:
    assert parse_elements(ONE_BYTE, bytes.fromhex("10aa f0bb 20cc")) == {1: b"\xaa"}


def test_one_byte_id_zero_with_a_length_is_passed_over() -> None:
    assert parse_elements(ONE_BYTE, bytes.fromhex("01aabb 20cc")) == {2: b"\xcc"}


def test_two_byte_form() -> None:
    assert parse_elements(TWO_BYTE | 5, bytes.fromhex("0100 00 1402aabb")) == {1: b"", 20: b"\xaa\xbb"}


def test_unknown_profile_has_no_elements() -> None:
    assert parse_elements(0x1234, b"\x10\xaa\x00\x00") == {}


@pytest.mark.parametrize(("profile", "block"), [(ONE_BYTE, "1faa"), (TWO_BYTE, "01"), (TWO_BYTE, "0105aa")])
def test_cut_off_elements_are_refused(profile: int, block: str) -> None:
    with pytest.raises(MalformedPacket):
        parse_elements(profile, bytes.fromhex(block))


def test_build_chooses_the_form() -> None:
    assert build_elements({}) == b""
    assert build_elements({1: b"\xaa", 4: b"mid"}) == bytes.fromhex("bede0002 10aa 426d6964 0000")
    assert build_elements({16: b"\xaa"}) == bytes.fromhex("10000001 1001aa00")
    assert build_elements({1: bytes(17)})[:4] == bytes.fromhex("10000005")
    with pytest.raises(ValueError, match="1 to 255"):
        build_elements({256: b"a"})


def test_text_is_visible_ascii() -> None:
    assert text(b"hi") == "hi"
    assert text(b"") is text(None) is text(b"a b") is text(b"\xff") is text(b"a" * 33) is None


def test_abs_send_time_wraps_every_64_seconds() -> None:
    assert abs_send_time(1.5) == 0x60000
    assert abs_send_time(65.5) == 0x60000
