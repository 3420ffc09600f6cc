"""Check a dossier or a signed PDF, offline, without a database: signatures, hashes, the log, and that they agree.

Every defect is named, in Vietnamese, with the file and, in the log, the fact. Used by ``giaoban verify``. What is
checked was made by anybody: whatever it holds, the answer is a report, never an exception.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from recordings.documents.convened import INVITATION_CALENDAR
from recordings.documents.dossier import (
    ATTENDANCE_CSV,
    ATTENDANCE_JSON,
    FACTS,
    LOGS,
    PAPER_LIST,
    SIGNED_PDF,
    attendance_csv,
)  # fmt: skip
from recordings.documents.package import COPYABLE, MANIFEST, RECALLED
from recordings.errors import NotFound
from recordings.minutes.check import BrokenPdf, Checked, check_signatures
from recordings.minutes.fields import number_in
from recordings.minutes.trust import load_roots
from recordings.strict_json import BadJson, read_json
from recordings.verify_log import check_logs
from recordings.verify_manifest import check_manifest, metadata_in
from recordings.verify_page import names_facts, recording_named
from recordings.verify_papers import check_papers
from recordings.verify_recording import check_recordings, check_reference, expected_in, note_on, recordings_at
from recordings.verify_source import LARGEST_FILE, Source, read_tree, read_zip

MOST_DEFECTS = 1000
_NOTHING = object()  # could not be read, and that was said; not the same as a file that says null
_MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong."""

    file: str
    message: str


@dataclass(slots=True)
class Report:
    """What was checked and what is wrong with it; whole when there is no defect."""

    path: str
    defects: list[Defect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # true and worth knowing, no defect
    signatures: list[Checked] = field(default_factory=list)
    files: int = 0
    facts: int = 0

    @property
    def is_whole(self) -> bool:
        return not self.defects

    def add(self, file: str, message: str) -> None:
        """Names come from outside: what a terminal would obey or cannot print is spelled out."""
        defect = Defect(_printable(file), _printable(message))
        if defect not in self.defects and len(self.defects) < MOST_DEFECTS:
            self.defects.append(defect)

    def run(self, file: str, check: Iterator[tuple[str, str]]) -> None:
        """A check to its end; what it cannot make sense of is a defect of ``file``."""
        try:
            for name, message in check:
                self.add(name, message)
        except _MISSHAPEN as error:
            self.add(file, f"nội dung sai dạng, không kiểm tra được ({type(error).__name__})")

    def lines(self) -> list[str]:
        """The report in words."""
        head = "Toàn vẹn: không phát hiện thay đổi." if self.is_whole else f"Phát hiện {len(self.defects)} lỗi:"
        return [head, *(f"- {defect.file}: {defect.message}" for defect in self.defects), *self.notes]

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "whole": self.is_whole,
            "defects": [{"file": defect.file, "message": defect.message} for defect in self.defects],
            "notes": self.notes,
            "signatures": [
                {"role": s.role, "name": s.name, "at": s.at.isoformat() if s.at else None, "valid": s.is_valid,
                 "test_certificate": s.is_test, "defect": s.defect}
                for s in self.signatures
            ],
            "files": self.files,
            "facts": self.facts,
        }  # fmt: skip


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def verify(path: Path, roots: Iterable[Path] = (), recording: Path | None = None) -> Report:
    """Check a dossier folder, a dossier ZIP or a signed PDF, and ``recording`` (a file, or a folder with it)."""
    return asyncio.run(verify_async(path, roots, recording))


async def verify_async(path: Path, roots: Iterable[Path] = (), recording: Path | None = None) -> Report:
    """The same, where an event loop runs already; :class:`NotFound` where there is nothing to check."""
    if not path.is_dir() and not path.is_file():
        raise NotFound(f"Không có tệp hoặc thư mục {path}.")
    given = recordings_at(recording) if recording is not None else {}
    report = Report(str(path))
    if path.is_dir():
        return await _check_dossier(report, read_tree(path), roots, given)
    try:
        with path.open("rb") as file:
            return await _check_file(report, file, roots, given)
    except OSError as error:
        report.add(str(path), f"không đọc được ({error.strerror})")
    return report


async def verify_bytes(content: bytes, name: str, roots: Iterable[Path] = ()) -> Report:
    """A ZIP or a PDF that is in memory."""
    return await _check_file(Report(name), io.BytesIO(content), roots, {})


async def verify_files(files: Mapping[str, bytes], name: str, roots: Iterable[Path] = ()) -> Report:
    """A dossier by its files."""
    return await _check_dossier(Report(name), Source(dict(files)), roots, {})


async def _check_file(report: Report, file: IO[bytes], roots: Iterable[Path], given: Mapping[str, str]) -> Report:
    is_pdf = file.read(5) == b"%PDF-"
    file.seek(0)
    if not is_pdf:
        return await _check_dossier(report, read_zip(file, report.path), roots, given)
    report.files = 1
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        report.add(report.path, "tệp quá lớn, không kiểm tra")
        return report
    await _check_pdf(report, report.path, content, roots)
    _check_recordings(report, given, recording_named(content))
    return report


