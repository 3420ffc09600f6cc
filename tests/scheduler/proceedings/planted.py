"""The smallest meeting that can be in a database: a unit, two persons, a few sites, and the meeting itself."""

from __future__ import annotations

from datetime import timedelta

from scheduler.database import Database
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from tests.scheduler.proceedings.samples import START

MEETING = "meeting-1"
SITES = ("hq", "a", "b", "c")
ITEMS = ("i1", "i2", "i3")


async def plant_meeting(database: Database, stage: str = "sent", *, record: bool = True) -> str:
    """A sent meeting of a district with three communes; ids are those of the samples."""
    async with database.transaction() as session:
        session.add(Level(id="level", rank=0, code="district", name="huyện"))
        for person_id, name in (("chair", "Nguyễn Thị Hoa"), ("secretary", "Lù A Páo"), ("deputy", "Vàng Văn Sính")):
            session.add(Person(id=person_id, name=name, sort_name=name.lower(), email=None, phone=None))
        await session.flush()
        for order, site_id in enumerate(SITES):
            session.add(a_unit(site_id, order))
        await session.flush()
        for order, site_id in enumerate(SITES):
            name = f"Phòng họp {site_id}"
            session.add(Site(id=site_id, unit_id=f"unit-{site_id}", name=name, protocol_order=order))
        await session.flush()
        session.add(a_meeting(stage, record))
        await session.flush()
        for site_id in SITES:
            role = "chair" if site_id == "hq" else "required"
            session.add(Attendee(meeting_id=MEETING, site_id=site_id, role=role))
        for position, item_id in enumerate(ITEMS, 1):
            session.add(AgendaItem(id=item_id, meeting_id=MEETING, position=position, title=item_id, minutes=10))
    return MEETING


def a_unit(site_id: str, order: int) -> Unit:
    return Unit(
        id=f"unit-{site_id}",
        level_id="level",
        name=site_id.upper(),
        kind="xã" if order else "huyện",
        search_name=site_id,
        organ_name="ỦY BAN NHÂN DÂN",
        notation="UBND",
        protocol_order=order,
    )


def a_meeting(stage: str, record: bool) -> Meeting:
    return Meeting(
        id=MEETING,
        stage=stage,
        title="Giao ban tháng 11",
        search_title="giao ban thang 11",
        starts_at=START,
        ends_at=START + timedelta(hours=2),
        host_unit_id="unit-hq",
        issuing_unit_id="unit-hq",
        chair_person_id="chair",
        chair_site_id="hq",
        secretary_person_id="secretary",
        created_by="secretary",
        created_at=START,
        sent_at=START if stage != "draft" else None,
        record=record,
    )
