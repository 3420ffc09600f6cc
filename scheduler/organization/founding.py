"""Founds an installation: the levels of government of the day and the unit at the top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from scheduler.database import WriteSession, new_id
from scheduler.errors import Refused
from scheduler.organization.folding import fold
from scheduler.organization.installation import is_empty, write_settings
from scheduler.organization.level import Level
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.unit import Unit

REFORM = date(2025, 7, 1)  # from this day Vietnam has no district level


@dataclass(frozen=True, slots=True)
class LevelPlan:
    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None


TODAYS_LEVELS = (
    LevelPlan("central", "trung ương", REFORM),
    LevelPlan("province", "tỉnh", REFORM),
    LevelPlan("commune", "xã", REFORM),
)
LEVELS_BEFORE_THE_REFORM = (
    LevelPlan("central", "trung ương"),
    LevelPlan("province", "tỉnh"),
    LevelPlan("district", "huyện"),
    LevelPlan("commune", "xã"),
)


class AlreadyFounded(Refused):
    """The installation has units already."""

    code = "already_founded"


async def found_installation(
    session: WriteSession, name: str, root_name: str, levels: tuple[LevelPlan, ...] = TODAYS_LEVELS
) -> Unit:
    """The levels, the installation's name and its root unit, in an empty database."""
    if not await is_empty(session):
        raise AlreadyFounded
    made = await define_levels(session, levels)
    root = Unit(
        id=new_id(),
        level_id=made[0].id,
        parent_id=None,
        name=root_name,
        kind="",
        search_name=fold(root_name),
        organ_name=root_name.upper(),
        notation="",
    )
    session.add(root)
    await write_settings(session, {"name": name, "demo": False, "banner": ""})
    await session.flush()
    return root


async def define_levels(session: WriteSession, plans: tuple[LevelPlan, ...]) -> list[Level]:
    """These levels, highest first; levels valid until then end the day before the first of the new ones begins."""
    starts = [plan.valid_from for plan in plans if plan.valid_from]
    if starts:
        for old in (await session.scalars(select(Level).where(Level.valid_to.is_(None)))).all():
            old.valid_to = min(starts) - timedelta(days=1)
    made = [
        Level(id=new_id(), rank=rank, code=p.code, name=p.name, valid_from=p.valid_from, valid_to=p.valid_to)
        for rank, p in enumerate(plans)
    ]
    session.add_all(made)
    await session.flush()
    return made


async def appoint_first_administrator(session: WriteSession, root: Unit, person: Person) -> None:
    """The installation's first administrator; afterwards only an administrator makes another."""
    taken = await session.scalar(select(RoleAssignment.id).where(RoleAssignment.role == "administrator").limit(1))
    if taken:
        raise AlreadyFounded
    session.add(RoleAssignment(id=new_id(), person_id=person.id, unit_id=root.id, role="administrator"))
    await session.flush()
