"""The recording against the hash that was signed: beside the dossier, inside its folder, or with the signed PDF alone;
through the command as a person runs it."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

import pytest

from recordings.documents.dossier import SIGNED_PDF
from recordings.errors import NotFound
from recordings.verify import Report, verify_async
from scheduler.proceedings import facts as f
from tests.recordings.documents.filed import filed_folder
from tests.recordings.world import World, log

MP4 = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 20
SHA256 = hashlib.sha256(MP4).hexdigest()


async def filed(world: World, tmp_path: Path) -> tuple[Path, Path]:
    """The dossier of a meeting whose recording is this MP4, and the MP4."""
    await log(world, (61, f.RecordingSealed("r1", SHA256, 3_000_000)))
    recording = tmp_path / "recording.mp4"
    recording.write_bytes(MP4)
    return await filed_folder(world, tmp_path), recording


def said(report: Report) -> str:
    return "\n".join(report.lines())


async def test_the_recording_is_the_one_that_was_signed(world: World, tmp_path: Path) -> None:
    dossier, recording = await filed(world, tmp_path)
    assert "chưa kiểm tra: dùng --recording" in said(await verify_async(dossier))
    for place in (dossier, dossier.with_name(f"{dossier.name}.zip"), dossier / SIGNED_PDF):
        for given in (recording, tmp_path):
            report = await verify_async(place, recording=given)
            assert report.is_whole and "Bản ghi hình khớp mã kiểm tra" in said(report), said(report)
    recording.write_bytes(MP4[:-1] + b"\0")
    for place in (dossier, dossier / SIGNED_PDF):
        report = await verify_async(place, recording=recording)
        [defect] = report.defects
        assert defect.file == "recording.mp4" and "không phải bản ghi hình của cuộc họp này" in defect.message
        assert SHA256 in defect.message
    (dossier / "ghi-hinh" / "recording.mp4").write_bytes(MP4)
    assert "khớp mã kiểm tra trong biên bản: ghi-hinh/recording.mp4" in said(await verify_async(dossier))
    (dossier / "ghi-hinh" / "recording.mp4").write_bytes(b"another")
    assert [d.file for d in (await verify_async(dossier)).defects] == ["ghi-hinh/recording.mp4"]
    (tmp_path / "empty").mkdir()
    for missing in (tmp_path / "none.mp4", tmp_path / "empty"):
        with pytest.raises(NotFound):
            await verify_async(dossier, recording=missing)


async def command(*arguments: str) -> tuple[int | None, str, str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.command", "verify", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await child.communicate()
    return child.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)  # the command reads files only
async def test_the_command_says_it_and_nothing_else(world: World, tmp_path: Path) -> None:
    dossier, recording = await filed(world, tmp_path)
    code, out, err = await command(str(dossier), "--recording", str(recording))
    assert (code, err) == (0, "") and "Toàn vẹn" in out and "Bản ghi hình khớp" in out
    pdf = (dossier / SIGNED_PDF).read_bytes()
    middle = len(pdf) // 2
    (dossier / SIGNED_PDF).write_bytes(pdf[:middle] + bytes([pdf[middle] ^ 1]) + pdf[middle + 1 :])
    code, out, err = await command(str(dossier))
    assert (code, err) == (1, "") and f"- {SIGNED_PDF}: " in out and "Traceback" not in out
    code, out, err = await command(str(tmp_path / "nothing"))
    assert (code, err) == (1, "") and "Không có tệp hoặc thư mục" in out
