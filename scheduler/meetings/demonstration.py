"""The demonstration's example: a giao ban of huyện Quản Bạ with its 13 communes that can start now."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from scheduler.actor import load_actor
from scheduler.database import WriteSession
from scheduler.meetings.local_time import local, local_date
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import plan_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.send import send_invitations
from scheduler.organization.demonstration import Demonstration, demo_id, fill
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit

SECRETARY = "thuky.quanba"


async def fill_demonstration(session: WriteSession, now: datetime) -> tuple[Demonstration, Meeting]:
    """The whole demonstration in an empty database: organisation, settings and the example meeting, sent."""
    made = await fill(session)
    return made, await plan_example(session, now)


async def plan_example(session: WriteSession, now: datetime) -> Meeting:
    """Plan and send a meeting that begins now, through the same verbs as everybody's."""
    actor = await load_actor(session, today=local_date(now), person_id=demo_id(f"person:{SECRETARY}"))
    plan = await _plan(session, now)
    meeting = await plan_meeting(session, actor, plan, now)
    return await send_invitations(session, actor, meeting.id, now)


async def _plan(session: WriteSession, now: datetime) -> Plan:
    district = demo_id("unit:quanba")
    below = select(Site.id).join(Unit, Unit.id == Site.unit_id).where(Unit.parent_id == district)
    sites = tuple((await session.scalars(below.order_by(Site.protocol_order))).all())
    secretary = await session.get_one(Person, demo_id(f"person:{SECRETARY}"))
    month = local(now)
    start = now.replace(second=0, microsecond=0)
    return Plan(
        title=f"Hội nghị giao ban trực tuyến tháng {month.month} năm {month.year} với các xã, thị trấn",
        kind="giao_ban",
        host_unit_id=district,
        chair_person_id=demo_id("person:chutich.quanba"),
        secretary_person_id=secretary.id,
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        place="Phòng họp UBND huyện Quản Bạ và điểm cầu các xã, thị trấn",
        contact_phone=secretary.phone or "",
        site_ids=sites,
        items=_items(district),
    )


def _items(district: str) -> tuple[PlannedItem, ...]:
    return (
        PlannedItem(
            "Tình hình kinh tế – xã hội tháng qua, nhiệm vụ trọng tâm tháng tới",
            45,
            presenter_unit_id=district,
            presenter_name="Chánh Văn phòng HĐND và UBND huyện",
        ),
        PlannedItem(
            "Kết quả ứng dụng công nghệ thông tin, gửi nhận văn bản điện tử ở cấp xã",
            40,
            presenter_unit_id=demo_id("unit:quanba.quanba"),
            presenter_name="Chủ tịch UBND xã Quản Bạ",
        ),
        PlannedItem(
            "Công tác phòng, chống rét cho người, cây trồng và vật nuôi",
            30,
            presenter_unit_id=demo_id("unit:tamson.quanba"),
            presenter_name="Chủ tịch UBND thị trấn Tam Sơn",
        ),
    )
