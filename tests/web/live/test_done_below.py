"""The room above sees what a room below did while it was cut off."""

from __future__ import annotations

import asyncio

from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from tests.scheduler.proceedings.planted import MEETING
from tests.web.link.nodes import Net
from tests.web.live import apart as real
from tests.web.live.test_climbing import Two, only
from web.live.done_below import while_alone

apart = real.apart  # a fixture


def logged(*bodies: f.Body) -> list[f.Fact]:
    log_id = f.LogId("district", "m", 1)
    return [f.Fact(str(seq), log_id, seq, "", "", f.By(), body, "") for seq, body in enumerate(bodies, 1)]


def test_what_stands_between_the_loss_and_the_return() -> None:
    lost, back, opened = f.LinkLost("above"), f.LinkRestored("above", 60), f.ItemOpened("i1")
    assert while_alone(logged(opened, lost, opened), "above") is None, "not back yet, as far as is known here"
    assert while_alone(logged(opened, lost, opened, back, opened), "above") == logged(opened, lost, opened)[2:]
    assert (
        while_alone(logged(lost, f.LinkRestored("another", 5), back), "above")
        == logged(lost, f.LinkRestored("another", 5))[1:]
    )
    twice = logged(lost, opened, back, lost, back)
    assert while_alone(twice, "above") == []


async def test_it_is_said_in_the_room_above_once_the_log_is_here(apart: tuple[Two, Net]) -> None:
    two, net = apart
    (url,) = {to for to, _ in net.open}
    await net.cut(url)
    await until(two, lambda: only(two.above).status == only(two.below).status == "lost")
    await two.district_chair.command("grant_floor", site_id="c")
    await two.commune.command("return_floor")
    net.restore(url)
    await until(two, lambda: only(two.above).missed is not None)
    told = only(two.above).missed
    assert told is not None and (told.items, told.speeches) == ((), 1)
    async with two.province.database.reading() as session:
        said = [fact.body for fact in await log.facts_of(session, MEETING) if isinstance(fact.body, f.CaughtUp)]
    assert len(said) == 1
    assert only(two.below).missed is not None, "and below what was missed above"


async def until(two: Two, holds: object) -> None:
    """Time passes in small steps until it does."""
    async with asyncio.timeout(30):
        while not holds():  # type: ignore[operator]
            await two.passes(0.5)
            for hub in two.hubs:
                await hub.done_below.settle()
            await asyncio.sleep(0.01)
