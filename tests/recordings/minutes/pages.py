"""What is drawn on the pages of a PDF, form fields and signatures included."""

from __future__ import annotations

import pypdfium2


def text_drawn(pdf: bytes, *, flatten: bool = False) -> list[str]:
    """The text of each page; ``flatten`` draws annotations into it first."""
    document = pypdfium2.PdfDocument(pdf)
    if flatten:
        document.init_forms()
    texts = []
    for index in range(len(document)):
        page = document[index]
        if flatten:
            page.flatten()
            page = document[index]
        texts.append(page.get_textpage().get_text_bounded())
    return texts
