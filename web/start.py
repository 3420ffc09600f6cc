"""Starts what a web process holds, in order, and leaves behind how to end it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from recordings.papers.store import ObjectStore
from scheduler import migrations
from scheduler.mail import transport
from scheduler.meetings.site_link import SiteLinks
from web.authentication import forget_expired
from web.doors.session import Doors
from web.jobs.chores import chores_forever, remind_forever
from web.jobs.engine import Engine, engine_url
from web.jobs.kinds import KINDS
from web.jobs.perform import Performer
from web.jobs.relay import JobRunner
from web.keys import read_or_make_key
from web.link.start import start_links
from web.live.missed_parts import MissedParts
from web.live.start import start_rooms
from web.mail import mail_settings
from web.services import Services
from web.turn import TurnServers


async def start(services: Services, stack: AsyncExitStack, *, run_jobs: bool, connect_media: bool) -> None:
    """Everything a request may need stands when this returns; ``stack`` ends it in reverse order."""
    settings = services.settings
    settings.data.mkdir(parents=True, exist_ok=True)
    await migrations.upgrade(services.database)
    async with services.database.transaction() as session:
        await forget_expired(session, services.now())
    services.links = SiteLinks(read_or_make_key(settings.keys_folder / "links.key"), settings.url)
    services.mail = transport(mail_settings(settings))
    services.store = ObjectStore.in_folder(settings.files_folder)
    await start_live(services, stack, connect_media=connect_media)
    services.node_links = await start_links(services, stack)
    if run_jobs:
        await start_jobs(services, stack)


async def start_live(services: Services, stack: AsyncExitStack, *, connect_media: bool) -> None:
    """Rooms, under the lease that makes this process the one writer of the proceedings."""
    settings = services.settings
    services.hub = await start_rooms(
        stack,
        services.database,
        [worker.socket for worker in settings.workers],
        settings.captures_folder,
        read_or_make_key(settings.keys_folder / "connections.key"),
        clock=services.now,
        on_committed=services.outbox_changed.set,
        connect_media=connect_media,
        turn=TurnServers(settings.turn_urls, settings.turn_secret),
        channel=services.channel,
        on_facts=lambda facts: services.node_links.grew(facts) if services.node_links is not None else None,
    )
    services.missed = MissedParts(services.database, services.captures, services.channel, services.now)
    services.missed.start()
    stack.push_async_callback(services.missed.stop)
    services.doors = Doors(services.hub, services.database, services.now)
    stack.push_async_callback(services.doors.stop)
    await services.doors.start()


async def start_jobs(services: Services, stack: AsyncExitStack) -> None:
    """Carry out what stands in the outbox, and what was going on when the last process died."""
    performer = Performer(services, KINDS)
    engine = Engine(performer, engine_url(services.database.settings, services.settings.data))
    services.jobs = JobRunner(services, performer, engine)
    stack.push_async_callback(services.jobs.stop)
    await services.jobs.start()
    for work in (chores_forever(services), remind_forever(services)):
        stack.push_async_callback(_cancel, asyncio.create_task(work))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
