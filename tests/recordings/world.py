"""A district and its communes, a meeting they held, and everybody who handles its minutes, in a real database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recordings.minutes.settings import SigningSettings
from recordings.papers.store import ObjectStore
from scheduler.database import Database
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.organization.level import Level
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import Head
from scheduler.proceedings.facts import Body, By, LogId, Somebody
from scheduler.proceedings.lease import Lease, acquire
from scheduler.proceedings.log import append, head_of

START = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)  # 08:00 in Hà Giang
NOW = START + timedelta(hours=5)
PIN = "so pin 123456"  # nothing that stands in a hash by chance
COMMUNES = ("Quản Bạ", "Tam Sơn", "Lùng Tám", "Cán Tỷ", "Đông Hà", "Quyết Tiến", "Thanh Vân", "Bát Đại Sơn")


@dataclass(slots=True)
class World:
    database: Database
    store: ObjectStore
    signing: SigningSettings
    meeting_id: str = "m1"
    lease: Lease | None = None

    secretary = Actor(person_id="secretary", post_unit_ids=frozenset({"district"}))
    chair = Actor(person_id="chair", post_unit_ids=frozenset({"district"}))
    clerk = Actor(person_id="clerk", roles=frozenset({("clerk", "district")}))
    commune = Actor(site_id="site-1", bound_meeting_id="m1")
    stranger = Actor(person_id="stranger", roles=frozenset({("secretary", "elsewhere")}))


async def build_world(database: Database, folder: Path, communes: int = 3, *, authority: Path | None = None) -> World:
    """A meeting that was sent; nobody has met yet. ``authority``: where test certificates come from."""
    async with database.transaction() as session:
        session.add(Level(id="level", rank=2, code="district", name="huyện"))
        for person_id, name in (
            ("chair", "Nguyễn Văn Hùng"),
            ("secretary", "Hoàng Thị Mỵ"),
            ("clerk", "Lù Thị Sáo"),
            ("stranger", "Trần Văn Lạ"),
        ):
            session.add(Person(id=person_id, name=name, sort_name=name.lower(), email=None, phone=None))
        await session.flush()
        session.add(_unit("district", "Quản Bạ", "huyện", "ỦY BAN NHÂN DÂN HUYỆN QUẢN BẠ", 0))
        await session.flush()
        for number in range(1, communes + 1):
            name = COMMUNES[(number - 1) % len(COMMUNES)]
            session.add(_unit(f"unit-{number}", name, "xã", f"ỦY BAN NHÂN DÂN XÃ {name.upper()}", number))
        await session.flush()
        for post_id, name, person in (("p1", "Chủ tịch UBND huyện", "chair"), ("p2", "Chánh Văn phòng", "secretary")):
            session.add(Post(id=post_id, unit_id="district", name=name))
            await session.flush()
            session.add(Membership(post_id=post_id, person_id=person, valid_from=None, valid_to=None))
        session.add(RoleAssignment(person_id="clerk", unit_id="district", role="clerk"))
        for number in range(communes + 1):
            unit_id = f"unit-{number}" if number else "district"
            phone = "0912 345 678" if number else "0219 3846 123"
            session.add(
                Site(
                    id=f"site-{number}",
                    unit_id=unit_id,
                    name="Phòng họp UBND",
                    technician_phone=phone,
                    protocol_order=number,
                )
            )
        await session.flush()
        await _add_meeting(session, "m1", "Giao ban trực tuyến công tác tháng 10 năm 2026", communes)
    signing = SigningSettings(test_authority=authority or folder / "ca")
    return World(database, ObjectStore.in_folder(folder / "objects"), signing)


def _unit(unit_id: str, name: str, kind: str, organ: str, order: int) -> Unit:
    return Unit(
        id=unit_id, level_id="level", parent_id="district" if order else None, name=name, kind=kind,
        search_name=name.lower(), organ_id="H22.05" if not order else None, organ_name=organ, notation="UBND",
        place="Quản Bạ", protocol_order=order,
    )  # fmt: skip


async def _add_meeting(session, meeting_id: str, title: str, communes: int) -> None:  # type: ignore[no-untyped-def]
    session.add(
        Meeting(
            id=meeting_id, stage="sent", title=title, search_title=title.lower(), starts_at=START,
            ends_at=START + timedelta(hours=2), host_unit_id="district", issuing_unit_id="district",
            chair_person_id="chair", chair_site_id="site-0", secretary_person_id="secretary", created_by="secretary",
            created_at=START - timedelta(days=7), sent_at=START - timedelta(days=6), contact_phone="0219 3846 123",
            place="Phòng họp UBND huyện và các điểm cầu xã",
        )
    )  # fmt: skip
    await session.flush()
    for number in range(communes + 1):
        session.add(Attendee(meeting_id=meeting_id, site_id=f"site-{number}"))
    for position, item in enumerate(("Kinh tế - xã hội tháng 10", "Phòng, chống rét", "Ngân sách năm 2026"), 1):
        session.add(
            AgendaItem(
                id=f"{meeting_id}-i{position}", meeting_id=meeting_id, position=position, title=item, minutes=30,
                presenter_name="Phòng Tài chính - Kế hoạch",
            )
        )  # fmt: skip
    await session.flush()


async def add_meeting(world: World, meeting_id: str, title: str) -> None:
    async with world.database.transaction() as session:
        await _add_meeting(session, meeting_id, title, 1)


async def add_paper(world: World, content: bytes, title: str = "Báo cáo tháng 10") -> str:
    sha256 = await world.store.put(content)
    async with world.database.transaction() as session:
        session.add(
            Paper(
                id="paper-1", meeting_id="m1", item_id="m1-i1", position=1, title=title, file_name="bao-cao.pdf",
                media_type="application/pdf", size_bytes=len(content), sha256=sha256, pdf_sha256=sha256, page_count=1,
                not_secret=True, uploaded_by="secretary", uploaded_at=START,
            )
        )  # fmt: skip
    return sha256


async def log(world: World, *steps: tuple[float, Body | Sequence[Body]], meeting_id: str = "m1") -> None:
    """Append facts, each at minutes after the start."""
    if world.lease is None:
        world.lease = await acquire(world.database, "test", START - timedelta(hours=1), timedelta(days=3650))
    by = By(person_id="chair")
    async with world.database.transaction() as session:
        head = await head_of(session, LogId("node", meeting_id, 1))
        for minutes, bodies in steps:
            several = [bodies] if isinstance(bodies, Body) else list(bodies)
            made = await append(session, world.lease, head, several, by, START + timedelta(minutes=minutes))
            head = Head(head.log, made[-1].seq, made[-1].hash)


def people(count: int, unit: str = "xã") -> tuple[Somebody, ...]:
    names = ("Vàng A Sính", "Giàng Thị Mai", "Lò Văn Phúc", "Sùng Mí Lử", "Nguyễn Đức Thuận")
    return tuple(Somebody(names[index % 5], f"Phó Chủ tịch UBND {unit}") for index in range(count))


async def hold_meeting(world: World, communes: int = 3, per_site: int = 2, meeting_id: str = "m1") -> None:
    """A whole meeting: the last commune is excused, the one before joins late, one speech, one pause, a task."""
    sites = [f"site-{number}" for number in range(communes + 1)]
    items = tuple(f"{meeting_id}-i{number}" for number in (1, 2, 3))
    here = sites[:-2] if communes > 1 else sites
    steps: list[tuple[float, Body | Sequence[Body]]] = [
        (-15, f.TestingOpened(tuple(sites), "chair", "site-0", "secretary", "one_speaker", items)),
        (-10, [f.SiteJoined(site, f"c-{site}") for site in here]),
        (-9, [f.HeadCountReported(site, per_site, people(per_site)) for site in here]),
    ]
    if communes > 1:
        steps += [(-5, f.AbsenceExcused(sites[-1], True, "mất điện do mưa lũ"))]
    steps += [
        (0, f.Convened()),
        (0, f.RecordingStarted("r1")),
        (1, f.ItemOpened(items[0])),
        (2, f.PaperShown("paper-1", 1)),
        (5, f.FloorRequested("q1", "site-1", "speech", Somebody("Vàng A Sính", "Chủ tịch UBND xã"))),
        (6, f.FloorGranted("s1", "site-1", "q1", 300)),
        (10.5, f.FloorReturned("s1")),
        (12, f.ConclusionRecorded("k1", items[0], "Các xã hoàn thành thu ngân sách trước ngày 20/12/2026.")),
        (13, f.TaskAssigned("t1", items[0], "Hoàn thành thu ngân sách", "unit-1", (), "2026-12-20")),
        (14, f.ItemClosed(items[0])),
    ]
    if communes > 1:
        steps += [(15, f.SiteJoined(sites[-2], "late")), (15, f.HeadCountReported(sites[-2], 1, people(1)))]
    steps += [
        (20, f.Suspended("giải lao")),
        (30, f.Resumed()),
        (31, f.ItemOpened(items[1])),
        (40, f.ItemClosed(items[1])),
        (41, f.ItemPostponed(items[2], "chờ số liệu")),
        (50, f.RecordingStopped("r1")),
        (50, f.Adjourned()),
        (60, f.RecordingSealed("r1", "ab" * 32, 3_000_000)),
    ]
    await log(world, *steps, meeting_id=meeting_id)
