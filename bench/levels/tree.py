"""Central, province, district and commune: installations (``giaoban serve``) in networks of their own, one meeting.

Made as ``giaoban demo province`` makes them; each line between two levels may be a bad one. Needs root.
"""

from __future__ import annotations

import itertools
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scheduler.organization.demonstration import demo_id
from tests.story import until
from web.demo import network
from web.demo.installations import Installations
from web.demo.layout import LEVELS, Place, lay_out
from web.demo.line import Impairment
from web.demo.linking import log_in, trust
from web.demo.processes import Processes
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

FOUR = (*LEVELS, ("commune", "UBND xã Tam Sơn", "tamson.quanba"))


@dataclass
class Level:
    """One of them; ``meeting_id``: of its room."""

    place: Place
    secretary: Visitor
    meeting_id: str = ""

    @property
    def site_id(self) -> str:
        """Of the unit itself."""
        return demo_id(f"site:{self.place.key}")

    async def person(self, stack: AsyncExitStack, post: str) -> Visitor:
        """Somebody of this unit, logged in."""
        visitor = await log_in(self.place, f"{post}.{self.place.key}")
        stack.push_async_callback(visitor.http.aclose)
        return visitor

    async def seat(self, stack: AsyncExitStack, whose: Visitor, role: str) -> Seat:
        verify = trust(self.place)
        context = verify if isinstance(verify, ssl.SSLContext) else None
        return await stack.enter_async_context(Seat(whose, self.meeting_id, role=role, verify=context))


@asynccontextmanager
async def four_levels(line: Impairment) -> AsyncIterator[tuple[list[Level], AsyncExitStack]]:
    """The highest first, linked and planned; ``line``: each of the three."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="levels")))
        layout = lay_out(folder / "demo", isolated=True, levels=FOUR)
        processes = Processes(layout.logs)
        stack.callback(network.take_away, layout.places)
        stack.push_async_callback(processes.stop)
        installations = Installations(layout, processes, os.environ)
        await installations.lay_networks({place.name: line for place in layout.places[1:]})
        await installations.serve({}, lambda done, of: None)
        nodes = await installations.link()
        levels = []
        for place in layout.places:
            levels.append(Level(place, await log_in(place, f"thuky.{place.key}")))
            stack.push_async_callback(levels[-1].secretary.http.aclose)
        await _plan(levels, nodes["province"])
        yield levels, stack


async def _plan(levels: Sequence[Level], province: str) -> None:
    """At the top, with the commune's site: each level's installation holds a room for the one above."""
    top, starts_at = levels[0], datetime.now(UTC)
    plan = {
        "title": "Giao ban bốn cấp",
        "host_unit_id": top.place.unit_id,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "items": [{"title": "Phòng chống rét", "minutes": 30}],
        "record": False,
    }
    draft = await top.secretary.post("/api/meetings", plan)
    top.meeting_id = draft["id"]
    host = {"unit_id": levels[1].place.unit_id, "node_id": province}
    tree = {"version": draft["version"], "hosts": [host], "site_ids": [levels[-1].site_id]}
    await top.secretary.put(f"/api/meetings/{top.meeting_id}/tree", tree)
    await top.secretary.post(f"/api/meetings/{top.meeting_id}/send")
    for upper, lower in itertools.pairwise(levels):
        lower.meeting_id = await _held(upper)


async def _held(upper: Level) -> str:
    async def below() -> dict[str, Any]:
        rooms = (await upper.secretary.get(f"/api/meetings/{upper.meeting_id}/tree"))["rooms"]
        return next((room for room in rooms if room["node_id"]), {"state": "none"})

    room = await until(below, lambda room: room["state"] in ("accepted", "failed"), f"a room below {upper.place.name}")
    if room["state"] == "failed":
        raise RuntimeError(room["error"])
    return str(room["meeting_id"])
