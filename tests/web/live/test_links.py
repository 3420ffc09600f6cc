"""Rooms of a linked meeting are linked by themselves, again if a worker dies, and to other installations by request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from scheduler.database import Database
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING, a_meeting, plant_meeting
from tests.web.live.conftest import Live, Seat
from tests.web.live.test_workers import enter
from web.link.channel import LinkChannel
from web.link.errors import RefusedThere, RequestRefused
from web.link.memory import MemoryLink
from web.live.planned import Above
from web.media.fake import FakeMedia

CHILD = "meeting-2"


@pytest.fixture
async def live(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Live]:
    """A meeting and one below it, on two workers."""
    await plant_meeting(sqlite_database)
    async with sqlite_database.transaction() as session:
        child = a_meeting("sent", record=True)
        child.id, child.parent_id = CHILD, MEETING
        session.add(child)
        await session.flush()
        session.add(Attendee(meeting_id=CHILD, site_id="c", role="required"))
    made = Live(sqlite_database, FakeMedia(), tmp_path / "captures", (FakeMedia(name="media-2"),))
    await made.start()
    for worker in (made.media, *made.others):
        worker.return_()
    await made.settle()
    yield made
    await made.hub.stop()


async def hold(live: Live, meeting_id: str) -> Seat:
    """A meeting begins; its chair. The room below may have been opened with the one above already."""
    secretary = await enter(live, meeting_id, "secretary")
    with suppress(Refused):
        await secretary.command("open_testing")
    chair = await enter(live, meeting_id, "chair")
    with suppress(Refused):
        await chair.command("convene")
    await live.settle()
    return chair


async def passes(live: Live, seconds: float = 0.5) -> None:
    await live.passes(seconds)
    await live.hub.links.settle()
    await live.settle()


def ends(live: Live) -> dict[str, dict[str, str]]:
    """Links by room, as the workers have them."""
    return {name: has.links for worker in (live.media, *live.others) for name, has in worker.rooms.items()}


LINKED = {MEETING: {f"upper {CHILD}": "connecting"}, CHILD: {f"lower {CHILD}": "up"}}


async def test_a_room_is_linked_to_the_one_above_once_both_are_open(live: Live) -> None:
    await hold(live, CHILD)
    await passes(live)
    assert ends(live) == {CHILD: {}}
    await hold(live, MEETING)
    await passes(live)
    assert ends(live) == LINKED
    await passes(live)
    assert [words[0] for words in live.media.asked if "link" in words[0]].count("accept_link") <= 1


async def test_who_follows_no_more_says_so_and_comes_back(live: Live) -> None:
    await hold(live, MEETING)
    await hold(live, CHILD)
    await passes(live)
    room = live.hub.rooms[CHILD]
    worker = room.media.worker
    assert isinstance(worker, FakeMedia)
    opened = f.LinkOpened(MEETING, "upper", "", "Giao ban")
    steps: list[tuple[f.Body, bool]] = [
        (opened, True),
        (f.ProgramLeft(MEETING), False),
        (f.ProgramRejoined(MEETING), True),
        (f.LinkLost(MEETING, "down"), False),
        (f.LinkRestored(MEETING, 6), True),
    ]
    for body, follows in steps:
        async with room.lock:
            if body is not opened or not room.state.links:
                await room.append([body], f.By())
        await passes(live)
        assert [one[2] for one in worker.asked if one[0] == "follow_link"][-1:] == [str(follows)] or body is opened


@pytest.mark.parametrize("which", [MEETING, CHILD])
async def test_the_worker_of_either_side_dies_and_the_link_is_made_anew(live: Live, which: str) -> None:
    await hold(live, MEETING)
    await hold(live, CHILD)
    await passes(live)
    dead = live.hub.rooms[which].media.worker
    assert isinstance(dead, FakeMedia)
    dead.restart()
    await live.settle()
    for _ in range(8):
        await passes(live)
    assert {name: links for name, links in ends(live).items() if links} == LINKED


async def test_a_lost_link_is_given_two_seconds_and_then_dialled_again(live: Live) -> None:
    await hold(live, MEETING)
    await hold(live, CHILD)
    await passes(live)
    worker = live.hub.rooms[CHILD].media.worker
    assert isinstance(worker, FakeMedia)
    worker.set_link(CHILD, CHILD, "lower", "lost")
    await live.settle()
    await passes(live)
    assert ends(live)[CHILD] == {f"lower {CHILD}": "lost"}
    for _ in range(5):
        await passes(live)
    assert ends(live)[CHILD] == {f"lower {CHILD}": "up"}


async def test_a_refusal_is_tried_again_less_and_less_often(live: Live) -> None:
    for worker in (live.media, *live.others):
        worker.refuses_links = "codec: the other room has h264, this one vp8"
    await hold(live, MEETING)
    await hold(live, CHILD)
    for _ in range(40):
        await passes(live)
    refused = [words for w in (live.media, *live.others) for words in w.asked if words[0] == "accept_link"]
    assert 3 <= len(refused) <= 6
    assert ends(live)[CHILD] == {}


async def test_media_that_was_refused_is_said_above_beside_the_installation(live: Live) -> None:
    """A codec or a version that does not fit, a loop: until it is linked after all."""
    noted = notes_of(live)
    async with live.database.transaction() as session:
        session.add(RemoteChild(parent_id=MEETING, unit_id="unit-hq", node_id="district", meeting_id="theirs"))
    there, here = LinkChannel(), live.hub.links._channel
    MemoryLink(("district", there), ("province", here))
    await hold(live, MEETING)
    body = {"meeting": MEETING, "child": "theirs", "offer": {"place": "elsewhere/theirs"}}
    for worker in (live.media, *live.others):
        worker.refuses_links = "version: ours 1-1, theirs 2-2"
    with pytest.raises(RefusedThere, match="version"):
        await there.request("province", "media.open", body)
    ((node, why),) = noted
    assert node == "district" and "version: ours 1-1, theirs 2-2" in why
    for worker in (live.media, *live.others):
        worker.refuses_links = ""
    await there.request("province", "media.open", body)
    assert noted[1:] == [("district", "")]


async def test_and_below(live: Live) -> None:
    """Once, however often it is tried again."""
    noted = notes_of(live)
    async with live.database.transaction() as session:
        child = await session.get_one(Meeting, CHILD)
        child.parent_id, child.remote_parent_id, child.remote_parent_node_id = None, "theirs", "province"
    there, here = LinkChannel(), live.hub.links._channel
    refuses = ["codec: h264 here"]

    async def answer(node: str, kind: str, body: dict[str, object]) -> dict[str, object]:
        if refuses:
            raise RequestRefused("refused", refuses[0])
        return {"answer": {"path": ["province/theirs"]}}

    there.on("media.open", answer)
    MemoryLink(("district", here), ("province", there))
    await hold(live, CHILD)
    for _ in range(10):
        await passes(live)
    assert noted == [("province", "codec: h264 here")]
    refuses.clear()
    for _ in range(20):
        await passes(live)
    assert noted[1:] == [("province", "")]


async def test_a_link_that_is_closed_for_what_it_says_is_told_and_dialled_ever_later(live: Live) -> None:
    """A ring shows itself once the link is up: what is noted stays until the link stands, and is noted once."""
    noted, dialled = notes_of(live), await below_another(live)
    await hold(live, CHILD)
    await passes(live)
    worker = live.hub.rooms[CHILD].media.worker
    assert isinstance(worker, FakeMedia)
    for _ in range(80):  # 40 s
        if ends(live)[CHILD] == {f"lower {CHILD}": "up"}:
            worker.set_link(CHILD, CHILD, "lower", "closed", "loop")
        await passes(live)
    assert noted == [("province", "loop")]
    assert 4 <= len(dialled) <= 7  # after 1, 2, 4, 8 and 15 s
    for _ in range(40):
        await passes(live)
    assert noted[1:] == [("province", "")]
    assert ends(live)[CHILD] == {f"lower {CHILD}": "up"}


async def test_a_link_that_is_closed_because_its_room_left_is_no_fault(live: Live) -> None:
    noted, dialled = notes_of(live), await below_another(live)
    await hold(live, CHILD)
    await passes(live)
    worker = live.hub.rooms[CHILD].media.worker
    assert isinstance(worker, FakeMedia)
    worker.set_link(CHILD, CHILD, "lower", "closed", "left")
    for _ in range(4):
        await passes(live)
    assert noted == [] and len(dialled) == 2


async def below_another(live: Live) -> list[str]:
    """The child hangs below a room of another installation, which answers; the rooms it was asked for."""
    async with live.database.transaction() as session:
        child = await session.get_one(Meeting, CHILD)
        child.parent_id, child.remote_parent_id, child.remote_parent_node_id = None, "theirs", "province"
    there, here = LinkChannel(), live.hub.links._channel
    dialled: list[str] = []

    async def answer(node: str, kind: str, body: dict[str, object]) -> dict[str, object]:
        dialled.append(str(body["meeting"]))
        return {"answer": {"path": ["province/theirs"]}}

    there.on("media.open", answer)
    MemoryLink(("district", here), ("province", there))
    return dialled


def notes_of(live: Live) -> list[tuple[str, str]]:
    """What would stand at the operator's page."""
    noted: list[tuple[str, str]] = []

    async def note(node: str, why: str) -> None:
        noted.append((node, why))

    live.hub.links.note_refusal = note
    return noted


