"""A small world for tests of the scheduler: a province, two districts, two communes each, and the people in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_DNS, uuid5

from sqlalchemy import insert

from scheduler.actor import load_actor
from scheduler.database import Database, WriteSession, new_id
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.plan import plan_meeting
from scheduler.meetings.plan_input import Plan, PlannedItem
from scheduler.meetings.send import send_invitations
from scheduler.meetings.site_link import SiteLinks
from scheduler.organization.folding import fold, sort_name
from scheduler.organization.founding import LEVELS_BEFORE_THE_REFORM, define_levels
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor

NOW = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)  # 08:30 in Vietnam
LINKS = SiteLinks(bytes(range(32)), "https://giaoban.example")

# key: (parent, level, kind, name)
UNITS: dict[str, tuple[str | None, str, str, str]] = {
    "central": (None, "central", "", "Văn phòng Chính phủ"),
    "province": ("central", "province", "tỉnh", "Hà Giang"),
    "quanba": ("province", "district", "huyện", "Quản Bạ"),
    "tamson": ("quanba", "commune", "thị trấn", "Tam Sơn"),
    "thanhvan": ("quanba", "commune", "xã", "Thanh Vân"),
    "dongvan": ("province", "district", "huyện", "Đồng Văn"),
    "lungcu": ("dongvan", "commune", "xã", "Lũng Cú"),
    "phobang": ("dongvan", "commune", "thị trấn", "Phó Bảng"),
}
# the posts of every unit: (first part of the person's key, post, standing role)
STAFF = (
    ("chair", "Chủ tịch", None),
    ("secretary", "Thư ký", "secretary"),
    ("clerk", "Văn thư", "clerk"),
    ("technician", "Cán bộ kỹ thuật", "technician"),
    ("keeper", "Quản trị đơn vị", "unit_administrator"),
)


def id_of(key: str) -> str:
    return str(uuid5(NAMESPACE_DNS, key))


def site_of(unit: str) -> str:
    return id_of(f"site:{unit}")


def person_of(key: str) -> str:
    return id_of(f"person:{key}")


def unit_of(key: str) -> str:
    return id_of(f"unit:{key}")


@dataclass(frozen=True)
class World:
    """The filled database, and shorthand for the people in it."""

    database: Database

    async def actor(self, key: str) -> Actor:
        """``secretary.quanba`` a person, ``site.tamson`` a site, ``administrator`` the installation's."""
        async with self.database.reading() as session:
            if key.startswith("site."):
                return await load_actor(session, today=NOW.date(), site_id=site_of(key.removeprefix("site.")))
            return await load_actor(session, today=NOW.date(), person_id=person_of(key))

    async def draft(self, plan: Plan | None = None, by: str = "secretary.quanba", now: datetime = NOW) -> Meeting:
        async with self.database.transaction() as session:
            return await plan_meeting(session, await self.actor(by), plan or briefing(), now)

    async def sent(self, plan: Plan | None = None, by: str = "secretary.quanba", now: datetime = NOW) -> Meeting:
        meeting = await self.draft(plan, by, now)
        async with self.database.transaction() as session:
            return await send_invitations(session, await self.actor(by), meeting.id, now)


def briefing(title: str = "Giao ban tháng 11", unit: str = "quanba", **changes: object) -> Plan:
    """A plan that can be sent: tomorrow, two hours, two communes, three items."""
    communes = [key for key, (parent, *_) in UNITS.items() if parent == unit]
    values: dict[str, object] = {
        "host_unit_id": unit_of(unit),
        "starts_at": NOW + timedelta(days=1),
        "ends_at": NOW + timedelta(days=1, hours=2),
        "site_ids": tuple(site_of(key) for key in communes),
        "items": (
            PlannedItem("Kinh tế – xã hội", 60, unit_of(unit), "Chánh Văn phòng"),
            PlannedItem("Văn bản điện tử", 30),
            PlannedItem("Phòng, chống rét", 30, note="Cho gia súc"),
        ),
    }
    return Plan(title=title, **{**values, **changes})  # type: ignore[arg-type]


async def build(session: WriteSession) -> None:
    """Every table in one statement: this runs before each test."""
    levels = {level.code: level.id for level in await define_levels(session, LEVELS_BEFORE_THE_REFORM)}
    units = [_unit(key, order, levels) for order, key in enumerate(UNITS)]
    await session.execute(insert(Unit), units)
    staff = [(f"{job}.{key}", key, post, role, n) for key in UNITS for n, (job, post, role) in enumerate(STAFF, 1)]
    persons = [_person(key, f"Nguyễn {key.partition('.')[0].title()} {UNITS[u][3]}", n) for key, u, _, _, n in staff]
    await session.execute(insert(Person), [*persons, _person("administrator", "Quản Trị", 0)])
    posts = [
        {"id": id_of(f"post:{key}"), "unit_id": unit_of(unit), "name": post, "protocol_order": n}
        for key, unit, post, _, n in staff
    ]
    await session.execute(insert(Post), posts)
    held = [{"id": new_id(), "post_id": id_of(f"post:{key}"), "person_id": person_of(key)} for key, *_ in staff]
    await session.execute(insert(Membership), held)
    roles = [_role(key, unit, role) for key, unit, _, role, _ in staff if role]
    await session.execute(insert(RoleAssignment), [*roles, _role("administrator", "central", "administrator")])
    await session.execute(insert(Site), [_site(key, order) for order, key in enumerate(UNITS)])


def _unit(key: str, order: int, levels: dict[str, str]) -> dict[str, object]:
    parent, level, kind, name = UNITS[key]
    return {
        "id": unit_of(key),
        "level_id": levels[level],
        "parent_id": unit_of(parent) if parent else None,
        "name": name,
        "kind": kind,
        "search_name": fold(f"{kind} {name}"),
        "organ_name": f"ỦY BAN NHÂN DÂN {kind.upper()} {name.upper()}",
        "notation": "UBND",
        "protocol_order": order,
    }


def _person(key: str, name: str, number: int) -> dict[str, object]:
    return {
        "id": person_of(key),
        "name": name,
        "sort_name": sort_name(name),
        "email": f"{key}@hagiang.example",
        "phone": f"0219 000 1{number:03d}",
    }


def _role(person: str, unit: str, role: str) -> dict[str, object]:
    return {"id": new_id(), "person_id": person_of(person), "unit_id": unit_of(unit), "role": role}


def _site(key: str, order: int) -> dict[str, object]:
    return {
        "id": site_of(key),
        "unit_id": unit_of(key),
        "name": f"Phòng họp {UNITS[key][3]}",
        "email": f"diemcau.{key}@hagiang.example",
        "technician_person_id": person_of(f"technician.{key}"),
        "technician_phone": "0219 000 0001",
        "protocol_order": order,
    }
