"""The part of the recording above that a room missed: cut out there, fetched over the link, played in the room.

The room above makes it at the first time it is asked for (``recording.part``) and gives it in pieces; the room below
keeps it beside its own recordings. Fetching is a job, so that it outlives a restart and another cut; it asks for one
piece at a time and rests between them, for the meeting itself comes first.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from recordings.capture.contents import names_of, site_ids_in
from recordings.capture.course import instant_ns
from recordings.capture.excerpt import ABOUT, excerpt, read_about, write_about
from recordings.errors import JobFailed
from recordings.settings import CaptureSettings
from scheduler.database import Database
from scheduler.proceedings import facts as f
from scheduler.proceedings.log import facts_of
from web.errors import Unreachable
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RefusedThere, RequestRefused

log = structlog.get_logger()
KIND = "recording.part"
FETCH_MISSED = "fetch_missed"
"""Outbox kind, ``{"meeting_id", "above", "node", "begin_ms", "end_ms"}``; times by the clock of ``node``."""

PIECE = 32 * 1024
REST_S = 0.4  # between two pieces: 80 kB a second at most
AGAIN_S = 2.0  # while it is being made
MAKING_S = 900.0  # then it is given up
BEFORE_MS = 5_000  # what was said when the link was lost was lost too
LONGEST_MS = 30 * 60_000  # of a longer cut the last half hour
MOST_BYTES = 400 << 20
MOST_SEGMENTS, MOST_CHAPTERS = 20, 200
MOST_READY = 64
MOST_WAITING = 4  # parts asked for at a time by one installation
MEDIA_TYPES = {'video/webm; codecs="vp8,opus"': "webm", 'video/mp4; codecs="avc1,opus"': "mp4", "audio/webm": "webm"}
_NAME = re.compile(r"\d{1,16}-\d{1,16}")


@dataclass(frozen=True, slots=True)
class Part:
    """What a room missed and can play: ``begin_ms``, ``end_ms`` since 1970 by the clock above."""

    begin_ms: int
    end_ms: int
    segments: tuple[Json, ...]
    chapters: tuple[Json, ...]

    @property
    def name(self) -> str:
        return f"{self.begin_ms}-{self.end_ms}"


def missed_between(joined_at: object, lost_s: int) -> tuple[int, int] | None:
    """From when to when, as ``joined_at`` (RFC 3339, the clock above) says; None when it says nothing."""
    if not isinstance(joined_at, str):
        return None
    try:
        end_ms = instant_ns(joined_at) // 1_000_000
    except ValueError:
        return None
    return end_ms - min(lost_s * 1000 + BEFORE_MS, LONGEST_MS), end_ms


class MissedParts:
    """``start`` once. For rooms below ``answer``; for rooms here ``fetch``, ``parts`` and ``file``."""

    def __init__(
        self,
        database: Database,
        settings: CaptureSettings,
        channel: LinkChannel,
        clock: Callable[[], datetime],
        rest: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._settings = settings
        self._channel = channel
        self._clock = clock
        self._rest = rest
        self._making: dict[tuple[str, str], asyncio.Task[Path]] = {}
        self._ready: dict[tuple[str, str, str, int, int], Path] = {}  # asked for lately, and allowed
        self._one_at_a_time = asyncio.Lock()

    def start(self) -> None:
        self._channel.on(KIND, self.answer)

    async def stop(self) -> None:
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)

    # -- above ------------------------------------------------------------------------------------------------------

    async def answer(self, node: str, kind: str, body: Json) -> Json:
        """A piece of a part, once it is made; a node hears of rooms only that are linked with one of its own."""
        meeting, child = str(body.get("meeting", ""))[:36], str(body.get("child", ""))[:36]
        begin_ms, end_ms, segment, offset = (_number(body, key) for key in ("begin_ms", "end_ms", "segment", "offset"))
        if not begin_ms < end_ms <= begin_ms + LONGEST_MS + BEFORE_MS or end_ms > self._now_ms():
            raise RequestRefused("malformed", "times")
        key = (node, meeting, child, begin_ms, end_ms)
        folder = self._ready.get(key) or await self._look(*key)
        about = read_about(folder) if folder is not None else None
        if folder is None or about is None:
            return {"state": "making"}
        self._ready[key] = folder
        while len(self._ready) > MOST_READY:
            self._ready.pop(next(iter(self._ready)))
        if segment >= len(about["segments"]):
            return {"state": "ready", **about, "data": ""}
        path = folder / about["segments"][segment]["file_name"]
        data = await asyncio.to_thread(_read, path, offset)
        head = about if segment == offset == 0 else {}
        return {"state": "ready", **head, "data": base64.b64encode(data).decode()}

    async def _look(self, node: str, meeting: str, child: str, begin_ms: int, end_ms: int) -> Path | None:
        """Whether this node may have it, and where it is; None while it is being made."""
        facts = await self._facts(meeting)
        if not any(_is_link(fact.body, node, child) for fact in facts):
            raise RequestRefused("not_yours")
        recording_id = _recording_at(facts, end_ms)
        if recording_id is None:
            raise RequestRefused("no_recording")
        return await self._made(node, meeting, recording_id, facts, begin_ms, end_ms)

    async def _facts(self, meeting: str) -> list[f.Fact]:
        async with self._database.reading() as session:
            return await facts_of(session, meeting)

    async def _made(
        self, node: str, meeting: str, recording_id: str, facts: Sequence[f.Fact], begin_ms: int, end_ms: int
    ) -> Path | None:
        """The folder; None while it is being made."""
        key = (node, f"{recording_id} {begin_ms}-{end_ms}")
        task = self._making.get(key)
        if task is None:
            if sum(other == node for other, _ in self._making) >= MOST_WAITING:
                raise RequestRefused("busy")
            task = asyncio.create_task(self._make(meeting, recording_id, facts, begin_ms, end_ms))
            self._making[key] = task
            task.add_done_callback(_never_unheard)
        done, _ = await asyncio.wait({task}, timeout=0.2)
        if not done:
            return None
        self._making.pop(key, None)
        try:
            return task.result()
        except JobFailed as error:
            log.warning("a part of a recording could not be made", meeting=meeting, error=str(error))
            raise RequestRefused("failed") from error

    async def _make(self, meeting: str, recording_id: str, facts: Sequence[f.Fact], begin_ms: int, end_ms: int) -> Path:
        async with self._one_at_a_time:
            async with self._database.reading() as session:
                names = await names_of(session, meeting, site_ids_in(facts, []))
            begin_ns, end_ns = begin_ms * 1_000_000, end_ms * 1_000_000
            return await excerpt(self._settings, recording_id, facts, names, begin_ns, end_ns)

    # -- below ------------------------------------------------------------------------------------------------------

    async def fetch(self, payload: Mapping[str, Any]) -> None:
        """The job: bring the part here. Raises :class:`Unreachable` while the link is down: it is tried again."""
        meeting_id, node = str(payload["meeting_id"]), str(payload["node"])
        begin_ms, end_ms = int(payload["begin_ms"]), int(payload["end_ms"])
        folder = self._folder(meeting_id) / f"{begin_ms}-{end_ms}"
        if (folder / ABOUT).is_file():
            return
        ask = {"meeting": str(payload["above"]), "child": meeting_id, "begin_ms": begin_ms, "end_ms": end_ms}
        try:
            await self._bring(node, ask, folder)
        except RefusedThere as refused:
            log.info("there is no recording of what was missed", room=meeting_id, reason=refused.code)
            shutil.rmtree(folder, ignore_errors=True)
        except LinkError as error:
            raise Unreachable from error
        except ValueError as error:
            log.warning("what was missed came in a wrong form", room=meeting_id, node=node, error=str(error))
            shutil.rmtree(folder, ignore_errors=True)

    async def _bring(self, node: str, ask: Json, folder: Path) -> None:
        about, data = await self._first_piece(node, ask)
        folder.mkdir(parents=True, exist_ok=True)
        total = 0
        for number, segment in enumerate(about["segments"]):
            path = folder / segment["file_name"]
            with path.open("wb") as file:
                while data:
                    total += len(data)
                    if total > MOST_BYTES:
                        raise ValueError("too large")
                    await asyncio.to_thread(file.write, data)
                    await self._rest(REST_S)
                    there = await self._channel.request(node, KIND, {**ask, "segment": number, "offset": file.tell()})
                    data = _piece(there)
            if number + 1 < len(about["segments"]):
                data = _piece(await self._channel.request(node, KIND, {**ask, "segment": number + 1, "offset": 0}))
        write_about(folder, about)

    async def _first_piece(self, node: str, ask: Json) -> tuple[Json, bytes]:
        """Waits until it is made."""
        waited = 0.0
        while True:
            there = await self._channel.request(node, KIND, {**ask, "segment": 0, "offset": 0})
            if there.get("state") == "ready":
                return _checked(there), _piece(there)
            if waited >= MAKING_S:
                raise ValueError("it is not made in time")
            await self._rest(AGAIN_S)
            waited += AGAIN_S

    async def parts(self, meeting_id: str) -> list[Part]:
        """What this room missed and has here, in order."""
        return await asyncio.to_thread(self._parts, meeting_id)

    def _parts(self, meeting_id: str) -> list[Part]:
        folder = self._folder(meeting_id)
        found = []
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            about = read_about(path) if _NAME.fullmatch(path.name) else None
            if about and about["segments"]:
                begin_ms, _, end_ms = path.name.partition("-")
                found.append(Part(int(begin_ms), int(end_ms), tuple(about["segments"]), tuple(about["chapters"])))
        return found

    async def file(self, meeting_id: str, name: str, number: int) -> tuple[Path, str] | None:
        """Path and media type of a segment; None when there is none."""
        for part in await self.parts(meeting_id):
            if part.name == name and 0 <= number < len(part.segments):
                segment = part.segments[number]
                return self._folder(meeting_id) / name / segment["file_name"], segment["media_type"]
        return None

    def _folder(self, meeting_id: str) -> Path:
        return self._settings.recordings / "missed" / meeting_id

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000) + 1000


def _is_link(body: f.Body, node: str, child: str) -> bool:
    return isinstance(body, f.LinkOpened) and (body.side, body.node, body.meeting_id) == ("lower", node, child)


def _recording_at(facts: Sequence[f.Fact], at_ms: int) -> str | None:
    """The recording that went on last before this moment."""
    started = [
        fact.body.recording_id
        for fact in facts
        if isinstance(fact.body, f.RecordingStarted) and instant_ns(fact.at) // 1_000_000 <= at_ms
    ]
    return started[-1] if started else None


def _never_unheard(task: asyncio.Task[Path]) -> None:
    """Nobody may ask again for what has failed."""
    if not task.cancelled():
        task.exception()


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE)


def _number(body: Json, key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise RequestRefused("malformed", key)
    return value


def _piece(there: Json) -> bytes:
    data = there.get("data")
    if there.get("state") != "ready" or not isinstance(data, str):
        raise ValueError("no piece")
    try:
        piece = base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    if len(piece) > PIECE:
        raise ValueError("a piece too large")
    return piece


def _checked(there: Json) -> Json:
    """What another installation says of its part, with nothing in it but what is known; raises ``ValueError``."""
    segments, chapters = there.get("segments"), there.get("chapters")
    if not isinstance(segments, list) or not isinstance(chapters, list) or len(segments) > MOST_SEGMENTS:
        raise ValueError("no segments")
    checked = [_segment(number, one) for number, one in enumerate(segments)]
    return {"segments": checked, "chapters": [_chapter(one) for one in chapters[:MOST_CHAPTERS]]}


def _segment(number: int, given: object) -> Json:
    if not isinstance(given, dict) or given.get("media_type") not in MEDIA_TYPES:
        raise ValueError("no segment")
    name = f"segment-{number:03}.{MEDIA_TYPES[given['media_type']]}"  # ours: theirs never becomes a path
    times = {key: given.get(key) for key in ("start_ms", "duration_ms")}
    if not all(isinstance(value, int) and 0 <= value < 1 << 40 for value in times.values()):
        raise ValueError("no times")
    return {**times, "media_type": given["media_type"], "file_name": name}


def _chapter(given: object) -> Json:
    if not isinstance(given, dict) or given.get("kind") not in ("item", "speech", "pause", "gap"):
        raise ValueError("no chapter")
    start_ms, title = given.get("start_ms"), given.get("title")
    if not isinstance(start_ms, int) or not isinstance(title, str):
        raise ValueError("no chapter")
    return {"start_ms": start_ms, "kind": given["kind"], "title": title[:300]}


def job_of(meeting_id: str, above: str, node: str, between: tuple[int, int]) -> Json:
    """The payload of the job that fetches what was missed."""
    return {"meeting_id": meeting_id, "above": above, "node": node, "begin_ms": between[0], "end_ms": between[1]}
