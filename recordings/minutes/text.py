"""What people write in the minutes, item by item, beside the locked facts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recordings.errors import BadInput

MAX_CHARACTERS = 200_000
DEFAULT_RECIPIENTS = ("- Như thành phần dự họp;", "- Lưu: VT, Hồ sơ.")


@dataclass(frozen=True, slots=True)
class Section:
    """Of one item: the opinions voiced and the chair's conclusion in words."""

    item_id: str
    opinions: str = ""
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One state of everything written by hand."""

    sections: tuple[Section, ...] = ()
    opening: str = ""
    closing: str = ""
    recipients: tuple[str, ...] = field(default=DEFAULT_RECIPIENTS)

    def section(self, item_id: str) -> Section:
        return next((s for s in self.sections if s.item_id == item_id), Section(item_id))

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def text_from_json(text: str) -> Text:
    return read_text(json.loads(text))


def read_text(value: Mapping[str, Any]) -> Text:
    """A Text from what a client sent; :class:`BadInput` names the field."""
    sections = value.get("sections", [])
    if not isinstance(sections, list) or not all(isinstance(section, Mapping) for section in sections):
        raise BadInput("Nội dung gửi lên không đúng dạng.", {"sections": "phải là danh sách"})
    recipients = value.get("recipients", DEFAULT_RECIPIENTS)
    if not isinstance(recipients, list | tuple) or len(recipients) > 100:
        raise BadInput("Nơi nhận không đúng dạng.", {"recipients": "phải là danh sách, tối đa 100 dòng"})
    return Text(
        tuple(
            Section(clean(s.get("item_id"), "item_id"), clean(s.get("opinions"), "opinions"),
                    clean(s.get("conclusion"), "conclusion"))
            for s in sections
        ),
        clean(value.get("opening"), "opening"),
        clean(value.get("closing"), "closing"),
        tuple(line for line in (clean(line, "recipients").strip() for line in recipients) if line),
    )  # fmt: skip


def clean(value: Any, name: str) -> str:
    """Text that can be kept and printed: NFC, no control characters, no more than fits; BadInput names the field."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
        raise BadInput("Nội dung quá dài hoặc không phải văn bản.", {name: f"tối đa {MAX_CHARACTERS} ký tự"})
    kept = (c for c in value.replace("\r\n", "\n") if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    return unicodedata.normalize("NFC", "".join(kept))
