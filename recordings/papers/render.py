"""Page counts and page images of PDF files, drawn in a child process (:mod:`recordings.papers.rasterize`)."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from recordings.errors import WrongType
from recordings.papers.child import run_child

CHILD = Path(__file__).with_name("rasterize.py")
WIDTHS = (160, 480, 960, 1440, 1920)  # pixels; others are rounded up, so that few images are kept per page
TIMEOUT_S = 40.0
BROKEN = "Tệp PDF hỏng, có mật khẩu hoặc quá phức tạp, không hiển thị được."


class Renderer:
    """Draws pages, a few at a time; one per process, handed in."""

    def __init__(self, parallel: int = 2) -> None:
        self._turns = asyncio.Semaphore(parallel)

    async def count_pages(self, pdf: bytes) -> int:
        """Pages of a PDF; raises :class:`WrongType` when it cannot be opened safely."""
        pages = json.loads(await self._run(pdf, "count"))["pages"]
        if not isinstance(pages, int) or pages < 1:
            raise WrongType(BROKEN)
        return pages

    async def draw_page(self, pdf: bytes, number: int, width: int) -> bytes:
        """One page (from 1) as PNG, about ``width`` pixels wide."""
        return await self._run(pdf, "page", str(number), str(rounded(width)))

    async def _run(self, pdf: bytes, *arguments: str) -> bytes:
        async with self._turns:
            outcome = await run_child(
                [sys.executable, "-I", str(CHILD), *arguments],
                input_bytes=pdf,
                timeout_s=TIMEOUT_S,
                environment={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            )
        if outcome.code != 0 or not outcome.output:
            raise WrongType(BROKEN, code="broken_pdf")
        return outcome.output


def rounded(width: int) -> int:
    return next((known for known in WIDTHS if known >= width), WIDTHS[-1])
