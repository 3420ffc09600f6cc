"""What a file is, by its content alone; the browser's word and the file's name count for nothing.

Accepted: PDF, office files (OOXML, OpenDocument, the old OLE ones) without macros, PNG and JPEG. Everything else, and
any archive that unpacks out of proportion, is refused with the reason.
"""

from __future__ import annotations

import io
import zipfile
from typing import NoReturn

import filetype

from recordings.errors import TooLarge, WrongType

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODF = "application/vnd.oasis.opendocument."
ODF_TYPES = frozenset({f"{ODF}text", f"{ODF}spreadsheet", f"{ODF}presentation"})
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
IMAGES = frozenset({"image/png", "image/jpeg"})

EXTENSIONS = {
    PDF: ".pdf", DOCX: ".docx", XLSX: ".xlsx", PPTX: ".pptx", DOC: ".doc", XLS: ".xls", PPT: ".ppt",
    f"{ODF}text": ".odt", f"{ODF}spreadsheet": ".ods", f"{ODF}presentation": ".odp",
    "image/png": ".png", "image/jpeg": ".jpg",
}  # fmt: skip
OFFICE = frozenset(EXTENSIONS) - {PDF} - IMAGES

MAX_UNPACKED_BYTES = 1_000_000_000
MAX_RATIO = 200
MAX_ENTRIES = 20_000
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS, "PowerPoint Document": PPT}


def sniff(content: bytes) -> str:
    """The media type of an acceptable paper; raises :class:`WrongType` or :class:`TooLarge` with the reason."""
    if not content:
        _refuse("Tệp rỗng.")
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(OLE_MAGIC):
        return _ole(content)
    if content.startswith(b"PK"):
        return _zip(content)
    kind = filetype.guess(content[:8192])
    if kind is not None and kind.mime in IMAGES:
        return str(kind.mime)
    _refuse(_what_it_looks_like(content, kind.mime if kind else None))


def _ole(content: bytes) -> str:
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        _refuse("Tệp có macro. Lưu lại thành tệp không có macro hoặc PDF.")
    for stream, media_type in _OLE_STREAMS.items():
        if stream.encode("utf-16-le") in content:
            return media_type
    _refuse("Tệp không phải văn bản, bảng tính hay trình chiếu.")


def _zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_bomb(entries, len(content))
            names = {entry.filename for entry in entries}
            mimetype = archive.read("mimetype")[:200].decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise WrongType("Tệp hỏng hoặc có mật khẩu, không mở được.") from error
    if any(name.lower().endswith(("vbaproject.bin", "scripts/python/")) for name in names):
        _refuse("Tệp có macro. Lưu lại thành tệp không có macro hoặc PDF.")
    if mimetype in ODF_TYPES:
        return mimetype
    for main, media_type in (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX)):
        if main in names and "[Content_Types].xml" in names:
            return media_type
    _refuse("Tệp nén không được nhận làm tài liệu họp. Hãy tải lên từng tệp PDF hoặc tệp văn phòng.")


def _check_bomb(entries: list[zipfile.ZipInfo], size_bytes: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    mimetypes = [entry for entry in entries if entry.filename == "mimetype"]
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED_BYTES
        or unpacked > MAX_RATIO * size_bytes + 10_000_000
        or any(entry.file_size > 200 for entry in mimetypes)
    ):
        raise TooLarge("Tệp nén bất thường: khi mở ra quá lớn. Không nhận tệp này.", code="archive_bomb")


def _what_it_looks_like(content: bytes, mime: str | None) -> str:
    head = content[:4096].lstrip().lower()
    if content.startswith((b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")):
        return "Tệp chương trình không được nhận."
    if b"<svg" in head:
        return "Tệp SVG không được nhận. Hãy xuất ra PDF hoặc PNG."
    if head.startswith(b"<") or b"<html" in head or b"<script" in head:
        return "Trang web (HTML, XML) không được nhận. Hãy xuất ra PDF."
    return f"Loại tệp này ({mime or 'không rõ'}) không được nhận. Nhận: PDF, Word, Excel, PowerPoint, PNG, JPEG."


def _refuse(why: str) -> NoReturn:
    raise WrongType(why)
