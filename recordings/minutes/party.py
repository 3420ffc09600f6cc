"""Organs of the Party: their documents have another form (header, number, place-date), which is not here yet."""

from __future__ import annotations

import re

from recordings.errors import Conflict
from scheduler.organization.folding import fold

_PARTY = re.compile(
    r"\b(?:tinh|huyen|thanh|quan|thi|dang) uy\b(?! ban)|\bdang (?:bo|cong san)\b|\btrung uong dang\b|\bchi bo\b"
)
"""Folded: "Tỉnh ủy" and "Tỉnh uỷ" alike; not "cơ quan Ủy ban"."""


def is_party_organ(organ_name: str) -> bool:
    return _PARTY.search(fold(organ_name)) is not None


def refuse_party_form(organ_name: str) -> None:
    """Better no document than one with the wrong header."""
    if is_party_organ(organ_name):
        raise Conflict(
            f"Cơ quan ban hành ({organ_name}) là cơ quan Đảng: thể thức văn bản của Đảng chưa có trong hệ thống. "
            "Chọn cơ quan ban hành khác hoặc lập văn bản ngoài hệ thống.",
            code="party_form_missing",
        )
