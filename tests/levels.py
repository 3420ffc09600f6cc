"""Installations of several levels, each with processes, database, folder, ports and key of its own, linked by people.

All have the demonstration's organisation, so that they know their units by the same codes; a meeting planned above is
held level by level.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.database import Database
from scheduler.nodes import pairing
from scheduler.organization.demonstration import demo_id
from scheduler.proceedings import log
from scheduler.proceedings.facts import Fact
from scheduler.settings import DatabaseSettings
from tests.installation import Installation
from tests.loaded import Loaded
from tests.own_network import OwnNetwork
from tests.story import until
from tests.web.conftest import PASSWORD
from web.visiting.visitor import Visitor

LINK_ADDRESS = "127.0.0.2"  # lower ones reach upper ones here, people at localhost
QUICK = {"GIAOBAN_HOST": "0.0.0.0", "GIAOBAN_MEDIA_ADDRESSES": "127.0.0.1"}  # noqa: S104 - a network of its own
QUICK |= {"GIAOBAN_LINK_BEAT_MS": "500", "GIAOBAN_LINK_LOST_MS": "2500"}  # a busy machine stands still for a second
TITLE = "Giao ban bốn cấp"


@dataclass
class Level:
    """One installation; ``unit`` is the key of its unit in the demonstration."""

    name: str
    unit: str
    installation: Installation
    stack: AsyncExitStack
    node_id: str = ""
    meeting_id: str = ""
    visitors: dict[str, Visitor] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return f"above_{self.name}"

    async def person(self, login: str) -> Visitor:
        """Somebody of this unit, or ``quantri``, the administrator."""
        login = login if login == "quantri" else f"{login}.{self.unit}"
        if login not in self.visitors:
            visitor = await self.stack.enter_async_context(Visitor(self.installation.url))
            self.visitors[login] = await visitor.login(login, PASSWORD)
        return self.visitors[login]

    async def secretary(self) -> Visitor:
        return await self.person("thuky")

    async def pairing_text(self) -> str:
        """As an administrator hands it on, with the address at which others reach this one."""
        this = (await (await self.person("quantri")).get("/api/nodes"))["this"]
        self.node_id = this["id"]
        told = pairing.from_text(this["pairing_text"])
        return pairing.to_text(replace(told, url=f"http://{LINK_ADDRESS}:{self.installation.port}"))

    async def facts(self, meeting_id: str) -> list[Fact]:
        """All this installation has of a meeting's log, its own or told by others."""
        database = Database(DatabaseSettings(f"sqlite+aiosqlite:///{self.installation.data / 'giaoban.sqlite'}"))
        try:
            async with database.reading() as session:
                return await log.facts_of(session, meeting_id)
        finally:
            await database.dispose()

    async def restarted(self) -> None:
        """``kill -9`` of the web process, and it is back."""
        await self.installation.restarted("web", self.installation.kill("web"))


async def start_levels(
    stack: AsyncExitStack, folder: Path, filled: Path, levels: Sequence[tuple[str, str, dict[str, str]]]
) -> list[Level]:
    """(name, unit, settings of its own), the highest first; all at once, then linked from level to level.

    One that is preloaded with something loads everything itself; the others are forked from one process.
    """
    made: list[Level] = []
    loaded = await stack.enter_async_context(Loaded(folder))
    without_letters(filled, folder / "filled.sqlite")
    for name, unit, settings in levels:
        data = folder / name
        data.mkdir()
        shutil.copy(folder / "filled.sqlite", data / "giaoban.sqlite")
        itself = "LD_PRELOAD" in settings
        installation = Installation(data, {**QUICK, **settings}, demo=False, loaded=None if itself else loaded)
        made.append(Level(name, unit, installation, stack))
        await installation.start(wait=False)
        stack.push_async_callback(installation.stop)
    for level in made:  # they start at the same time; one at a time is asked, which costs as much as starting
        await level.installation.ready()
    for upper, lower in itertools.pairwise(made):
        await pair(upper, lower)
    return made


def without_letters(filled: Path, path: Path) -> None:
    """The demonstration, but for the invitations to its example, which every installation would write anew."""
    shutil.copy(filled, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("delete from outbox")
        database.commit()


async def pair(upper: Level, lower: Level) -> None:
    """Two administrators exchange their pairing texts; the link is up when this returns."""
    below, above = await lower.pairing_text(), await upper.pairing_text()
    here, there = await upper.person("quantri"), await lower.person("quantri")
    await here.post("/api/nodes", {"text": below, "role": "lower", "unit_id": demo_id(f"unit:{lower.unit}")})
    await there.post("/api/nodes", {"text": above, "role": "upper", "unit_id": demo_id(f"unit:{upper.unit}")})
    await linked(lower)


async def linked(lower: Level) -> None:
    async def is_up() -> bool:
        nodes = (await (await lower.person("quantri")).get("/api/nodes"))["items"]
        return all(node["is_up"] for node in nodes if node["role"] == "upper")

    await until(is_up, lambda up: up, f"the link above {lower.name}")


def cut(network: OwnNetwork, upper: Level, lower: Level) -> None:
    """The line between two installations carries nothing any more: neither the socket nor media over UDP or TCP."""
    up, down = upper.installation, lower.installation
    network.cut(
        lower.line,
        f"ip daddr {LINK_ADDRESS} tcp dport {up.port}",
        f"ip saddr {LINK_ADDRESS} tcp sport {up.port}",
        f"udp sport {down.media_port} udp dport {up.media_port}",
        f"udp sport {up.media_port} udp dport {down.media_port}",
        f"tcp dport {up.media_port}",
        f"tcp sport {up.media_port}",
    )


async def plan(levels: Sequence[Level], wished: Sequence[str]) -> None:
    """The highest plans a meeting with these sites and sends it: level by level rooms are held."""
    top, below = levels[0], levels[1]
    desk = await top.secretary()
    starts_at = datetime.now(UTC) + timedelta(minutes=5)
    draft = await desk.post(
        "/api/meetings",
        {
            "title": TITLE,
            "host_unit_id": demo_id(f"unit:{top.unit}"),
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
            "items": [{"title": "Phòng chống rét", "minutes": 30}, {"title": "Kinh tế", "minutes": 30}],
        },
    )
    top.meeting_id = draft["id"]
    host = {"unit_id": demo_id(f"unit:{below.unit}"), "node_id": below.node_id}
    tree = {"version": draft["version"], "hosts": [host], "site_ids": [demo_id(f"site:{key}") for key in wished]}
    await desk.put(f"/api/meetings/{draft['id']}/tree", tree)
    await desk.post(f"/api/meetings/{draft['id']}/send")
    for upper, lower in itertools.pairwise(levels):
        lower.meeting_id = await held(upper)


async def held(upper: Level) -> str:
    """The room below, once its installation has answered."""
    desk = await upper.secretary()

    async def below() -> dict[str, Any]:
        rooms = (await desk.get(f"/api/meetings/{upper.meeting_id}/tree"))["rooms"]
        return next((room for room in rooms if room["node_id"]), {"state": "none"})

    room = await until(below, lambda room: room["state"] in ("accepted", "failed"), f"the room below {upper.name}")
    assert room["state"] == "accepted", room["error"]
    return str(room["meeting_id"])


def ends(facts: Sequence[Fact]) -> tuple[int, str]:
    return (facts[-1].seq, facts[-1].hash) if facts else (0, "")
