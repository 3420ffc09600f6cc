"""What a room says to its media worker and hears of it: slots, weak lines, views, a worker that goes away."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from scheduler.linked.known_line import LATELY
from scheduler.linked.readiness import Readiness
from scheduler.organization.site import Site
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING
from tests.web.live.conftest import SECRETARY, Held, site
from web.live.board import live_of
from web.media.messages import (
    ActiveSpeakerChanged,
    EncodingsWanted,
    LadderChanged,
    PeerDisconnected,
    SlotsChanged,
    SlotShown,
    StillsWanted,
)

# -- opening and holding ------------------------------------------------------------------------------------------


async def test_what_the_worker_reports_is_passed_on(held: Held) -> None:
    live = held.live
    slots = (SlotShown("3", held.chair.id, "hq", "camera", False, 250), SlotShown("4", None, None, "camera", True))
    live.happens(live.media, SlotsChanged(MEETING, held.a.id, slots))
    live.happens(live.media, EncodingsWanted(MEETING, held.a.id, ("q",)))
    live.happens(live.media, ActiveSpeakerChanged(MEETING, held.b.id, (held.b.id,)))
    await live.settle()
    live.room.media.report(held.b.connection, 0.2, 1500)
    await live.passes(2)
    assert (await held.a.messages("slots"))[-1]["slots"] == [
        {"mid": "3", "site_id": "hq", "source": "camera", "paused": False, "late_ms": 250},
        {"mid": "4", "site_id": None, "source": "camera", "paused": True, "late_ms": 0},
    ]
    assert (await held.a.messages("encodings"))[-1]["active"] == ["q"]
    lines = (await held.secretary.messages("connections"))[-1]
    assert lines["active_site_id"] == "b"
    assert lines["sites"]["b"] == {
        "audio": True, "video": True, "presentation": False, "loss": 0.2, "rtt_ms": 1500, "quality": "bad",
    }  # fmt: skip
    assert lines["sites"]["a"]["quality"] == "good"


async def test_a_weak_line_is_told_and_gets_stills_of_the_speaker(held: Held) -> None:
    live, jpeg = held.live, "/9j/4P/Z"
    live.happens(live.media, LadderChanged(MEETING, held.b.id, "still"))
    live.happens(live.media, StillsWanted(MEETING, held.chair.id, True))
    await live.settle()
    assert (await held.b.messages("ladder"))[-1] == {"type": "ladder", "step": "still"}
    assert (await held.chair.messages("stills"))[-1] == {"type": "stills", "wanted": True, "every_s": 5}
    media = live.room.media
    media.still(held.a.connection, jpeg)  # nobody asked for this one
    media.still(held.chair.connection, jpeg)
    media.still(held.chair.connection, jpeg)  # too soon
    assert await held.b.messages("still") == [{"type": "still", "site_id": "hq", "jpeg": jpeg}]
    assert await held.a.messages("still") == []
    live.happens(live.media, LadderChanged(MEETING, held.a.id, "still"))
    await live.settle()
    assert len(await held.a.messages("still")) == 1  # the newest, at once
    await live.passes(3)
    media.still(held.chair.connection, jpeg)
    live.happens(live.media, StillsWanted(MEETING, held.chair.id, False))
    await live.settle()
    await live.passes(3)
    media.still(held.chair.connection, jpeg)
    assert len(await held.b.messages("still")) == 2


async def test_stills_do_not_pile_up_before_a_slow_reader(held: Held) -> None:
    live = held.live
    live.happens(live.media, LadderChanged(MEETING, held.b.id, "still"))
    live.happens(live.media, StillsWanted(MEETING, held.chair.id, True))
    await live.settle()
    for _ in range(20):
        live.room.media.still(held.chair.connection, "/9j/" + "A" * 10_000)
        await live.passes(3)
    assert held.b.connection.outgoing.waiting_bytes < 64 * 1024


async def test_who_gives_up_takes_nobody_elses_picture_away(held: Held) -> None:
    stills = held.live.room.media.stills
    first, second = (asyncio.create_task(stills.look(held.a.connection)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert [told["wanted"] for told in await held.a.messages("stills")] == [True]
    held.live.room.media.still(held.a.connection, "/9j/4P/Z")
    assert await second == "/9j/4P/Z"
    assert [told["wanted"] for told in await held.a.messages("stills")] == [True, False]


async def test_a_peer_that_broke_is_off_the_air_until_it_offers_again(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    held.live.happens(held.live.media, PeerDisconnected(MEETING, held.a.id, "consent"))
    await held.live.settle()
    assert held.live.worker.program.floor is None
    await held.a.offer()
    assert held.live.worker.program.floor == held.a.id


async def test_a_view_names_sites_and_follows_who_is_there(held: Held) -> None:
    held.live.room.media.view(held.secretary.connection, ("a", "b", "c"), 9, False)
    await held.live.settle()
    assert held.live.media.views[held.secretary.id] == ([held.a.id, held.b.id], 9, False)
    c = await held.live.enter(site("c"))
    await c.offer()
    assert held.live.media.views[held.secretary.id] == ([held.a.id, held.b.id, c.id], 9, False)


async def test_a_bad_offer_and_an_absent_worker_are_refused_in_words(held: Held) -> None:
    with pytest.raises(Refused) as bad:
        await held.live.room.media.offer(held.a.connection, "not sdp")
    assert bad.value.code == "bad_offer"
    held.live.media.silence()
    with pytest.raises(Refused) as absent:
        await held.a.offer()
    assert absent.value.code == "no_media"


async def test_the_hall_publishes_nothing_and_the_secretary_a_screen_only(held: Held) -> None:
    hall = await held.live.enter(SECRETARY, role="hall")
    await hall.offer()
    joins = {words[2]: words[4] for words in held.live.media.asked if words[0] == "join"}
    assert joins[hall.id] == ""
    assert joins[held.secretary.id] == "presentation"
    assert joins[held.a.id] == "audio,video,presentation"


async def test_a_line_begins_with_the_lowest_that_is_known_of_it(held: Held) -> None:
    live, starts = held.live, held.live.media.starts
    assert starts[held.a.id] is None  # nobody has said
    checked = {"microphone": True, "camera": True, "up_kbps": 400, "rtt_ms": 60, "loss_permille": 0, "clock_ms": 0}
    check = {"meeting_id": MEETING, "site_id": "b", **checked}
    async with live.database.transaction() as session:
        for site_id, kbps in (("a", 150), ("b", 8000)):
            known = await session.get(Site, site_id)
            assert known is not None
            known.line_down_kbps = kbps
        session.add(Readiness(**check, down_kbps=700, at=live.now))
    for seat in (held.a, held.b):
        await seat.offer()
    assert (starts[held.a.id], starts[held.b.id]) == (150_000, 700_000)
    live.now += LATELY
    live.now += timedelta(seconds=1)
    await held.b.offer()
    assert starts[held.b.id] == 8_000_000  # the check is old
    hall = await live.enter(SECRETARY, role="hall")
    await hall.offer()
    assert starts[hall.id] is None


async def test_a_new_media_worker_is_filled_again_without_a_click(held: Held) -> None:
    live = held.live
    await held.chair.command("grant_floor", site_id="a")
    (started,) = await live.bodies(f.RecordingStarted)
    live.media.restart()
    await live.settle()
    for seat in (held.chair, held.a, held.b, held.secretary):
        assert (await seat.messages("media"))[-1] == {"type": "media", "boot_id": "media-1 boot-2"}
        await seat.offer()
    assert live.worker.program.floor == held.a.id
    assert live.worker.recording == "on" and live.worker.parts == 1
    after = [type(body) for body in await live.bodies(f.RecordingInterrupted, f.RecordingResumed, f.SiteLeft)]
    assert after == [f.RecordingInterrupted, f.RecordingResumed]
    assert live.room.state.recording == "on" and live.room.state.recording_id == started.recording_id  # type: ignore[attr-defined]


async def test_a_lost_socket_to_the_same_worker_interrupts_nothing(held: Held) -> None:
    held.live.media.silence()
    await held.live.passes(1)
    held.live.media.return_()
    await held.live.settle()
    assert await held.live.bodies(f.RecordingInterrupted) == []
    assert await held.a.messages("media") == []


async def test_a_worker_away_for_long_is_an_interruption_since_it_went(held: Held) -> None:
    went = held.live.now
    held.live.media.silence()
    await held.live.settle()
    held.live.seconds += 4
    await held.live.hub.tick()
    (interrupted,) = await held.live.bodies(f.RecordingInterrupted)
    assert isinstance(interrupted, f.RecordingInterrupted)
    assert (interrupted.cause, interrupted.from_at[:19]) == ("worker", went.isoformat()[:19])


async def test_a_full_disk_is_shown_and_the_recording_goes_on_afterwards(held: Held) -> None:
    held.live.media.break_disk(MEETING)
    await held.live.settle()
    seen = [held.live.room.state.recording]
    assert held.live.room.state.stage == "convened"
    held.live.media.mend_disk(MEETING)
    await held.live.settle()
    assert [*seen, held.live.room.state.recording] == ["interrupted", "on"]


async def test_a_clock_that_is_wrong_is_seen_from_the_pings(held: Held) -> None:
    room, connection, now_ms = held.live.room, held.a.connection, held.live.now.timestamp() * 1000

    def said(off_ms: float) -> None:
        room.media.clock(connection, now_ms + off_ms, held.live.now)

    assert connection.line.clock_s == 0
    said(-1900)  # a way of two seconds, say
    assert connection.line.clock_s == 0
    for off_ms in (-92_000, -90_100, -95_000):  # what came late says too little
        said(off_ms)
    assert connection.line.clock_s == 0, "one ping that was right is enough"
    said(-90_000)
    assert connection.line.clock_s == live_of(room)["a"].clock_s == -90
    for off_ms in (90_400, 90_400, 90_400):
        said(off_ms)
    assert connection.line.clock_s == 90
    room.media.clock(connection, 0, held.live.now)  # counts from its own start
    room.media.clock(connection, 42_000, held.live.now)
    assert connection.line.clock_s == 90
    said(1e15)
    assert connection.line.clock_s == 10**9
    for _ in range(4):
        said(5)
    assert live_of(room)["a"].clock_s == 0
