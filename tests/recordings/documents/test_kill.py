"""A delivery killed between any two steps ends in one folder, one ZIP and one receipt when it is run again."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from recordings.documents.folder import Folder
from recordings.documents.package import Package, from_zip, read_folder, to_zip
from tests.recordings.documents.push_and_die import PACKAGE

STEPS = ("reserved", "written", "folder in place", "zip written", "zip in place", "receipt written")


async def push_and_die(folder: Path, step: str) -> int:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.recordings.documents.push_and_die", str(folder), step
    )
    return await child.wait()


@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_a_step_it_is_delivered_once(step: str, tmp_path: Path) -> None:
    assert await push_and_die(tmp_path, step) == -signal.SIGKILL
    folder = Folder(tmp_path)
    filed = await folder.push("delivery-1", PACKAGE)
    assert await folder.push("delivery-1", PACKAGE) == filed
    visible = sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))
    assert visible == ["2026-11-05 07-BB-UBND Hồ sơ giao ban", "2026-11-05 07-BB-UBND Hồ sơ giao ban.zip"]
    assert read_folder(tmp_path / filed.reference)["bien-ban/bien-ban.pdf"] == PACKAGE.files["bien-ban/bien-ban.pdf"]
    assert from_zip((tmp_path / f"{filed.reference}.zip").read_bytes()) == await folder.fetch(filed.reference)
    assert list((tmp_path / ".receipts").iterdir()) == [tmp_path / ".receipts" / "delivery-1.json"]


async def test_two_dossiers_of_one_name_stand_apart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = await folder.push("delivery-1", PACKAGE)
    second = await folder.push("delivery-2", PACKAGE)
    assert second.reference == f"{first.reference} (2)"


def test_the_same_package_gives_the_same_zip() -> None:
    assert to_zip(PACKAGE) == to_zip(Package(PACKAGE.metadata, dict(reversed(list(PACKAGE.files.items())))))
