"""A small meeting in a database, its log, and its packet logs."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from recordings.settings import ArchiveSettings, CaptureSettings
from scheduler.database import Database
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.meeting import Meeting
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.proceedings import facts as f
from scheduler.proceedings.lease import acquire
from scheduler.proceedings.log import LogWriter, facts_of, head_of
from tests.recordings.capture.media import BASE_S, VOICE, Camera, LogBuilder, Microphone

SIZE = 640, 360  # of the archive: enough to read codes in
LOG = f.LogId("node-1", "meeting-1", 1)
CODES = {"site-chair": 0x5A, "site-a": 0xA6, "site-b": 0x3C}
HERTZ = {"site-chair": 500, "site-a": 900, "site-b": 1500}


def moment(second: float) -> datetime:
    """Second of the meeting → wall clock."""
    return datetime.fromtimestamp(BASE_S, UTC) + timedelta(seconds=second)


def settings_in(folder: Path) -> CaptureSettings:
    return CaptureSettings(
        folder / "captures", folder / "recordings", archive=ArchiveSettings(*SIZE, fps=15, preset="ultrafast")
    )


async def plan(database: Database) -> None:
    """A district meeting with two communes and two items."""
    async with database.transaction() as session:
        session.add(Level(id="level-1", rank=0, code="district", name="huyện"))
        session.add(Person(id="person-1", name="Nguyễn Thị Hoa", sort_name="hoa"))
        await session.flush()
        for unit_id, kind, name in (("u", "huyện", "Quản Bạ"), ("u-a", "xã", "Cán Tỷ"), ("u-b", "xã", "Lùng Tám")):
            words = {"search_name": name.lower(), "organ_name": name.upper(), "notation": "UBND"}
            session.add(Unit(id=unit_id, level_id="level-1", kind=kind, name=name, **words))
        await session.flush()
        for site_id, unit_id in (("site-chair", "u"), ("site-a", "u-a"), ("site-b", "u-b")):
            session.add(Site(id=site_id, unit_id=unit_id, name=f"Phòng họp {unit_id}"))
        await session.flush()
        session.add(
            Meeting(
                id=LOG.meeting_id,
                title="Giao ban tháng 11",
                search_title="giao ban thang 11",
                starts_at=moment(0),
                ends_at=moment(60),
                host_unit_id="u",
                issuing_unit_id="u",
                chair_person_id="person-1",
                chair_site_id="site-chair",
                secretary_person_id="person-1",
                created_by="person-1",
                created_at=moment(0),
                stage="testing",
            )
        )
        await session.flush()
        for number, title in ((1, "Kinh tế – xã hội"), (2, "Chuyển đổi số")):
            item = AgendaItem(id=f"item-{number}", meeting_id=LOG.meeting_id, position=number, title=title, minutes=10)
            session.add(item)


class Log:
    """Appends facts at seconds of the meeting."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self.database = database
        self.writer = writer

    @classmethod
    async def open(cls, database: Database) -> Log:
        lease = await acquire(database, "test", datetime.now(UTC), timedelta(hours=1))
        return cls(database, LogWriter(database, lease))

    async def append(self, second: float, *bodies: f.Body) -> None:
        async with self.database.reading() as session:
            head = await head_of(session, LOG)
        await self.writer.append(head, bodies, f.By(), moment(second))

    async def seal(self, body: f.Body) -> None:
        await self.append(99, body)

    async def facts(self) -> list[f.Fact]:
        async with self.database.reading() as session:
            return await facts_of(session, LOG.meeting_id)


async def hold(database: Database, settings: CaptureSettings) -> Log:
    """A meeting of 10 s: item 1 with two speeches and a paper, a pause of 20 s, item 2; recorded in two parts."""
    log = await Log.open(database)
    await log.append(0, f.Convened(), f.RecordingStarted("rec-1"), f.ItemOpened("item-1"))
    await log.append(1, f.FloorGranted("speech-1", "site-a"))
    await log.append(1.5, f.SpeakerNamed("speech-1", f.Somebody("Vàng A Sính", "Chủ tịch UBND xã")))
    await log.append(2, f.PaperShown("paper-1", 1))
    await log.append(3, f.PaperShown(None), f.FloorReturned("speech-1"), f.FloorGranted("speech-2", "site-b"))
    await log.append(5, f.FloorRevoked("speech-2"), f.ItemClosed("item-1"), f.RecordingPaused("rec-1"))
    await log.append(25, f.RecordingResumed("rec-1"), f.ItemOpened("item-2"))
    await log.append(28, f.RecordingInterrupted("rec-1", f"{moment(27).isoformat()}", "worker"))
    await log.append(30, f.ItemClosed("item-2"), f.RecordingStopped("rec-1"), f.Adjourned())
    capture(settings)
    return log


def capture(settings: CaptureSettings) -> None:
    folder = settings.captures_of("rec-1")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _packet_logs().items():
        (folder / name).write_bytes(content)


@functools.cache
def _packet_logs() -> dict[str, bytes]:
    """By name of file; made once, as cameras and microphones take long to encode."""
    on_air = [("site-chair", 0, 1.2), ("site-a", 1.2, 3.2), ("site-b", 3.2, 5)]
    with TemporaryDirectory() as made:
        folder = Path(made)
        _part(LogBuilder(folder, "boot-1", 0), on_air, 5.0)
        _part(LogBuilder(folder, "boot-2", 25), [("site-chair", 25, 27)], None)
        _part(LogBuilder(folder, "boot-3", 28), [("site-chair", 28, 30)], 30.0)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _part(log: LogBuilder, on_air: list[tuple[str, float, float]], end: float | None) -> None:
    for site_id, start, stop_ in on_air:
        log.video(Camera(CODES[site_id]), site_id, start, stop_)
        log.audio(Microphone(HERTZ[site_id]), site_id, start, stop_, stream=VOICE)
    log.write(end)
