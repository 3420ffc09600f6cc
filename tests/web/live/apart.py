"""A province and a district, each with a hub of its own, joined by the links service: frames, proofs, facts and all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from scheduler.linked.remote_child import RemoteChild
from scheduler.nodes.key import NodeKey
from tests.scheduler.proceedings.planted import MEETING
from tests.web.link.nodes import CALM, Installation, Net, link, until_up
from tests.web.live.conftest import Live
from tests.web.live.test_climbing import CHILD, Two, add_child, installation
from web.link.service import Links


class Real(Installation):
    """The installation of a hub: its channel is joined to others by the links service, frames and proofs and all."""

    def __init__(self, live: Live, name: str, folder: Path, net: Net) -> None:
        self.name, self.url, self.net, self.settings = name, f"https://{name}.example", net, CALM
        self.database, self.node, self.channel = live.database, live.hub.node, live.hub.links._channel
        self.key = NodeKey(name.encode().ljust(32, b"."))
        net.at[self.url] = self
        live.hub._on_facts = lambda facts: self.links.grew(facts)
        self.links = Links(
            database=live.database, node=self.node, key=self.key, name=name, channel=self.channel,
            lease=lambda: live.hub.lease, clock=lambda: live.now, settings=CALM, dial=net.dial,
        )  # fmt: skip
        self.links.listen_facts(live.hub.breaks.heard)


@pytest.fixture
async def apart(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[tuple[Two, Net]]:
    """A province and a district that know one another by their keys."""
    async with AsyncExitStack() as stack:
        lives, nodes, net = [], [], Net()
        for name in ("province", "district"):
            live = await installation(tmp_path, sqlite_template, name)
            stack.push_async_callback(live.database.dispose)
            await live.start()
            stack.push_async_callback(live.hub.stop)
            live.media.return_()
            await live.settle()
            node = Real(live, name, tmp_path, net)
            await node.start()
            stack.push_async_callback(node.links.stop)
            lives.append(live)
            nodes.append(node)
        province, district = nodes
        await add_child(lives[1].database, remote_parent_id=MEETING, remote_parent_node_id=province.id)
        async with lives[0].database.transaction() as session:
            session.add(RemoteChild(parent_id=MEETING, unit_id="unit-a", node_id=district.id, meeting_id=CHILD))
        await link(district, province)
        await until_up(district, province)
        await until_up(province, district)
        two = Two(lives[0], lives[1], None)
        await two.begin()
        yield two, net
