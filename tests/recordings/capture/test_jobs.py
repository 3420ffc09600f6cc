"""From a meeting that was held to a sealed archive: both jobs, on both databases, killed and run again."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from recordings.capture import archive as archive_module
from recordings.capture.archive import archive
from recordings.capture.begin import ARCHIVE, PREPARE, begin
from recordings.capture.describe import describe, locate, mp4_file, segment_file
from recordings.capture.prepare import prepare
from recordings.capture.recording import Recording
from recordings.capture.retention import keep_until, take_away
from recordings.capture.scenes import Scene, scene_at
from recordings.errors import Conflict, JobFailed, NotFound
from recordings.settings import ArchiveSettings, CaptureSettings
from scheduler.database import Database
from scheduler.outbox import OutboxRow
from scheduler.proceedings import facts as f
from scheduler.proceedings.facts import RecordingSealed
from tests.recordings.capture.media import decode_pictures, decode_sound, read_code, tone_of
from tests.recordings.capture.stage import CODES, HERTZ, LOG, SIZE, Log, hold, moment, plan, settings_in


def page(paper_id: str, number: int, width: int) -> bytes:
    assert (paper_id, number, width) == ("paper-1", 1, 880)
    data = io.BytesIO()
    Image.new("RGB", (width, width * 7 // 5), (250, 250, 250)).save(data, "PNG")
    return data.getvalue()


async def described(database: Database) -> dict[str, Any]:
    async with database.reading() as session:
        return await describe(session, LOG.meeting_id)


async def test_a_held_meeting_becomes_a_sealed_archive(database: Database, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    assert (await described(database))["state"] == "none"
    log = await hold(database, settings)
    assert (await described(database))["state"] == "preparing"
    said: list[int] = []

    async def on_progress(percent: int) -> None:
        said.append(percent)

    await prepare(database, settings, "rec-1", on_progress, meeting_id=LOG.meeting_id)
    playable = await described(database)
    assert (playable["state"], playable["sha256"], playable["mp4"]) == ("playable", None, None)
    assert [segment["url"] for segment in playable["segments"]] == ["/api/recordings/rec-1/segments/0"]
    assert playable["duration_ms"] == pytest.approx(10_000, abs=150)
    async with database.reading() as session:
        found = await segment_file(session, settings, "rec-1", 0)
        assert found is not None
        assert found[0].stat().st_size > 10_000
        assert await segment_file(session, settings, "rec-1", 1) is None
        assert await locate(session, LOG.meeting_id, moment(26)) == pytest.approx(6000, abs=150)
        assert await locate(session, LOG.meeting_id, moment(600)) is None
    await archive(database, settings, "rec-1", page, log.seal, on_progress)
    done = await described(database)
    path = mp4_file(settings, "rec-1")
    assert done["state"] == "archived"
    assert done["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert done["mp4"] == {"url": "/api/recordings/rec-1/recording.mp4", "size_bytes": path.stat().st_size}
    sealed = [fact.body for fact in await log.facts() if isinstance(fact.body, RecordingSealed)]
    assert sealed == [RecordingSealed("rec-1", done["sha256"], done["duration_ms"])]
    check_chapters(done)
    await check_what_is_seen_and_heard(database, done, path)
    await archive(database, settings, "rec-1", page, log.seal)  # again: nothing more happens
    assert len([fact for fact in await log.facts() if isinstance(fact.body, RecordingSealed)]) == 1
    assert said[-1] <= 100


def check_chapters(done: dict[str, Any]) -> None:
    shown = [(c["kind"], c["title"], round(c["start_ms"] / 1000, 1)) for c in done["chapters"]]
    assert shown == [
        ("item", "Kinh tế – xã hội", 0.0),
        ("speech", "xã Cán Tỷ – Vàng A Sính, Chủ tịch UBND xã", pytest.approx(1.2, abs=0.11)),
        ("speech", "xã Lùng Tám", pytest.approx(3.2, abs=0.11)),
        ("item", "Chuyển đổi số", 5.0),
        ("pause", "Tạm dừng ghi hình", 5.0),
        ("gap", "Gián đoạn ghi hình", pytest.approx(7.0, abs=0.11)),
    ]
    assert [(p["paper_id"], round(p["start_ms"] / 1000, 1)) for p in done["papers"]] == [("paper-1", 2.0), (None, 3.0)]
    (gap,) = done["gaps"]
    assert gap["cause"] == "worker"
    assert gap["end_ms"] - gap["start_ms"] == pytest.approx(1000, abs=100)


async def check_what_is_seen_and_heard(database: Database, done: dict[str, Any], path: Path) -> None:
    """At every speech's second, half a second on: the code in the picture and the tone are that site's."""
    async with database.reading() as session:
        contents = json.loads((await session.get_one(Recording, "rec-1")).contents_json)
    scenes = [Scene(**scene) for scene in contents["scenes"]]
    pictures, sound = decode_pictures(path), decode_sound(path)
    speeches = [chapter for chapter in done["chapters"] if chapter["kind"] == "speech"]
    for speech in speeches:
        for late_ms in (60, 500):
            second = (speech["start_ms"] + late_ms) / 1000
            place = scene_at(scenes, int(second * 1000)).layout(*SIZE).video.fit(320, 180)
            picture = next(picture for at, picture in pictures if at >= second)
            shown = picture[place.y : place.y + place.height, place.x : place.x + place.width]
            assert read_code(shown) == CODES[speech["site_id"]]
        piece = sound[int((speech["start_ms"] + 100) * 48) : int((speech["start_ms"] + 500) * 48)]
        assert tone_of(piece, 48_000) == pytest.approx(HERTZ[speech["site_id"]], abs=5)


async def test_while_it_goes_on_the_proceedings_say_so(database: Database) -> None:
    await plan(database)
    log = await Log.open(database)
    await log.append(0, f.Convened(), f.RecordingStarted("rec-1"))
    going_on = await described(database)
    assert (going_on["id"], going_on["state"], going_on["segments"]) == ("rec-1", "capturing", [])


async def test_the_archive_stands_in_the_outbox_once(database: Database, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    await hold(database, settings)
    await prepare(database, settings, "rec-1", meeting_id=LOG.meeting_id)
    await prepare(database, settings, "rec-1")
    async with database.reading() as session:
        kinds = (await session.scalars(select(OutboxRow.kind).order_by(OutboxRow.at))).all()
    assert [kind for kind in kinds if kind != PREPARE] == [ARCHIVE]


async def test_an_archive_job_killed_midway_is_run_again(database: Database, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    log = await hold(database, settings)
    await prepare(database, settings, "rec-1", meeting_id=LOG.meeting_id)

    async def kill(percent: int) -> None:
        if percent >= 30:
            for child in children_of(os.getpid()):
                os.kill(child, signal.SIGKILL)

    with pytest.raises(JobFailed, match="-9"):
        await archive(database, settings, "rec-1", page, log.seal, kill)
    path = mp4_file(settings, "rec-1")
    assert not path.exists()
    still = await described(database)
    assert (still["state"], still["segments"] != []) == ("playable", True)
    assert "-9" in still["error"]
    await archive(database, settings, "rec-1", page, log.seal)
    done = await described(database)
    assert (done["state"], done["error"]) == ("archived", "")
    assert done["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_full_disk_is_said_and_leaves_what_plays(database: Database, tmp_path: Path, small_disk: Path) -> None:
    settings = replace(settings_in(tmp_path), recordings=small_disk)
    await plan(database)
    log = await hold(database, settings)
    await prepare(database, settings, "rec-1", meeting_id=LOG.meeting_id)
    disk = os.statvfs(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - (200 << 10)))
    with pytest.raises(JobFailed, match="No space left"):
        await archive(database, settings, "rec-1", page, log.seal)
    still = await described(database)
    assert (still["state"], "No space left" in still["error"]) == ("playable", True)
    assert list(settings.files_of("rec-1").glob("*.part")) == []
    filler.unlink()
    await archive(database, replace(settings, archive=small_archive()), "rec-1", page, log.seal)
    assert (await described(database))["state"] == "archived"


def small_archive() -> ArchiveSettings:
    """Small enough for a disk of 4 MiB, index moving included."""
    return ArchiveSettings(*SIZE, fps=15, preset="ultrafast", video_bitrate=600_000)


async def test_killed_between_the_fact_and_the_row_it_is_sealed_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    log = await hold(database, settings)
    await prepare(database, settings, "rec-1", meeting_id=LOG.meeting_id)
    store = archive_module._store

    async def die(*arguments: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(archive_module, "_store", die)
    with pytest.raises(asyncio.CancelledError):
        await archive(database, settings, "rec-1", page, log.seal)
    monkeypatch.setattr(archive_module, "_store", store)
    await archive(database, settings, "rec-1", page, log.seal)
    assert len([fact for fact in await log.facts() if isinstance(fact.body, RecordingSealed)]) == 1
    assert (await described(database))["state"] == "archived"


async def test_without_a_packet_log_the_recording_failed_and_may_be_tried_again(
    database: Database, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    log = await hold(database, settings)
    hidden = tmp_path / "hidden"
    settings.captures_of("rec-1").rename(hidden)
    with pytest.raises(JobFailed, match="nothing was captured"):
        await prepare(database, settings, "rec-1", meeting_id=LOG.meeting_id)
    failed = await described(database)
    assert (failed["state"], "nothing was captured" in failed["error"]) == ("failed", True)
    with pytest.raises(Conflict):
        await archive(database, settings, "rec-1", page, log.seal)
    hidden.rename(settings.captures_of("rec-1"))
    await prepare(database, settings, "rec-1")
    assert (await described(database))["state"] == "playable"


async def test_an_unknown_recording_is_refused(database: Database, tmp_path: Path) -> None:
    async def nowhere(body: object) -> None: ...

    await plan(database)
    for meeting_id in (None, "meeting-9", LOG.meeting_id):
        with pytest.raises(NotFound):
            await prepare(database, settings_in(tmp_path), "rec-9", meeting_id=meeting_id)
    with pytest.raises(NotFound):
        await archive(database, settings_in(tmp_path), "rec-9", page, nowhere)


async def test_a_recording_past_its_time_leaves_its_hash(database: Database, tmp_path: Path) -> None:
    settings: CaptureSettings = settings_in(tmp_path)
    await plan(database)
    await hold(database, settings)
    until = keep_until("giao_ban", moment(30))
    assert until is not None
    async with database.transaction() as session:
        assert (await begin(session, "rec-1", LOG.meeting_id)).keep_until == until
    async with database.transaction() as session:
        assert await take_away(session, settings, moment(31)) == []
        assert await take_away(session, settings, until) == ["rec-1"]
        assert await take_away(session, settings, until) == []
    assert not settings.captures_of("rec-1").exists()
    assert (await described(database))["state"] == "none"
    assert keep_until("hoi_nghi", moment(30)) is None
    assert keep_until("a kind nobody ruled on", moment(30)) is None


def test_the_web_process_never_loads_a_codec() -> None:
    code = (
        "import sys, recordings.capture.archive, recordings.capture.prepare, recordings.capture.describe, "
        "recordings.capture.begin, recordings.capture.tap; sys.exit('av' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_child_dies_with_the_one_who_asked(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-m", "recordings.capture.child"], stdin=subprocess.PIPE)
    assert child.stdin is not None
    os.mkfifo(tmp_path / "a.packets")  # opening it waits for a writer that never comes
    job = {"do": "prepare", "captures": str(tmp_path), "files": str(tmp_path / "files"), "course": {}}
    child.stdin.write(json.dumps(job).encode() + b"\n")
    child.stdin.flush()
    child.stdin.close()
    assert child.wait(30) == 2


def children_of(pid: int) -> list[int]:
    """Processes started by this one that hold the codecs."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"recordings.capture.child" in words:
            found.append(int(entry.name))
    return found
