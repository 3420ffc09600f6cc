"""Vietnamese text folded for search, and sorted as people here sort."""

from __future__ import annotations

import unicodedata

import pytest

from scheduler.organization.folding import accented, by_given_name, fold, person_sort_key, sort_key, sort_name


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Quản Bạ", "quan ba"),
        ("ĐỒNG VĂN", "dong van"),
        ("Hoàng Su Phì", "hoang su phi"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("Uỷ ban", "uy ban"),
        ("cử  tri\n", "cu tri"),
        ("Mường Ảng – 12/2026", "muong ang – 12/2026"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_accented_keeps_the_marks_and_one_spelling_of_them() -> None:
    assert accented(unicodedata.normalize("NFD", "Quản  BẠ")) == "quản bạ"


def test_the_dictionary_order_of_letters_then_tones() -> None:
    words = ["đa", "da", "dạ", "ba", "bà", "bả", "bã", "bá", "bạ", "bă", "bâ", "ca", "ê", "e", "ơ", "o", "ô", "ư", "u"]
    ordered = sorted(words, key=sort_key)
    assert ordered == ["ba", "bà", "bả", "bã", "bá", "bạ", "bă", "bâ", "ca", "da", "dạ", "đa", "e", "ê", "o", "ô", "ơ", "u", "ư"]  # fmt: skip # noqa: E501


def test_people_stand_by_given_name() -> None:
    names = ["Vàng A Sính", "Nguyễn Thị Hoa", "Lý Văn Ánh", "Trần Văn An", "Đặng Thị Hoa", "Phàn Đức Đông"]
    assert sorted(names, key=person_sort_key) == [
        "Trần Văn An",
        "Lý Văn Ánh",
        "Phàn Đức Đông",
        "Đặng Thị Hoa",
        "Nguyễn Thị Hoa",
        "Vàng A Sính",
    ]
    assert by_given_name("Hoa") == "Hoa"
    assert sort_name("Đặng Thị Hoa") == "hoa dang thi"