async def _check_dossier(report: Report, source: Source, roots: Iterable[Path], given: Mapping[str, str]) -> Report:
    for name, message in source.defects:
        report.add(name, message)
    files = {name: content for name, content in source.files.items() if name != RECALLED}
    report.files = len(files)
    manifest = _object_in(report, files, MANIFEST)
    if manifest is None:
        return report
    report.run(MANIFEST, check_manifest(manifest, files))
    if COPYABLE not in files:
        report.add(COPYABLE, "thiếu tệp này")
    facts = _object_in(report, files, FACTS)
    if SIGNED_PDF in files:
        await _check_pdf(report, SIGNED_PDF, files[SIGNED_PDF], roots)
        report.run(SIGNED_PDF, _against_dossier(files[SIGNED_PDF], facts, metadata_in(manifest)))
    else:
        report.add(SIGNED_PDF, "thiếu tệp này")
    logs = {name: content for name, content in files.items() if name.startswith(LOGS)}
    report.facts = sum(content.count(b"\n") for content in logs.values())
    report.run(FACTS, check_logs(logs, facts))
    if facts is not None:
        report.run(PAPER_LIST, check_papers(files, facts))
        report.run(FACTS, _check_copies(report, files, facts))
    _check_recordings(report, {**source.recordings, **given}, expected_in(logs, facts))
    return report


def _object_in(report: Report, files: Mapping[str, bytes], name: str) -> dict[str, Any] | None:
    value = _json_of(report, files, name)
    if value is not _NOTHING and not isinstance(value, dict):
        report.add(name, "nội dung sai dạng")
    return value if isinstance(value, dict) else None


def _json_of(report: Report, files: Mapping[str, bytes], name: str) -> Any:
    if name not in files:
        report.add(name, "thiếu tệp này")
        return _NOTHING
    try:
        return read_json(files[name])
    except BadJson as error:
        report.add(name, f"tệp đã bị thay đổi, không đọc được: {error.message}")
        return _NOTHING


async def _check_pdf(report: Report, name: str, pdf: bytes, roots: Iterable[Path]) -> None:
    try:
        report.signatures = await check_signatures(pdf, load_roots(roots))
    except BrokenPdf as error:
        report.add(name, error.message)
        return
    for signature in report.signatures:
        if signature.is_valid:
            report.notes.append(_printable(_signature_note(signature)))
        else:
            report.add(name, _signature_defect(signature))
    if not report.signatures:
        report.add(name, "tệp không có chữ ký số")


def _against_dossier(
    pdf: bytes, facts: Mapping[str, Any] | None, metadata: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """The signed page names the facts and the number it was made with."""
    if facts is not None and not names_facts(pdf, facts):
        yield SIGNED_PDF, "các sự kiện đã khóa (facts.json) không phải là của biên bản đã ký"
    try:
        number = number_in(pdf)
    except Exception:  # a crafted file breaks a parser in any way it likes
        yield SIGNED_PDF, "không đọc được số, ký hiệu"
        return
    if number != f"{metadata.get('CodeNumber')}/{metadata.get('CodeNotation')}":
        yield SIGNED_PDF, f"số, ký hiệu trên biên bản ({number}) khác manifest.json"


def _signature_defect(signature: Checked) -> str:
    who = f" (chữ ký của {signature.name})" if signature.name else ""
    return f"{signature.defect}{who}"


def _signature_note(signature: Checked) -> str:
    when = f" lúc {signature.at.isoformat()}" if signature.at else ""
    test = " – CHỮ KÝ THỬ NGHIỆM, không có giá trị pháp lý" if signature.is_test else ""
    return f"Chữ ký hợp lệ: {signature.name}{when}{test}"


def _check_copies(report: Report, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Attendance, invitation and recording say what the locked facts say."""
    yield from check_reference(files, facts)
    attendance = _json_of(report, files, ATTENDANCE_JSON)
    if attendance is not _NOTHING and attendance != facts.get("attendance"):
        yield ATTENDANCE_JSON, "khác danh sách điểm danh trong biên bản"
    if ATTENDANCE_CSV in files and files[ATTENDANCE_CSV] != attendance_csv(dict(facts)):
        yield ATTENDANCE_CSV, "khác danh sách điểm danh trong biên bản"
    if INVITATION_CALENDAR in files:
        unfolded = files[INVITATION_CALENDAR].replace(b"\r\n ", b"").splitlines()
        if f"UID:{facts['meeting']['id']}".encode() not in unfolded:
            yield INVITATION_CALENDAR, "giấy mời của một cuộc họp khác"


def _check_recordings(report: Report, found: Mapping[str, str], expected: str | None) -> None:
    report.run("", check_recordings(found, expected))
    if note := note_on(found, expected):
        report.notes.append(note)
