"""What is accepted as a paper, by content alone."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile

import pytest
from docx import Document

from recordings.errors import TooLarge, WrongType
from recordings.papers.sniff import DOC, DOCX, OLE_MAGIC, PDF, PPTX, XLSX, sniff


def zipped(*names: str, **contents: bytes) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"<x/>")
        for name, content in contents.items():
            archive.writestr(name, content)
    return output.getvalue()


def docx() -> bytes:
    output = io.BytesIO()
    document = Document()
    document.add_paragraph("Báo cáo tháng 10")
    document.save(output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n", PDF),
        (docx(), DOCX),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), XLSX),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), PPTX),
        (zipped("content.xml", mimetype=b"application/vnd.oasis.opendocument.text"),
         "application/vnd.oasis.opendocument.text"),
        (OLE_MAGIC + bytes(600) + "WordDocument".encode("utf-16-le"), DOC),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
    ],
)  # fmt: skip
def test_accepted(content: bytes, media_type: str) -> None:
    assert sniff(content) == media_type


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "rỗng"),
        (b"MZ\x90\x00" + bytes(100), "chương trình"),
        (b"\x7fELF" + bytes(100), "chương trình"),
        (b"#!/bin/sh\nrm", "chương trình"),
        (b"<!doctype html><script>", "HTML"),
        (b"  <html>", "HTML"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (zipped("a.pdf"), "Tệp nén"),
        (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macro"),
        (OLE_MAGIC + bytes(600), "không phải văn bản"),
        (b"PK\x03\x04" + bytes(100), "hỏng"),
        (b"just text", "không được nhận"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(64), "video/mp4"),
    ],
)
def test_refused(content: bytes, why: str) -> None:
    with pytest.raises(WrongType, match=why):
        sniff(content)


def test_an_archive_bomb_is_refused() -> None:
    with pytest.raises(TooLarge, match="bất thường"):
        sniff(zipped("[Content_Types].xml", "word/document.xml", bomb=bytes(60_000_000)))


def test_garbage_never_does_more_than_refuse() -> None:
    dice = random.Random(3)
    good = docx()
    for _ in range(300):
        content = bytearray(good)
        for _ in range(dice.randrange(1, 40)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        with contextlib.suppress(WrongType, TooLarge):
            sniff(bytes(content[: dice.randrange(1, len(content))]))
