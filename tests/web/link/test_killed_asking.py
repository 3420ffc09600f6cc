"""Either installation is killed between any two steps of asking for a room: it is held once, its sites asked once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from scheduler.linked import asking
from scheduler.linked import holding as rooms
from scheduler.linked.asking import told_of
from scheduler.meetings.attendee import Attendee
from scheduler.outbox import OutboxRow
from tests.web.link import holding
from tests.web.link.holding import Opening, Side, below, planned, send
from tests.web.link.nodes import Net, until_up
from web.errors import Unreachable
from web.link import meetings as link_meetings
from web.link.channel import LinkChannel

side, small_organisation = holding.side, holding.small_organisation  # fixtures
ABOVE = ("before the room", "after the room", "before told", "after told")
BELOW = ("before it is durable", "before the answer", "after the state")


class Killed(BaseException):
    """Nothing of this process goes on."""


def kill_at(step: str, monkeypatch: pytest.MonkeyPatch, dies: Callable[[], Any]) -> None:
    """The process dies when it first comes to this step."""
    owner, name, when = {
        "before the room": (asking, "take_room", "before"),
        "after the room": (LinkChannel, "request", "before meeting.state"),
        "before told": (asking, "take_told", "after"),
        "after told": (Side, "mark", "before done_at"),
        "before it is durable": (rooms, "hold", "after"),
        "before the answer": (link_meetings.Meetings, "_follow", "before"),
        "after the state": (rooms, "describe_room", "after"),
    }[step]
    real, moment, about = getattr(owner, name), *[*when.split(), ""][:2]
    is_dead: list[str] = []

    async def step_or_die(*args: Any, **more: Any) -> Any:
        is_here = not is_dead and (not about or about in args)
        if is_here and moment == "before":
            is_dead.append(step)
            await dies()
        result = await real(*args, **more)
        if is_here and moment == "after":
            is_dead.append(step)
            await dies()
        return result

    monkeypatch.setattr(owner, name, step_or_die)


@pytest.mark.parametrize("step", ABOVE + BELOW)
async def test_it_is_held_once(side: Opening, net: Net, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    province, district = await side("province"), await side("district")
    await below(province, district, "quanba")
    meeting = await planned(province, district)
    await send(province, meeting)

    ends: list[asyncio.Task[None]] = []

    async def dies() -> None:
        if step in BELOW:
            ends.append(asyncio.create_task(line_ends(net, province.node.url, asyncio.current_task())))
        raise Killed

    kill_at(step, monkeypatch, dies)
    with pytest.raises(Unreachable if step in BELOW else Killed):
        await province.carry_out()
    await asyncio.gather(*ends)
    dead = district if step in BELOW else province
    await net.cut(province.node.url)
    await dead.meetings.stop()
    await dead.node.close()
    net.restore(province.node.url)
    again = await side(dead.node.name)
    if dead is province:
        province = again
    else:
        district = again
    await until_up(province.node, district.node)
    await province.carry_out()
    assert await province.carry_out() == 0
    (room,) = await district.held()
    (child,) = await province.children()
    assert (child.state, child.meeting_id, room.stage) == ("accepted", room.id, "sent")
    assert told_of(child) is not None
    sites = await invited(district, room.id)
    assert await letters(district) == {"send_invitation": sites}


async def line_ends(net: Net, url: str, answering: asyncio.Task[Any] | None) -> None:
    """Who asked sees that nobody is there any more."""
    assert answering is not None
    await asyncio.wait({answering})
    assert isinstance(answering.exception(), Killed)
    await net.cut(url)


async def letters(one: Side) -> dict[str, int]:
    """How many were written down of each kind, all different."""
    async with one.database.reading() as session:
        written = select(OutboxRow.kind, OutboxRow.payload_json).where(OutboxRow.kind != asking.ASK_BELOW)
        found = [(row.kind, row.payload_json) for row in await session.execute(written)]
    assert len(set(found)) == len(found)
    return dict(Counter(kind for kind, _ in found))


async def invited(one: Side, room_id: str) -> int:
    async with one.database.reading() as session:
        sites = await session.scalars(select(Attendee.site_id).where(Attendee.meeting_id == room_id))
        return len(sites.all())
