"""Folding and sorting of Vietnamese text.

``fold`` makes "Quản Bạ", "quan ba" and "QUẢN BẠ" equal (tone placement variants like hoà/hòa too). ``accented`` keeps
the marks and is for ranking exact matches first. Vietnamese sorts letters before tones, and people by given name.
"""

from __future__ import annotations

import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: the order of the dictionary
_LETTER_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}


def accented(text: str) -> str:
    """Lower case, NFC, single spaces: equal only for the same letters and marks."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def fold(text: str) -> str:
    """The text without marks and case, for searching."""
    decomposed = unicodedata.normalize("NFD", accented(text))
    stripped = "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")
    return stripped.replace("đ", "d")


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Orders as a Vietnamese dictionary does: by letters first (a ă â b …), by tones only between equals."""
    letters: list[int] = []
    tones: list[int] = []
    for character in unicodedata.normalize("NFC", text).lower():
        decomposed = unicodedata.normalize("NFD", character)
        tone = next((mark for mark in decomposed if mark in _TONES), "")
        letter = unicodedata.normalize("NFC", decomposed.replace(tone, "") if tone else decomposed)
        letters.append(_LETTER_RANK.get(letter, 0) or (ord(letter[0]) - 0x10000))
        tones.append(_TONES.index(tone) + 1 if tone else 0)
    return tuple(letters), tuple(tones)


def by_given_name(name: str) -> str:
    """The name with the given (last) word first: "Hoa Nguyễn Thị" for "Nguyễn Thị Hoa"."""
    words = name.split()
    return " ".join([*words[-1:], *words[:-1]])


def person_sort_key(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Orders persons as Vietnamese directories do: given name, then family and middle."""
    return sort_key(by_given_name(name))


def sort_name(name: str) -> str:
    """What is stored beside a person's name: folded, given name first."""
    return fold(by_given_name(name))
