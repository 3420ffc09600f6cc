"""A room after its web process died, its database failed, or another server took over."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.web.live.conftest import CHAIR, SECRETARY, Held, Live, site
from web.live.errors import Closing

# -- opening and holding ------------------------------------------------------------------------------------------


async def test_killed_web_everybody_is_back_with_floor_queue_item_and_recording(held: Held) -> None:
    """The media worker outlives it: pages come back under their ids, with their media as it was."""
    first = held.live
    await held.chair.command("open_item", item_id="i1")
    await held.a.command("request_floor")
    await held.chair.command("grant_floor", site_id="b")
    await first.settle()
    before = first.room.state
    await first.die()
    second = Live(first.database, first.media, first.captures, now=first.now)
    await second.start("test 2")
    first.media.return_()
    await second.settle()
    gone = {fact.body.site_id for fact in await second.facts() if isinstance(fact.body, f.SiteLeft)}
    assert gone == {"hq", "a", "b"}
    for seat, actor in ((held.chair, CHAIR), (held.secretary, SECRETARY), (held.a, site("a")), (held.b, site("b"))):
        back = await second.enter(actor, previous=seat.id)
        assert back.id == seat.id
        assert (await back.messages("welcome"))[0]["media_kept"] is True
        assert first.media.asked[-1] == ("tell_again", seat.id), "what its slots show now it may have missed"
    await second.settle()
    state = second.room.state
    unchanged = ("stage", "floor", "queue", "current_item_id", "items", "recording", "recording_id", "mode")
    assert [getattr(state, name) for name in unchanged] == [getattr(before, name) for name in unchanged]
    assert second.worker.program.floor == held.b.id
    assert (second.worker.recording, second.worker.parts) == ("on", 1)
    reasons = {fact.body.reason for fact in await second.facts() if isinstance(fact.body, f.SiteLeft)}
    assert reasons == {"restarted"}
    await second.hub.stop()


async def test_killed_web_and_media_the_recording_goes_on_in_a_new_part(held: Held) -> None:
    first = held.live
    await held.chair.command("grant_floor", site_id="b")
    await first.settle()
    recording_id = first.room.state.recording_id
    await first.die()
    first.media.restart()
    second = Live(first.database, first.media, first.captures, now=first.now)
    await second.start("test 2")
    first.media.return_()
    await second.settle()
    b = await second.enter(site("b"), previous=held.b.id)
    assert (await b.messages("welcome"))[0]["media_kept"] is False
    await b.offer()
    assert second.worker.program.floor == b.id
    assert (second.worker.recording, second.worker.recording_id) == ("on", recording_id)
    kinds = [type(body) for body in await second.bodies(f.RecordingInterrupted, f.RecordingResumed)]
    assert kinds == [f.RecordingInterrupted, f.RecordingResumed]
    await second.hub.stop()


async def test_peers_whose_page_never_came_back_are_sent_away(held: Held) -> None:
    first = held.live
    await first.die()
    second = Live(first.database, first.media, first.captures, now=first.now)
    await second.start("test 2")
    first.media.return_()
    await second.settle()
    await second.enter(site("a"), previous=held.a.id)
    await second.passes(21)
    assert set(second.worker.peers) == {held.a.id}
    await second.hub.stop()


async def test_a_database_that_failed_is_asked_again_and_nothing_is_lost(held: Held) -> None:
    """The table is away for a while: the command is refused as busy, the room is as it was, the next one works."""
    live = held.live
    async with live.database.transaction() as session:
        await session.execute(text("ALTER TABLE fact RENAME TO fact_away"))
    with pytest.raises(Refused) as busy:
        await held.a.command("request_floor")
    assert busy.value.code == "busy"
    assert not live.room.state.queue
    async with live.database.transaction() as session:
        await session.execute(text("ALTER TABLE fact_away RENAME TO fact"))
    await held.a.command("request_floor")
    assert [request.site_id for request in live.room.state.queue] == ["a"]


async def test_when_another_server_took_over_this_one_stops_writing(held: Held) -> None:
    live = held.live
    async with live.database.transaction() as session:
        await session.execute(text("UPDATE lease SET token = token + 1, holder = 'other'"))
    with pytest.raises(Closing):
        await held.a.command("request_floor")
    assert live.hub.lost.is_set()
    with pytest.raises(Closing):
        await live.enter(site("c"))