async def test_a_meeting_that_is_over_lets_go_of_its_rooms(live: Live) -> None:
    chair = await hold(live, MEETING)
    await hold(live, CHILD)
    await passes(live)
    await chair.command("adjourn")
    await live.settle()
    await passes(live)
    assert ends(live)[CHILD] == {}


async def test_the_floor_of_a_site_below_is_on_air_by_its_id(live: Live) -> None:
    await hold(live, MEETING)
    await hold(live, CHILD)
    await passes(live)
    room = live.hub.rooms[MEETING]
    async with room.lock:
        granted = f.FloorGranted(speech_id="speech", site_id="c")
        await room.append([granted], f.By())
    await live.settle()
    worker = room.media.worker
    assert isinstance(worker, FakeMedia)
    assert worker.rooms[MEETING].program.floor == "c" and "c" in worker.rooms[MEETING].audible


async def test_another_installation_links_its_room_to_ours_if_it_hangs_below(live: Live) -> None:
    await hold(live, MEETING)
    there, here = LinkChannel(), live.hub.links._channel
    MemoryLink(("district", there), ("province", here))
    body = {"meeting": MEETING, "child": "theirs", "offer": {"place": "elsewhere/theirs"}}
    with pytest.raises(RefusedThere, match="not_allowed"):
        await there.request("province", "media.open", body)
    async with live.database.transaction() as session:
        child = RemoteChild(parent_id=MEETING, unit_id="unit-hq", node_id="district", meeting_id="theirs")
        session.add(child)
    answer = await there.request("province", "media.open", body)
    assert answer["answer"]["of"] == "elsewhere/theirs"
    await live.settle()
    assert ends(live)[MEETING] == {"upper district/theirs": "connecting"}
    for bad in ({}, {**body, "offer": "v=0"}, {**body, "child": "x" * 65}):
        with pytest.raises(RefusedThere, match="bad_request"):
            await there.request("province", "media.open", bad)
    with pytest.raises(RefusedThere, match="not_allowed"):
        await there.request("province", "media.open", {**body, "meeting": CHILD})


async def test_a_room_of_ours_below_one_of_another_installation(live: Live) -> None:
    async with live.database.transaction() as session:
        child = await session.get_one(Meeting, CHILD)
        child.parent_id, child.remote_parent_id, child.remote_parent_node_id = None, "theirs", "province"
    there, here = LinkChannel(), live.hub.links._channel
    asked: list[dict[str, object]] = []

    async def answer(node: str, kind: str, body: dict[str, object]) -> dict[str, object]:
        asked.append(body)
        return {"answer": {"path": ["province/theirs"]}}

    there.on("media.open", answer)
    await hold(live, CHILD)
    assert live.hub.rooms[CHILD].planned.above == Above("theirs", "province")
    await passes(live)
    assert ends(live)[CHILD] == {}
    line = MemoryLink(("district", here), ("province", there))
    await passes(live)
    assert ends(live)[CHILD] == {f"lower {CHILD}": "up"}
    assert [(one["meeting"], one["child"]) for one in asked] == [("theirs", CHILD)]
    line.cut()  # the channel alone: media goes on
    await passes(live)
    assert ends(live)[CHILD] == {f"lower {CHILD}": "up"}
    await asyncio.sleep(0)
