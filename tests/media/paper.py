"""A PDF whose every page shows a machine-readable number, so that a picture of a page tells which one it is."""

from __future__ import annotations

import io
from collections.abc import Iterable

from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from tests.media import picture_code

WIDTH, HEIGHT = 595, 842  # A4, in points
PAGE = 200
"""Page 1 shows 201, page 2 shows 202 …: no camera has such a number."""


def paper(numbers: Iterable[int]) -> bytes:
    """One A4 page for each number, with its strip over the upper sixth."""
    writer = PdfWriter()
    for number in numbers:
        page = writer.add_blank_page(WIDTH, HEIGHT)
        drawing = StreamObject()
        drawing.set_data(_strip(number).encode())
        page[NameObject("/Contents")] = writer._add_object(drawing)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _strip(number: int) -> str:
    """Content of a page (ISO 32000-1, 8.5): black under white blocks; the origin is at the bottom left."""
    cell, height = WIDTH / picture_code.CELLS, HEIGHT / picture_code.STRIP
    bottom = HEIGHT - height
    white = (index for index, bit in enumerate(picture_code.cells_of(number)) if bit)
    blocks = "".join(f"{index * cell:.2f} {bottom:.2f} {cell:.2f} {height:.2f} re " for index in white)
    return f"0 g 0 {bottom:.2f} {WIDTH} {height:.2f} re f 1 g {blocks}f"
