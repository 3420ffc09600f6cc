"""The document system that is a folder: each dossier becomes a subfolder and a ZIP beside it.

Everything is written under ``.incoming/<key>`` and forced to disk first; then the folder, the ZIP and a receipt named
after the key are renamed into place. Wherever a crash comes, pushing again ends in the same one folder, one ZIP, one
receipt, and nothing else is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from recordings.documents.document_system import DocumentSystemFailed, Filed
from recordings.documents.package import RECALLED, Package, all_files, from_files, read_folder, safe_name, to_zip

INCOMING, RECEIPTS = ".incoming", ".receipts"


class Folder:
    """An adapter of :class:`~recordings.documents.document_system.DocumentSystem`."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def push(self, key: str, package: Package) -> Filed:
        try:
            return await asyncio.to_thread(self._push, key, package)
        except OSError as error:
            raise DocumentSystemFailed(_why(self.folder, error)) from error

    async def fetch(self, reference: str) -> Package:
        place = self.folder / reference
        if place.parent != self.folder or not place.is_dir():
            raise DocumentSystemFailed(f"Không còn hồ sơ “{reference}” trong thư mục.")
        return from_files(await asyncio.to_thread(read_folder, place))

    async def link(self, reference: str) -> str:
        return (self.folder / reference).absolute().as_uri()

    async def status(self, key: str) -> Filed:
        receipt = await asyncio.to_thread(self._receipt, key)
        return receipt or Filed("", "absent")

    async def recall(self, key: str, reason: str, now: datetime) -> Filed:
        receipt = await self.status(key)
        if receipt.status == "absent":
            return receipt
        try:
            await asyncio.to_thread(self._mark_recalled, key, receipt, reason, now)
        except OSError as error:
            raise DocumentSystemFailed(_why(self.folder, error)) from error
        return Filed(receipt.reference, "recalled", now)

    # -- steps, each of which may be the last before a crash

    def _push(self, key: str, package: Package) -> Filed:
        work = self._work(key)
        filed = self._receipt(key)
        if filed is None:
            reference = self._reserve(work, package)
            self._put_folder(work, reference, package)
            self._put_zip(work, reference, package)
            filed = Filed(reference, "sent", datetime.now(UTC))
            self._keep_receipt(key, {"reference": reference, "status": "sent", "at": _text(filed.at)})
        shutil.rmtree(work, ignore_errors=True)
        return filed

    def _put_folder(self, work: Path, reference: str, package: Package) -> None:
        target = self.folder / reference
        if not target.exists():
            self._write_aside(work / "folder", package)
            (work / "folder").replace(target)
            sync_folder(self.folder)

    def _put_zip(self, work: Path, reference: str, package: Package) -> None:
        archive = self.folder / f"{reference}.zip"
        if not archive.exists():
            write_file(archive, to_zip(package), aside=work)

    def _work(self, key: str) -> Path:
        return self.folder / INCOMING / safe_name(key)

    def _reserve(self, work: Path, package: Package) -> str:
        """The name under which it will stand: chosen once, kept over crashes, never another dossier's."""
        note = work / "name"
        if note.exists():
            return note.read_text(encoding="utf-8")
        work.mkdir(parents=True, exist_ok=True)
        name, number = package.name, 2
        while not self._is_free(name, work):
            name, number = f"{package.name} ({number})", number + 1
        write_file(note, name.encode(), aside=work)
        return name

    def _is_free(self, name: str, work: Path) -> bool:
        others = {path.read_text(encoding="utf-8") for path in work.parent.glob("*/name")}
        return name not in others and not (self.folder / name).exists() and not (self.folder / f"{name}.zip").exists()

    def _write_aside(self, place: Path, package: Package) -> None:
        shutil.rmtree(place, ignore_errors=True)
        for name, content in all_files(package).items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, content, aside=path.parent)
        for folder in [place, *(path for path in place.rglob("*") if path.is_dir())]:
            sync_folder(folder)

    def _receipt_path(self, key: str) -> Path:
        return self.folder / RECEIPTS / f"{safe_name(key)}.json"

    def _receipt(self, key: str) -> Filed | None:
        path = self._receipt_path(key)
        if not path.exists():
            return None
        receipt = json.loads(path.read_bytes())
        return Filed(receipt["reference"], receipt["status"], datetime.fromisoformat(receipt["at"]))

    def _mark_recalled(self, key: str, receipt: Filed, reason: str, now: datetime) -> None:
        work = self._work(key)
        work.mkdir(parents=True, exist_ok=True)
        mark = f"Đã thu hồi {now:%d/%m/%Y}: {reason}\n".encode()
        write_file(self.folder / receipt.reference / RECALLED, mark, aside=work)
        self._keep_receipt(
            key, {"reference": receipt.reference, "status": "recalled", "at": _text(now), "reason": reason}
        )
        shutil.rmtree(work, ignore_errors=True)

    def _keep_receipt(self, key: str, receipt: dict[str, str]) -> None:
        path = self._receipt_path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(receipt, ensure_ascii=False).encode(), aside=self._work(key))


def write_file(path: Path, content: bytes, aside: Path) -> None:
    """Whole or not at all: a file in the folder ``aside``, forced to disk, renamed, and its new folder forced too."""
    handle, temporary = tempfile.mkstemp(dir=aside, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _why(folder: Path, error: OSError) -> str:
    return f"Không ghi được vào thư mục hồ sơ {folder}: {error.strerror or error}. Hệ thống sẽ tự gửi lại."
