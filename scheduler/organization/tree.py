"""The tree of units: paths up, subtrees down, in one recursive statement each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotFound
from scheduler.organization.unit import Unit


def valid_on(day: date) -> ColumnElement[bool]:
    """Units that exist on this day."""
    return and_(
        or_(Unit.valid_from.is_(None), Unit.valid_from <= day), or_(Unit.valid_to.is_(None), Unit.valid_to >= day)
    )


def subtree_ids(roots: Iterable[str]) -> Select[tuple[str]]:
    """A select of the ids of these units and of everything below them."""
    start = select(Unit.id).where(Unit.id.in_(list(roots))).cte("subtree", recursive=True)
    child = aliased(Unit)
    whole = start.union(select(child.id).where(child.parent_id == start.c.id))
    return select(whole.c.id)


async def path_of(session: ReadSession | WriteSession, unit_id: str) -> tuple[str, ...]:
    """Ids from the root down to this unit; NotFound when there is no such unit."""
    start = select(Unit.id, Unit.parent_id).where(Unit.id == unit_id).cte("path", recursive=True)
    above = aliased(Unit)
    whole = start.union(select(above.id, above.parent_id).where(above.id == start.c.parent_id))
    parents = {row.id: row.parent_id for row in await session.execute(select(whole.c.id, whole.c.parent_id))}
    if unit_id not in parents:
        raise NotFound("unit", unit_id)
    path, step = [unit_id], parents[unit_id]
    while step is not None:
        path.append(step)
        step = parents[step]
    return tuple(reversed(path))


async def ancestors_of(session: ReadSession | WriteSession, unit_id: str) -> list[Unit]:
    """The units above, highest first."""
    path = (await path_of(session, unit_id))[:-1]
    found = {unit.id: unit for unit in (await session.scalars(select(Unit).where(Unit.id.in_(path)))).all()}
    return [found[id] for id in path]


async def children_of(session: ReadSession | WriteSession, unit_id: str, day: date | None = None) -> list[Unit]:
    """The units directly below, in protocol order; only those valid on ``day`` when it is given."""
    query = select(Unit).where(Unit.parent_id == unit_id).order_by(Unit.protocol_order, Unit.search_name)
    if day is not None:
        query = query.where(valid_on(day))
    return list((await session.scalars(query)).all())
