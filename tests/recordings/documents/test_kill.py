"""A delivery cut off at any seam ends in one folder, one ZIP and one receipt when it is run again; so does a recall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from recordings.documents.folder import Folder
from recordings.documents.package import RECALLED, Package, from_zip, read_folder, to_zip
from tests.recordings.documents.pushing import KEY, NOW, PACKAGE, push, recall
from tests.seams import one_life

NAME = "2026-11-05 07-BB-UBND Hồ sơ giao ban"


async def cut_off(tmp_path: Path, live: Callable[[Path, Path, str], None]) -> AsyncIterator[tuple[str, Path]]:
    """Each seam of one life, and what a process left that was cut off there."""
    log = tmp_path / "seams"
    assert await one_life(live, tmp_path / "whole", log, "") == 0
    seams = log.read_text().splitlines()
    assert len(seams) > 10
    for number, seam in enumerate(seams):
        assert await one_life(live, tmp_path / str(number), log, seam) == -9, seam
        yield seam, tmp_path / str(number)


async def test_cut_off_anywhere_it_is_delivered_once(tmp_path: Path) -> None:
    async for seam, place in cut_off(tmp_path, push):
        folder = Folder(place)
        filed = await folder.push(KEY, PACKAGE)
        assert await folder.push(KEY, PACKAGE) == filed
        assert names_in(place) == [NAME, f"{NAME}.zip", f".receipts/{KEY}.json"], seam
        pdf = "bien-ban/bien-ban.pdf"
        assert read_folder(place / filed.reference)[pdf] == PACKAGE.files[pdf], seam
        assert from_zip((place / f"{NAME}.zip").read_bytes()) == await folder.fetch(filed.reference), seam


async def test_cut_off_anywhere_it_is_recalled_and_whole(tmp_path: Path) -> None:
    async for seam, place in cut_off(tmp_path, recall):
        folder = Folder(place)
        assert (await folder.recall(KEY, "sai tên", NOW)).status == "recalled"
        assert (await folder.status(KEY)).status == "recalled", seam
        assert names_in(place) == [NAME, f"{NAME}.zip", f".receipts/{KEY}.json"], seam
        assert "sai tên" in read_folder(place / NAME)[RECALLED].decode(), seam
        assert (await folder.fetch(NAME)).files == PACKAGE.files, seam


def names_in(place: Path) -> list[str]:
    """What stands there, and every file that is hidden."""
    visible = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    hidden = [path for folder in place.glob(".*") for path in folder.rglob("*")]
    return visible + sorted(str(path.relative_to(place)) for path in hidden)


async def test_two_dossiers_of_one_name_stand_apart(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    first = await folder.push("delivery-1", PACKAGE)
    second = await folder.push("delivery-2", PACKAGE)
    assert second.reference == f"{first.reference} (2)"


def test_the_same_package_gives_the_same_zip() -> None:
    assert to_zip(PACKAGE) == to_zip(Package(PACKAGE.metadata, dict(reversed(list(PACKAGE.files.items())))))
