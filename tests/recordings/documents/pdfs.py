"""Small PDF files."""

from __future__ import annotations

import io

from pypdf import PdfWriter


def one_page_pdf(width: float = 595, height: float = 842, pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width, height)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
