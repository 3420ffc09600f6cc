"""A process that delivers to a folder, or recalls what was delivered, and may be cut off at any seam."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from recordings.documents.folder import Folder
from recordings.documents.package import Package
from tests.seams import Seams

PACKAGE = Package(
    {"Title": "Hồ sơ giao ban", "Subject": "Biên bản", "CodeNumber": "07", "CodeNotation": "BB-UBND",
     "IssuedDate": "2026-11-05"},
    {"bien-ban/bien-ban.pdf": b"%PDF-" + b"x" * 100_000, "tai-lieu/1.pdf": b"%PDF-1"},
)  # fmt: skip
KEY = "delivery-1"
NOW = datetime(2026, 11, 6, 1, 0, tzinfo=UTC)


def push(folder: Path, log: Path, die_at: str) -> None:
    Seams(folder, log, die_at).begin()
    asyncio.run(Folder(folder).push(KEY, PACKAGE))


def recall(folder: Path, log: Path, die_at: str) -> None:
    asyncio.run(Folder(folder).push(KEY, PACKAGE))
    Seams(folder, log, die_at).begin()
    asyncio.run(Folder(folder).recall(KEY, "sai tên", NOW))
