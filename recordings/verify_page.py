"""The signed page names, in its keywords, the locked facts it was made from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from recordings.minutes.form import facts_sha256


def keywords_of(pdf: bytes, facts: Mapping[str, Any]) -> bool:
    """Whether the PDF's keywords name exactly these facts."""
    try:
        information = PdfFileReader(io.BytesIO(pdf), strict=False).trailer_view["/Info"]
        words = str(information.get("/Keywords", ""))
        return f"facts:{facts_sha256(dict(facts))}" in words
    except (PdfError, ValueError, TypeError, AttributeError, KeyError):
        return False
