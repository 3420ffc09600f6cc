"""A room that has outgrown its media worker goes on over two, and over whichever is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scheduler.database import Database
from tests.scheduler.proceedings.planted import MEETING, plant_meeting
from tests.web.live.conftest import Live, Seat
from tests.web.live.test_links import passes
from tests.web.live.test_workers import enter, hold
from web.media.fake import FakeMedia
from web.media.messages import LadderChanged, PeerDisconnected, StillsWanted


@pytest.fixture
async def live(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Live]:
    """Two workers that carry three peers each."""
    await plant_meeting(sqlite_database)
    made = Live(sqlite_database, FakeMedia(), tmp_path / "captures", (FakeMedia(name="media-2"),))
    await made.start()
    for worker in (made.media, *made.others):
        worker.most_peers = 3
        worker.return_()
    await made.settle()
    yield made
    await made.hub.stop()


async def gather(live: Live) -> list[Seat]:
    """Four people, one more than a worker carries."""
    chair = await hold(live, MEETING)
    seats = [chair, *[await enter(live, MEETING, name) for name in ("a", "b", "c")]]
    await passes(live)
    await passes(live)
    return seats


def peers(live: Live) -> list[int]:
    """How many are where."""
    return [len(worker.rooms[MEETING].peers) if MEETING in worker.rooms else 0 for worker in (live.media, *live.others)]


async def test_who_finds_no_room_is_carried_by_another_worker(live: Live) -> None:
    seats = await gather(live)
    assert peers(live) == [3, 1]
    first, second = live.media.rooms[MEETING], live.others[0].rooms[MEETING]
    assert second.links == {"lower share media-2": "up"} and "upper share media-2" in first.links
    assert first.program == second.program and first.audible == second.audible
    assert first.recording == "on" and second.recording == "off"
    assert seats[-1].connection.in_media
    live.hub.rooms[MEETING].media.view(seats[-1].connection, ("a",), 4, False)
    await live.settle()
    assert seats[-1].connection.id in live.others[0].views and seats[-1].connection.id not in live.media.views


async def test_he_leaves_where_he_is(live: Live) -> None:
    seats = await gather(live)
    await live.hub.rooms[MEETING].media.leave(seats[-1].connection)
    assert peers(live) == [3, 0]
    await live.hub.rooms[MEETING].media.leave(seats[0].connection)
    assert peers(live) == [2, 0]


async def test_what_his_worker_tells_is_heard(live: Live) -> None:
    seats = await gather(live)
    live.happens(live.others[0], PeerDisconnected(MEETING, seats[-1].connection.id, "consent"))
    await live.settle()
    assert not seats[-1].connection.in_media


async def test_the_further_worker_dies_and_its_peers_come_in_anew(live: Live) -> None:
    seats = await gather(live)
    live.others[0].silence()
    await live.settle()
    assert not seats[-1].connection.in_media and seats[0].connection.in_media
    live.media.most_peers = 4
    await seats[-1].room.media.offer(seats[-1].connection, "v=0\r\n")
    assert peers(live)[0] == 4


async def test_the_first_worker_dies_and_the_other_becomes_the_first(live: Live) -> None:
    seats = await gather(live)
    live.media.silence()
    await live.settle()
    room = live.hub.rooms[MEETING]
    assert room.media.worker is live.others[0] and room.media.spread.workers == []
    assert [seat.connection.in_media for seat in seats] == [False, False, False, True]
    await live.settle()
    assert live.others[0].rooms[MEETING].recording == "on"
    assert live.others[0].rooms[MEETING].links == {}


async def test_the_next_web_process_finds_both_parts(live: Live) -> None:
    await gather(live)
    await live.die()
    await live.begin("next")
    for worker in (*live.others, live.media):
        worker.return_()
    await live.settle()
    await live.hub.workers.find_rooms(0)
    room = live.hub.rooms[MEETING]
    assert room.media.worker is live.media and room.media.spread.workers == [live.others[0]]
    assert peers(live) == [3, 1] and len(room.media.peers) == 4


async def test_where_all_are_full_he_is_told_so(live: Live) -> None:
    live.others[0].most_peers = 0
    chair = await hold(live, MEETING)
    for name in ("a", "b"):
        await enter(live, MEETING, name)
    assert peers(live)[0] == 3 and chair.connection.in_media
    with pytest.raises(Exception, match="full"):
        await enter(live, MEETING, "c")


async def test_a_still_of_somebody_on_the_other_worker(live: Live) -> None:
    """Both workers have viewers who want it: his page stops when neither does."""
    seats = await gather(live)
    speaker, near, far = seats[0], seats[1], seats[-1]
    workers = (live.media, live.others[0])
    for worker, viewer, label in zip(workers, (near, far), ("", "hq"), strict=True):
        live.happens(worker, LadderChanged(MEETING, viewer.id, "still"))
        live.happens(worker, StillsWanted(MEETING, speaker.id, True, label))
    await live.settle()
    speaker.room.media.still(speaker.connection, "/9j/4P/Z")
    for viewer in (near, far):
        assert [one["site_id"] for one in await viewer.messages("still")] == ["hq"]
    live.happens(live.media, StillsWanted(MEETING, speaker.id, False))
    await live.settle()
    assert (await speaker.messages("stills"))[-1]["wanted"] is True
    live.others[0].silence()
    await live.settle()
    assert (await speaker.messages("stills"))[-1]["wanted"] is False
