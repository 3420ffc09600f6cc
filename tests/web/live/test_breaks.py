"""A break of the room above is one in the rooms that follow it, and in no others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from scheduler.proceedings.state import Link, State
from tests.web.link.nodes import Net
from tests.web.live import apart as real
from tests.web.live import test_climbing as climbing
from tests.web.live.test_climbing import CHILD, Two
from tests.web.live.test_workers import enter
from web.live.breaks import has_break

apart = real.apart  # fixtures
two = climbing.two


def room(stage: str = "convened", status: str = "open") -> State:
    link = Link("above", "upper", "n", "Giao ban", status, "")  # type: ignore[arg-type]
    return replace(State(), stage=stage, links=(link,))  # type: ignore[arg-type]


def test_a_break_reaches_down_as_far_as_the_program_does() -> None:
    root = replace(State(), stage="suspended")
    assert has_break([room(), root])
    assert has_break([room(), room(), root]), "two levels"
    assert not has_break([room(), room()]), "nobody above has one"
    assert not has_break([room("suspended"), room()]), "its own is its own"
    assert not has_break([room(status="lost"), root])
    assert not has_break([room(status="away"), root])
    assert not has_break([room(), room(status="lost"), root]), "the room between goes on alone"
    assert not has_break([room()]) and not has_break([State(), root])


@pytest.mark.parametrize("two", ["here"], indirect=True)
async def test_pages_below_are_told_of_the_break_and_of_its_end(two: Two) -> None:
    await two.chair.command("suspend")
    assert await told(two) is True
    assert (await two.commune.messages("break_above"))[-1]["is_on"] is True
    assert two.below.stage == "convened", "the room's own log knows nothing of it"
    late = await enter(two.district, CHILD, "c", two.commune.id)
    assert (await late.messages("welcome"))[0]["break_above"] is True
    await two.chair.command("resume")
    assert await told(two) is False
    assert (await late.messages("break_above"))[-1]["is_on"] is False
    assert await two.chair.messages("break_above") == [], "above, the log says it"


async def test_of_another_installation_as_soon_as_its_facts_are_here(apart: tuple[Two, Net]) -> None:
    two, net = apart
    await two.chair.command("suspend")
    await until(two, True)
    (url,) = {to for to, _ in net.open}
    await net.cut(url)
    await until(two, False)  # it goes on by itself
    net.restore(url)
    await until(two, True)
    await two.chair.command("resume")
    await until(two, False)


@pytest.mark.parametrize("two", ["here"], indirect=True)
async def test_a_room_that_has_left_the_program_goes_on(two: Two) -> None:
    await two.chair.command("suspend")
    assert await told(two) is True
    await two.district_chair.command("leave_program")
    assert await told(two) is False
    await two.district_chair.command("rejoin_program")
    assert await told(two) is True


async def told(two: Two) -> bool:
    """What pages below are told now."""
    await two.passes()
    await two.district.hub.breaks.settle()
    await two.district.settle()
    return two.district.hub.rooms[CHILD].has_break_above


async def until(two: Two, is_on: bool) -> None:
    """Time passes in small steps until pages below are told so."""
    async with asyncio.timeout(30):
        while True:
            if await told(two) is is_on:
                return
            await asyncio.sleep(0.01)
