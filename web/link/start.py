"""Starts the links of a web process, and tells what this installation is to others: its pairing text."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from scheduler.database import ReadSession, WriteSession
from scheduler.nodes.key import NodeKey
from scheduler.nodes.pairing import Pairing
from scheduler.replication.session import Timing
from web.installation import read_installation
from web.keys import read_or_make_key
from web.link.boards import Boards
from web.link.meetings import Meetings, Surroundings
from web.link.service import Links, LinkSettings
from web.live.whole_board import board_below
from web.services import Services
from web.settings import Settings

KEY_FILE = "node.key"


def node_key(settings: Settings) -> NodeKey:
    """Made at the first start, kept with the other keys: backup and restore take it along."""
    return NodeKey(read_or_make_key(settings.keys_folder / KEY_FILE))


async def our_pairing(session: ReadSession | WriteSession, settings: Settings, origin: str) -> Pairing:
    """How this installation introduces itself."""
    authority = settings.keys_folder / "ca.crt"
    pem = authority.read_text() if settings.tls_certificate and authority.is_file() else ""
    name = str((await read_installation(session))["name"])[:200]
    return Pairing(origin, name, node_key(settings).public, settings.url, pem)


async def start_links(services: Services, stack: AsyncExitStack) -> Links:
    """Dial those above, be there for those below."""
    settings, hub = services.settings, services.hub
    async with services.database.reading() as session:
        name = str((await read_installation(session))["name"])
    timing = Timing(settings.link_beat_ms / 1000, settings.link_lost_ms / 1000)
    links = Links(
        database=services.database,
        node=hub.node,
        key=node_key(settings),
        name=name,
        channel=services.channel,
        lease=lambda: hub.lease,
        clock=services.now,
        settings=LinkSettings(timing),
        on_time=hub.set_clock_offset,
    )
    services.meetings = _meetings(services, links)
    services.meetings.start()
    stack.push_async_callback(services.meetings.stop)
    services.boards = Boards(services.channel, services.database, partial(board_below, services), services.now)
    services.boards.start()
    stack.push_async_callback(services.boards.stop)
    links.listen_facts(hub.opening.heard)
    links.listen_facts(hub.breaks.heard)
    hub.opening.start()
    await links.start()
    stack.push_async_callback(links.stop)
    return links


def _meetings(services: Services, links: Links) -> Meetings:
    async def retry(row_id: str) -> None:
        if services.jobs is not None:
            await services.jobs.retry(row_id)

    around = Surroundings(links.tree_changed, services.hub.plan_changed, services.outbox_changed.set, retry)
    return Meetings(services.channel, services.database, services.secrecy, services.now, around)
