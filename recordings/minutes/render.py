"""Typst: forms to PDF/A-2b with Liberation Serif alone. Text of people goes in as JSON and is never read as markup."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import typst

from recordings.errors import OurFailure
from recordings.minutes.form import Form
from recordings.minutes.glyphs import FONTS, drawable

FORMS = Path(__file__).with_name("forms")
STANDARD: Literal["a-2b"] = "a-2b"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: page from 0, PDF coordinates (points from the lower left corner of an A4 page)."""

    name: str
    page: int
    left: float
    bottom: float
    width: float
    height: float


PAGE_HEIGHT = 841.89


def render(name: str, form: Form, now: datetime, **inputs: str) -> bytes:
    """The PDF of the form called ``name``; the same input and moment give the same bytes."""
    try:
        compiler = _compiler(name, form, inputs)
        pdf = compiler.compile(format="pdf", pdf_standards=[STANDARD], timestamp=now.replace(microsecond=0))
    except typst.TypstError as error:
        raise OurFailure(f"Không tạo được tệp PDF ({error.message}).", code="render_failed") from error
    return cast(bytes, pdf).rstrip(b"\r\n") + b"\n"  # PDF/A: what an incremental update adds begins on its own line


def places(name: str, form: Form) -> list[Place]:
    """Where the form leaves room for fields."""
    found: list[dict[str, Any]] = json.loads(_compiler(name, form, {}).query("<field>", field="value"))
    return [
        Place(f["name"], f["page"] - 1, f["x"], PAGE_HEIGHT - f["y"] - f["height"], f["width"], f["height"])
        for f in found
    ]


def _compiler(name: str, form: Form, inputs: dict[str, str]) -> typst.Compiler:
    return typst.Compiler(
        FORMS / f"{name}.typ",
        root=FORMS,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]),
        sys_inputs={"form": json.dumps(drawable(form), ensure_ascii=False), **inputs},
    )
