"""Check a dossier or a signed PDF, offline, without a database: signatures, hashes, the log, and that they agree.

Every defect is named, in Vietnamese, with the file and, in the log, the fact. Used by ``giaoban verify``.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recordings.documents.dossier import ATTENDANCE_JSON, FACTS, LOGS, RECORDING, SIGNED_PDF
from recordings.documents.package import COPYABLE, MANIFEST, RECALLED, copyable, read_folder
from recordings.errors import NotFound, RecordingsError
from recordings.minutes.check import BrokenPdf, Checked, check_signatures
from recordings.minutes.fields import number_in
from recordings.minutes.trust import load_roots
from recordings.verify_log import check_logs
from recordings.verify_manifest import check_manifest
from recordings.verify_page import keywords_of

MAX_UNPACKED_BYTES = 4_000_000_000


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

    def add(self, file: str, messages: Iterable[str]) -> None:
        self.defects += [Defect(file, message) for message in messages]

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


def verify(path: Path, roots: Iterable[Path] = ()) -> Report:
    """Check a dossier folder, a dossier ZIP or a signed PDF."""
    return asyncio.run(verify_async(path, roots))


async def verify_async(path: Path, roots: Iterable[Path] = ()) -> Report:
    """The same, where an event loop runs already."""
    if not path.exists():
        raise NotFound(f"Không có tệp hoặc thư mục {path}.")
    if path.is_dir():
        return await verify_files(read_folder(path), str(path), roots)
    return await verify_bytes(path.read_bytes(), str(path), roots)


async def verify_bytes(content: bytes, name: str, roots: Iterable[Path] = ()) -> Report:
    """A ZIP or a PDF that is in memory."""
    if content.startswith(b"%PDF-"):
        report = Report(name, files=1)
        await _check_pdf(report, name, content, roots)
        return report
    report = Report(name)
    files = _unpacked(report, content)
    return report if files is None else await _check_dossier(report, files, roots)


async def verify_files(files: Mapping[str, bytes], name: str, roots: Iterable[Path] = ()) -> Report:
    """A dossier by its files."""
    return await _check_dossier(Report(name), files, roots)


def _unpacked(report: Report, content: bytes) -> dict[str, bytes] | None:
    files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                report.add(report.path, ["tệp nén bất thường: khi mở ra quá lớn"])
                return None
            for entry in archive.infolist():
                if entry.filename in files:
                    report.add(entry.filename, ["tệp có hai lần trong gói"])
                try:
                    files[entry.filename] = archive.read(entry)
                except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError):
                    report.add(entry.filename, ["tệp đã bị thay đổi hoặc hỏng, không giải nén được"])
                    files[entry.filename] = b""
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError, RuntimeError):
        report.add(report.path, ["gói ZIP hỏng, không mở được"])
        return None
    return files


async def _check_dossier(report: Report, files: Mapping[str, bytes], roots: Iterable[Path]) -> Report:
    files = {name: content for name, content in files.items() if name != RECALLED}
    report.files = len(files)
    manifest = _json_of(report, files, MANIFEST)
    if not isinstance(manifest, dict):
        return report
    for name, message in check_manifest(manifest, files):
        report.add(name, [message])
    _check_copyable(report, manifest, files)
    facts = _json_of(report, files, FACTS)
    if SIGNED_PDF in files:
        await _check_pdf(report, SIGNED_PDF, files[SIGNED_PDF], roots, facts, manifest)
    logs = {name: content for name, content in files.items() if name.startswith(LOGS)}
    report.facts = sum(content.count(b"\n") for content in logs.values())
    for name, message in check_logs(logs, facts if isinstance(facts, dict) else None):
        report.add(name, [message])
    _check_copies(report, files, facts)
    return report


def _json_of(report: Report, files: Mapping[str, bytes], name: str) -> Any:
    if name not in files:
        report.add(name, ["thiếu tệp này"])
        return None
    try:
        return json.loads(files[name])
    except (ValueError, RecursionError):
        report.add(name, ["tệp đã bị thay đổi, không đọc được"])
        return None


def _check_copyable(report: Report, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    try:
        expected = copyable(manifest["file"]).encode()
    except (KeyError, ValueError, TypeError):
        report.add(MANIFEST, ["thiếu thông tin hồ sơ"])
        return
    if files.get(COPYABLE) != expected:
        report.add(COPYABLE, ["không khớp với manifest.json"])


async def _check_pdf(
    report: Report,
    name: str,
    pdf: bytes,
    roots: Iterable[Path],
    facts: Any = None,
    manifest: Mapping[str, Any] | None = None,
) -> None:
    try:
        report.signatures = await check_signatures(pdf, load_roots(roots))
    except BrokenPdf as error:
        report.add(name, [error.message])
        return
    report.add(name, [_signature_defect(signature) for signature in report.signatures if not signature.is_valid])
    if not report.signatures:
        report.add(name, ["tệp không có chữ ký số"])
    report.notes += [_signature_note(signature) for signature in report.signatures if signature.is_valid]
    if manifest is not None:
        report.add(name, _against_dossier(pdf, facts, manifest))


def _against_dossier(pdf: bytes, facts: Any, manifest: Mapping[str, Any]) -> list[str]:
    """The signed page names the facts and the number it was made with."""
    found = []
    if isinstance(facts, dict) and not keywords_of(pdf, facts):
        found.append("các sự kiện đã khóa (facts.json) không phải là của biên bản đã ký")
    meta = manifest.get("file", {})
    try:
        number = number_in(pdf)
    except (RecordingsError, KeyError, ValueError, TypeError, AttributeError):
        return [*found, "không đọc được số, ký hiệu"]
    if number != f"{meta.get('CodeNumber')}/{meta.get('CodeNotation')}":
        found.append(f"số, ký hiệu trên biên bản ({number}) khác manifest.json")
    return found


def _signature_defect(signature: Checked) -> str:
    who = f" (chữ ký của {signature.name})" if signature.name else ""
    return f"{signature.defect}{who}"


def _signature_note(signature: Checked) -> str:
    when = f" lúc {signature.at.isoformat()}" if signature.at else ""
    test = " – CHỮ KÝ THỬ NGHIỆM, không có giá trị pháp lý" if signature.is_test else ""
    return f"Chữ ký hợp lệ: {signature.name}{when}{test}"


def _check_copies(report: Report, files: Mapping[str, bytes], facts: Any) -> None:
    """Attendance and recording are copies of the locked facts."""
    if not isinstance(facts, dict):
        return
    attendance, recording = _json_of(report, files, ATTENDANCE_JSON), _json_of(report, files, RECORDING)
    if attendance is not None and attendance != facts.get("attendance"):
        report.add(ATTENDANCE_JSON, ["khác danh sách điểm danh trong biên bản"])
    if isinstance(recording, dict) and recording.get("recording") != facts.get("recording"):
        report.add(RECORDING, ["khác mã kiểm tra bản ghi hình trong biên bản"])
