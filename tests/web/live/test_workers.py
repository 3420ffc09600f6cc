"""Two media workers and two rooms: each room on one, moved when it dies, left alone when the other one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from scheduler.database import Database
from scheduler.meetings.attendee import Attendee
from scheduler.proceedings import facts as f
from tests.scheduler.proceedings.planted import MEETING, a_meeting, plant_meeting
from tests.web.live.conftest import CHAIR, SECRETARY, Live, Seat, site
from web.live.presence import Hello
from web.media.errors import MediaRefused
from web.media.fake import FakeMedia
from web.media.messages import Load, PeerDisconnected, ProducersChanged

SECOND, THIRD = "meeting-2", "meeting-3"


@pytest.fixture
async def live(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Live]:
    await plant_meeting(sqlite_database)
    async with sqlite_database.transaction() as session:
        for meeting_id in (SECOND, THIRD):
            meeting = a_meeting("sent", record=True)
            meeting.id = meeting_id
            session.add(meeting)
            await session.flush()
            session.add(Attendee(meeting_id=meeting_id, site_id="c", role="required"))
    made = Live(sqlite_database, FakeMedia(), tmp_path / "captures", (FakeMedia(name="media-2"),))
    await made.start()
    for worker in (made.media, *made.others):
        worker.return_()
    await made.settle()
    yield made
    await made.hub.stop()


async def enter(live: Live, meeting_id: str, seat: str, previous: str | None = None) -> Seat:
    """Somebody comes in and offers, if the room is open."""
    actor = {"chair": CHAIR, "secretary": SECRETARY}.get(seat) or site(seat)
    made = Seat(live, *await live.hub.enter(meeting_id, actor, "vi", Hello(previous=previous)))
    if made.room.is_live:
        await made.room.media.offer(made.connection, "v=0\r\n")
        await live.settle()
    return made


async def hold(live: Live, meeting_id: str) -> Seat:
    """A meeting begins; its chair."""
    secretary = await enter(live, meeting_id, "secretary")
    await secretary.command("open_testing")
    chair = await enter(live, meeting_id, "chair")
    await chair.command("convene")
    await live.settle()
    return chair


def where(live: Live) -> dict[str, list[str]]:
    """Room by room as the workers have them."""
    return {worker.name: sorted(worker.rooms) for worker in (live.media, *live.others)}


def names(live: Live, *meeting_ids: str) -> list[str]:
    """As the rooms know it."""
    workers = [live.hub.rooms[meeting_id].media.worker for meeting_id in meeting_ids]
    return [worker.name for worker in workers if worker]


async def test_each_room_goes_to_the_worker_with_the_least_load(live: Live) -> None:
    await hold(live, MEETING)
    await hold(live, SECOND)
    await hold(live, THIRD)
    assert where(live) == {"media-1": [MEETING], "media-2": [SECOND, THIRD]}  # three are expected here, two there
    first, second = live.hub.workers.standings()
    assert (first.rooms, first.peers, second.rooms, second.peers) == (1, 3, 2, 4)


async def test_a_killed_worker_loses_no_room_and_the_other_room_hears_nothing_of_it(live: Live) -> None:
    chair, other = await hold(live, MEETING), await hold(live, SECOND)
    a = await enter(live, MEETING, "a")
    await chair.command("grant_floor", site_id="a")
    await live.settle()
    told, asked = len(await other.messages()), list(live.others[0].asked)
    recording_id = chair.room.state.recording_id
    live.media.rooms.clear()
    live.media.silence()
    await live.settle()
    assert names(live, MEETING, SECOND) == ["media-2", "media-2"]
    for seat in (chair, a):
        assert (await seat.messages("media"))[-1] == {"type": "media", "boot_id": "media-2 boot-1"}
        await seat.room.media.offer(seat.connection, "v=0\r\n")
    await live.settle()
    moved = live.others[0].rooms[MEETING]
    assert (moved.program.floor, moved.program.chair) == (a.id, chair.id)
    assert (moved.recording, moved.recording_id, moved.parts) == ("on", recording_id, 1)
    broken = [type(body) for body in await live.bodies(f.RecordingInterrupted, f.RecordingResumed)]
    assert broken == [f.RecordingInterrupted, f.RecordingResumed]
    assert len(await other.messages()) == told
    assert [words for words in live.others[0].asked[len(asked) :] if SECOND in words] == []
    live.media.restart()
    await live.settle()
    await hold(live, THIRD)
    assert where(live) == {"media-1": [THIRD], "media-2": [MEETING, SECOND]}  # nobody is moved back


async def test_when_all_workers_die_the_rooms_go_to_the_first_that_comes(live: Live) -> None:
    await hold(live, MEETING)
    second = await hold(live, SECOND)
    for worker in (live.media, *live.others):
        worker.rooms.clear()
        worker.silence()
    await live.settle()
    assert names(live, MEETING, SECOND) == []
    live.others[0].return_()
    await live.settle()
    assert where(live) == {"media-1": [], "media-2": [MEETING, SECOND]}
    assert await second.messages("media") != []


async def test_a_worker_whose_coming_could_not_be_followed_is_asked_again(live: Live) -> None:
    await hold(live, MEETING)
    for worker in (live.media, *live.others):
        worker.silence()
    await live.settle()
    live.media.return_()
    live.events.clear()
    assert names(live, MEETING) == []
    await live.passes(0.5)
    assert names(live, MEETING) == ["media-1"]


async def test_a_worker_that_was_only_out_of_reach_gives_up_what_has_moved(live: Live) -> None:
    chair = await hold(live, MEETING)
    live.media.silence()
    await live.settle()
    assert names(live, MEETING) == ["media-2"]
    live.media.return_()
    await live.settle()
    assert where(live) == {"media-1": [], "media-2": [MEETING]}
    await chair.room.media.offer(chair.connection, "v=0\r\n")
    live.happens(live.others[0], ProducersChanged(MEETING, chair.id, True, True, False))
    live.happens(live.media, PeerDisconnected(MEETING, chair.id, "removed"))  # the late word of the one it has left
    await live.settle()
    assert chair.connection.in_media and chair.connection.line.video


async def test_a_web_process_started_again_finds_the_rooms_where_they_are(live: Live) -> None:
    chair = await hold(live, MEETING)
    await hold(live, SECOND)
    await live.die()
    again = Live(live.database, live.media, live.captures, live.others, now=live.now)
    await again.begin()
    for worker in (live.others[0], live.media):
        assert names(again, MEETING) == []  # no room is placed before every worker has said what it has
        worker.return_()
        await again.settle()
    await again.hub.workers.find_rooms(0)
    assert names(again, MEETING, SECOND) == ["media-1", "media-2"]
    assert where(again) == {"media-1": [MEETING], "media-2": [SECOND]}
    assert again.media.rooms[MEETING].parts == 1 and await again.bodies(f.RecordingInterrupted) == []
    back = await again.hub.enter(MEETING, CHAIR, "vi", Hello(previous=chair.id))
    assert back[1].in_media
    await again.hub.stop()


async def test_a_draining_or_busy_worker_gets_no_new_room_and_keeps_its_own(live: Live) -> None:
    await hold(live, MEETING)
    await hold(live, SECOND)
    live.others[0].draining = True
    live.happens(live.others[0], Load(takes_rooms=False))
    await live.settle()
    await hold(live, THIRD)
    assert where(live) == {"media-1": [MEETING, THIRD], "media-2": [SECOND]}
    await enter(live, SECOND, "c")
    assert len(live.others[0].rooms[SECOND].peers) == 2


async def test_a_room_refused_by_a_worker_that_has_just_begun_to_drain_goes_elsewhere(live: Live) -> None:
    live.media.draining = True
    secretary = await enter(live, MEETING, "secretary")
    await secretary.command("open_testing")
    with suppress(MediaRefused):
        await secretary.room.driver.settle()
    assert names(live, MEETING) == []
    live.happens(live.media, Load(takes_rooms=False))
    await live.settle()
    await live.passes(0.5)
    assert where(live) == {"media-1": [], "media-2": [MEETING]}


async def test_a_worker_that_hangs_does_not_hold_up_the_figures_of_the_others(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.media, "stats", asyncio.Event().wait)
    assert set(await live.hub.workers.statistics(timeout_s=0.01)) == {"media-2"}
