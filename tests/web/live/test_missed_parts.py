"""A room that was cut off gets what it missed of the recording above: over a channel, from real packet logs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from recordings.settings import CaptureSettings
from scheduler.database import Database
from scheduler.proceedings import facts as f
from tests.recordings.capture.media import decode_pictures, decode_sound, read_code, tone_of, wall_ns
from tests.recordings.capture.stage import CODES, HERTZ, LOG, hold, moment, plan, settings_in
from web.errors import Unreachable
from web.link.channel import Json, LinkChannel
from web.link.errors import RefusedThere
from web.link.memory import MemoryLink
from web.live.missed_parts import KIND, LONGEST_MS, MissedParts, job_of, missed_between

CHILD = "meeting-2"


@dataclass
class Pair:
    """A province whose meeting was recorded, and a district that missed a part of it."""

    province: MissedParts
    district: MissedParts
    channels: tuple[LinkChannel, LinkChannel]  # the district's, the province's
    link: MemoryLink
    folder: Path
    rests: list[float] = field(default_factory=list)
    on_rest: Callable[[], None] = lambda: None

    def job(self, begin_s: float, end_s: float) -> Json:
        between = wall_ns(begin_s) // 1_000_000, wall_ns(end_s) // 1_000_000
        return job_of(CHILD, LOG.meeting_id, "province", between)

    async def rest(self, seconds: float) -> None:
        """No time goes by, and others come to their turn."""
        self.rests.append(seconds)
        self.on_rest()
        await asyncio.sleep(0)

    @property
    def kept(self) -> list[Path]:
        return sorted((self.folder / "district").rglob("*"))


@pytest.fixture
async def pair(tmp_path: Path, database: Database) -> AsyncIterator[Pair]:
    await plan(database)
    above: CaptureSettings = settings_in(tmp_path / "province")
    held = await hold(database, above)
    await held.append(40, f.LinkOpened(CHILD, "lower", "district", "Giao ban huyện"))
    channels = LinkChannel(), LinkChannel()
    link = MemoryLink(("district", channels[0]), ("province", channels[1]))

    def clock() -> datetime:
        return moment(60)

    async def rest(seconds: float) -> None:
        await made.rest(seconds)

    province = MissedParts(database, above, channels[1], clock)
    district = MissedParts(database, settings_in(tmp_path / "district"), channels[0], clock, rest)
    province.start()
    made = Pair(province, district, channels, link, tmp_path)
    yield made
    await province.stop()


async def test_it_is_fetched_and_plays(pair: Pair) -> None:
    await pair.district.fetch(pair.job(3.5, 26))
    (part,) = await pair.district.parts(CHILD)
    assert [chapter["kind"] for chapter in part.chapters[:2]] == ["item", "speech"]
    found = await pair.district.file(CHILD, part.name, 0)
    assert found is not None
    path, media_type = found
    assert media_type == part.segments[0]["media_type"] == 'video/webm; codecs="vp8,opus"'
    codes = [read_code(picture) for _, picture in decode_pictures(path)]
    assert codes[0] == CODES["site-b"] and codes[-1] == CODES["site-chair"]
    assert tone_of(decode_sound(path)[24_000:72_000], 48_000) == pytest.approx(HERTZ["site-b"], abs=5)
    pieces = len(pair.rests)
    await pair.district.fetch(pair.job(3.5, 26))  # a job that was killed after the last piece, run again
    assert len(pair.rests) == pieces
    assert await pair.district.file(CHILD, part.name, 1) is None
    assert await pair.district.file(CHILD, "../x", 0) is None


async def test_cut_again_while_it_comes_it_is_tried_again_from_the_beginning(pair: Pair) -> None:
    pair.on_rest = pair.link.cut
    with pytest.raises(Unreachable):
        await pair.district.fetch(pair.job(0, 26))
    assert await pair.district.parts(CHILD) == []
    pair.on_rest = lambda: None
    pair.link.restore()
    await pair.district.fetch(pair.job(0, 26))
    assert len(await pair.district.parts(CHILD)) == 1


async def test_where_nothing_was_recorded_there_is_nothing_to_play(pair: Pair) -> None:
    await pair.district.fetch(pair.job(6, 20))  # the recording was paused
    assert await pair.district.parts(CHILD) == []
    await pair.district.fetch(pair.job(-500, -400))  # before the recording began
    assert await pair.district.parts(CHILD) == []


async def test_only_for_a_room_that_is_linked_and_only_what_was(pair: Pair) -> None:
    good = {"meeting": LOG.meeting_id, "child": CHILD, "segment": 0, "offset": 0}
    times = {"begin_ms": wall_ns(1) // 1_000_000, "end_ms": wall_ns(26) // 1_000_000}
    stranger = LinkChannel()
    MemoryLink(("stranger", stranger), ("province", pair.channels[1]))
    for channel, changes, code in (
        (stranger, {}, "not_yours"),
        (pair.channels[0], {"child": "another"}, "not_yours"),
        (pair.channels[0], {"meeting": "nothing"}, "not_yours"),
        (pair.channels[0], {"end_ms": wall_ns(90) // 1_000_000}, "malformed"),
        (pair.channels[0], {"begin_ms": times["end_ms"] - 2 * LONGEST_MS}, "malformed"),
        (pair.channels[0], {"begin_ms": times["end_ms"]}, "malformed"),
        (pair.channels[0], {"segment": -1}, "malformed"),
        (pair.channels[0], {"offset": "0"}, "malformed"),
        (pair.channels[0], {"begin_ms": True}, "malformed"),
        (pair.channels[0], {"begin_ms": 1, "end_ms": 1000}, "no_recording"),
    ):
        with pytest.raises(RefusedThere) as refused:
            await channel.request("province", KIND, good | times | changes)
        assert refused.value.code == code, changes


def a_part(**changes: Any) -> Json:
    segment = {"start_ms": 0, "duration_ms": 1000, "media_type": "audio/webm", "file_name": "segment-000.webm"}
    data = base64.b64encode(b"webm").decode()
    return {"state": "ready", "segments": [segment | changes], "chapters": [], "data": data}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"state": "ready"},
        {"state": "ready", "segments": "x", "chapters": [], "data": ""},
        a_part() | {"data": "no base64 !"},
        a_part() | {"data": base64.b64encode(bytes(100_000)).decode()},
        a_part(media_type="text/html"),
        a_part(start_ms=-1),
        a_part(duration_ms="1"),
        a_part() | {"segments": [a_part()["segments"][0]] * 100},
        a_part() | {"chapters": [{"kind": "x"}]},
        a_part() | {"chapters": ["x"]},
    ],
)
async def test_what_a_hostile_installation_sends_is_not_kept(tmp_path: Path, said: Json) -> None:
    mine, its = LinkChannel(), LinkChannel()
    MemoryLink(("district", mine), ("province", its))

    async def answer(node: str, kind: str, body: Json) -> Json:
        return said

    its.on(KIND, answer)
    await fetch_from_hostile(tmp_path, mine)


async def fetch_from_hostile(folder: Path, channel: LinkChannel) -> None:
    async def rest(seconds: float) -> None:
        await asyncio.sleep(0)

    district = MissedParts(None, settings_in(folder), channel, lambda: moment(60), rest)  # type: ignore[arg-type]
    await district.fetch(job_of(CHILD, "m", "province", (1000, 9000)))
    assert await district.parts(CHILD) == []
    assert not [path for path in folder.rglob("*") if path.is_file()]


async def test_one_that_never_ends_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.live.missed_parts.MOST_BYTES", 1 << 20)
    mine, its = LinkChannel(), LinkChannel()
    MemoryLink(("district", mine), ("province", its))
    endless = a_part() | {"data": base64.b64encode(bytes(32 * 1024)).decode()}

    async def answer(node: str, kind: str, body: Json) -> Json:
        return endless

    its.on(KIND, answer)
    await fetch_from_hostile(tmp_path, mine)


async def test_a_name_from_outside_is_no_path(tmp_path: Path) -> None:
    mine, its = LinkChannel(), LinkChannel()
    MemoryLink(("district", mine), ("province", its))
    (tmp_path / "district").mkdir()

    async def answer(node: str, kind: str, body: Json) -> Json:
        given = a_part(file_name="../../../../evil")
        return given if body["offset"] == 0 else given | {"data": ""}

    its.on(KIND, answer)

    async def rest(seconds: float) -> None: ...

    settings = settings_in(tmp_path / "district")
    district = MissedParts(None, settings, mine, lambda: moment(60), rest)  # type: ignore[arg-type]
    await district.fetch(job_of(CHILD, "m", "province", (1000, 9000)))
    (part,) = await district.parts(CHILD)
    found = await district.file(CHILD, part.name, 0)
    assert found is not None and found[0].read_bytes() == b"webm"
    assert found[0].name == "segment-000.webm" and not (tmp_path / "evil").exists()


def test_from_when_to_when() -> None:
    at_ms = 1_793_865_600_000
    assert missed_between("2026-11-05T08:00:00+00:00", 60) == (at_ms - 65_000, at_ms)
    assert missed_between("2026-11-05T08:00:00+00:00", 86_400) == (at_ms - LONGEST_MS, at_ms)
    for nothing in (None, 5, "yesterday"):
        assert missed_between(nothing, 60) is None
