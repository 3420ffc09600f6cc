"""Installations that hold rooms for one another: the small organisation in each, links over sockets that are queues."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from scheduler.database import Database
from scheduler.linked.asking import ASK_BELOW
from scheduler.linked.plan_tree import PlannedHost, TreePlan, plan_tree
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.send import send_invitations
from scheduler.nodes.tables import LinkedNode
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow
from scheduler.secrecy import NETWORKED
from scheduler.settings import DatabaseSettings
from tests.databases import in_thread, opened
from tests.scheduler.world import NOW, UNITS, World, briefing, build, site_of, unit_of
from tests.web.link.nodes import Installation, Net, link, until_up
from web.link.meetings import Meetings, Surroundings


@dataclass
class Side:
    """One installation with its people."""

    node: Installation
    world: World
    meetings: Meetings = field(init=False)
    plans: list[str] = field(default_factory=list)  # rooms whose plan changed
    retried: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def database(self) -> Database:
        return self.node.database

    def open(self) -> None:
        async def on_plan(meeting_id: str) -> None:
            self.plans.append(meeting_id)

        async def retry(row_id: str) -> None:
            self.retried.append(row_id)

        around = Surroundings(self.node.links.tree_changed, on_plan, lambda: None, retry)
        self.meetings = Meetings(
            self.node.channel,
            self.database,
            NETWORKED,
            lambda: NOW,
            around,
            watch_s=3600.0,
            monotonic=lambda: self.seconds,
        )
        self.meetings.start()

    async def belongs_to(self, other: Side, unit: str) -> None:
        """The unit whose installation the other one is."""
        async with self.database.transaction() as session:
            (await session.get_one(LinkedNode, other.node.id)).unit_id = unit_of(unit)

    async def carry_out(self) -> int:
        """The errands that stand in the outbox, each once; what fails is raised and stays."""
        async with self.database.reading() as session:
            query = select(OutboxRow).where(OutboxRow.kind == ASK_BELOW, OutboxRow.done_at.is_(None))
            rows = (await session.scalars(query.order_by(OutboxRow.id))).all()
        for row in rows:
            await self.mark(row.id, "started_at")
            await self.meetings.ask(json.loads(row.payload_json))
            await self.mark(row.id, "done_at")
        return len(rows)

    async def mark(self, row_id: str, name: str) -> None:
        async with self.database.transaction() as session:
            setattr(await session.get_one(OutboxRow, row_id), name, NOW)

    async def tells(self, above: Side) -> None:
        """Time passes there, and what changed here is told."""
        above.seconds += 60
        await self.meetings.tell_changes()

    async def children(self) -> list[RemoteChild]:
        async with self.database.reading() as session:
            return list((await session.scalars(select(RemoteChild))).all())

    async def held(self) -> list[Meeting]:
        """Rooms held for others, the oldest first."""
        async with self.database.reading() as session:
            query = (
                select(Meeting).where(Meeting.remote_parent_id.is_not(None)).order_by(Meeting.created_at, Meeting.id)
            )
            return list((await session.scalars(query)).all())


Opening = Callable[[str], Awaitable[Side]]


@pytest.fixture(scope="session")
def small_organisation(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the small organisation, to copy from."""
    path = tmp_path_factory.mktemp("small") / "small.sqlite"
    shutil.copy(sqlite_template, path)

    async def fill() -> None:
        database = opened(DatabaseSettings(f"sqlite+aiosqlite:///{path}"))
        async with database.transaction() as session:
            await build(session)
            for key in UNITS:
                (await session.get_one(Unit, unit_of(key))).code = key
        await database.dispose()

    in_thread(fill())
    return path


@pytest.fixture
def net() -> Net:
    return Net()


@pytest.fixture
async def side(tmp_path: Path, small_organisation: Path, net: Net) -> AsyncIterator[Opening]:
    made: list[Side] = []

    async def open_one(name: str) -> Side:
        if not (path := tmp_path / f"{name}.sqlite").exists():  # else it was killed and is born again
            shutil.copy(small_organisation, path)
        installation = await Installation(name, tmp_path, net).open(is_migrated=True)
        made.append(one := Side(installation, World(installation.database)))
        one.open()
        await installation.start()
        return one

    yield open_one
    for one in reversed(made):
        await one.meetings.stop()
        await one.node.close()


async def below(upper: Side, lower: Side, unit: str) -> None:
    """The lower one is the installation of this unit; the link is up at both ends when this returns."""
    await link(lower.node, upper.node)
    await upper.belongs_to(lower, unit)
    await until_up(lower.node, upper.node)
    await until_up(upper.node, lower.node)


async def planned(upper: Side, lower: Side, unit: str = "quanba", by: str = "province") -> Meeting:
    """A meeting of the upper one with a room of that unit at the lower one, still a draft."""
    meeting = await upper.world.draft(briefing("Giao ban toàn tỉnh", by, site_ids=()), f"secretary.{by}")
    sites = tuple(site_of(key) for key in UNITS if key not in ("central", by))
    plan = TreePlan((PlannedHost(unit_of(unit), node_id=lower.node.id),), sites)
    async with upper.database.transaction() as session:
        actor = await upper.world.actor(f"secretary.{by}")
        return await plan_tree(session, actor, meeting.id, plan, None, NOW)


async def send(upper: Side, meeting: Meeting, by: str = "province", now: datetime = NOW) -> None:
    async with upper.database.transaction() as session:
        await send_invitations(session, await upper.world.actor(f"secretary.{by}"), meeting.id, now)
