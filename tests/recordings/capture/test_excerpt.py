"""What was missed, cut out of a recording that goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.capture.chapters import Names
from recordings.capture.cut import make_excerpt
from recordings.capture.excerpt import excerpt, read_about
from recordings.capture.playable import Segment
from recordings.capture.scan import scan
from recordings.capture.timeline import Timeline, build
from recordings.errors import JobFailed, NothingRecorded
from scheduler.database import Database
from tests.recordings.capture.media import (
    VOICE,
    Camera,
    LogBuilder,
    Microphone,
    decode_pictures,
    decode_sound,
    read_code,
    tone_of,
    wall_ns,
)
from tests.recordings.capture.stage import CODES, HERTZ, hold, plan, settings_in

CHAIR, COMMUNE = 0b1010_0110, 0b0101_1001


def a_log_that_goes_on(folder: Path, key_every: int = 10_000) -> LogBuilder:
    """The chair for 6 s, then a commune; being written still."""
    log = LogBuilder(folder, "a", 0)
    log.video(Camera(CHAIR), "chair", 0, 6, key_every=key_every)
    log.audio(Microphone(600), "chair", 0, 6)
    log.video(Camera(COMMUNE), "commune", 6, 12, key_every=key_every)
    log.audio(Microphone(1400), "commune", 6, 12, stream=VOICE + 1)
    path = log.write(None)
    path.write_bytes(path.read_bytes()[:-20])  # in the middle of a record
    return log


def cut(folder: Path, begin_s: float, end_s: float) -> tuple[Segment, Path, Timeline]:
    found = scan(folder)
    timeline = build(found.captured, found.pauses)
    (segment,) = make_excerpt(found, timeline, wall_ns(begin_s), wall_ns(end_s), folder / "cut")
    return segment, folder / "cut" / segment.file_name, timeline


def test_it_is_of_that_time_and_begins_with_a_picture(tmp_path: Path) -> None:
    a_log_that_goes_on(tmp_path, key_every=30)  # every 2 s
    segment, path, _ = cut(tmp_path, 5, 9)
    assert 3900 <= segment.start_ms <= 4100 and 8990 <= segment.start_ms + segment.duration_ms <= 9010
    pictures = decode_pictures(path)
    seen = [(at, read_code(picture)) for at, picture in pictures]
    assert seen[0][1] == CHAIR and seen[0][0] == pytest.approx(0, abs=0.05)
    assert seen[-1][1] == COMMUNE and seen[-1][0] == pytest.approx(4.9, abs=0.15)
    sound = decode_sound(path)
    assert tone_of(sound[24_000:72_000], 48_000) == pytest.approx(600, abs=5)
    assert tone_of(sound[3 * 48_000 : 4 * 48_000], 48_000) == pytest.approx(1400, abs=5)


def test_a_camera_that_sends_no_keyframes_is_shown_from_its_only_one(tmp_path: Path) -> None:
    a_log_that_goes_on(tmp_path)
    segment, path, _ = cut(tmp_path, 8, 10)
    assert segment.start_ms == pytest.approx(6000, abs=100)
    assert {read_code(picture) for _, picture in decode_pictures(path)} == {COMMUNE}


def test_the_end_may_lie_ahead(tmp_path: Path) -> None:
    a_log_that_goes_on(tmp_path, key_every=15)
    segment, _, timeline = cut(tmp_path, 10, 500)
    assert segment.start_ms + segment.duration_ms == pytest.approx(timeline.duration_ms, abs=10)


def test_of_a_time_when_nothing_was_recorded_there_is_none(tmp_path: Path) -> None:
    a_log_that_goes_on(tmp_path)
    for begin_s, end_s in ((-50, -10), (100, 200), (3, 3.5), (9, 4)):
        with pytest.raises(NothingRecorded):
            cut(tmp_path, begin_s, end_s)


async def test_a_pause_is_not_shown_and_it_is_made_once(tmp_path: Path, database: Database) -> None:
    """Asked for from before a pause of 20 s until after it."""
    settings = settings_in(tmp_path)
    await plan(database)
    facts = await (await hold(database, settings)).facts()
    names = Names({"item-1": "Phòng chống rét", "item-2": "Thu ngân sách"}, {"site-a": "Xã A", "site-b": "Xã B"})
    folder = await excerpt(settings, "rec-1", facts, names, wall_ns(4), wall_ns(26))
    about = read_about(folder)
    assert about is not None
    (segment,) = about["segments"]
    assert segment["duration_ms"] < 4000  # it begins with the keyframe at 3.2 s: 1.8 s before the pause, 1 s after it
    codes = [read_code(picture) for _, picture in decode_pictures(folder / segment["file_name"])]
    assert codes[0] == CODES["site-b"] and codes[-1] == CODES["site-chair"]
    sound = decode_sound(folder / segment["file_name"])
    assert tone_of(sound[24_000:72_000], 48_000) == pytest.approx(HERTZ["site-b"], abs=5)
    titles = [chapter["title"] for chapter in about["chapters"]]
    assert titles[0] == "Phòng chống rét" and "Xã B" in titles[1] and "Thu ngân sách" in titles[2:]
    assert about["chapters"][0]["start_ms"] == about["segments"][0]["start_ms"] == 0
    made = (folder / segment["file_name"]).stat().st_mtime_ns
    assert await excerpt(settings, "rec-1", facts, names, wall_ns(4), wall_ns(26)) == folder
    assert (folder / segment["file_name"]).stat().st_mtime_ns == made


async def test_without_packet_logs_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(JobFailed):
        await excerpt(settings_in(tmp_path), "rec-1", [], Names({}, {}), 0, 10)
    assert read_about(tmp_path) is None


async def test_of_a_time_without_a_recording_it_is_empty_and_stays_so(tmp_path: Path, database: Database) -> None:
    settings = settings_in(tmp_path)
    await plan(database)
    facts = await (await hold(database, settings)).facts()
    folder = await excerpt(settings, "rec-1", facts, Names({}, {}), wall_ns(6), wall_ns(20))  # in the pause
    assert read_about(folder) == {"segments": [], "chapters": []}
