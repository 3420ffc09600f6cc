"""What the signed page names in its keywords: the locked facts and the recording it was made from.

The keywords are read as they stood before anybody signed: what was added later is covered by no signature.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

from recordings.minutes.form import facts_sha256

_RECORDING = re.compile(r"\brecording:([0-9a-f]{64})\b")


def names_facts(pdf: bytes, facts: Mapping[str, Any]) -> bool:
    """Whether the page was made from exactly these facts."""
    return f"facts:{facts_sha256(dict(facts))}" in keywords_of(pdf)


def recording_named(pdf: bytes) -> str | None:
    """The SHA-256 of the recording, if the page names one."""
    found = _RECORDING.search(keywords_of(pdf))
    return found.group(1) if found else None


def keywords_of(pdf: bytes) -> str:
    """The keywords of the first revision; none where it cannot be read."""
    try:
        first = PdfFileReader(io.BytesIO(pdf), strict=False).get_historical_resolver(0)
        information = first.get_object(first.trailer_view.raw_get("/Info").reference)
        return str(information.get("/Keywords", ""))
    except Exception:  # whatever a parser makes of a crafted file, no keywords can be read in it
        return ""
