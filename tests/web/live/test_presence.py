"""Who is in the room: comes in, is cut off, comes back, moves to another machine, is sent away."""

from __future__ import annotations

import pytest

from scheduler.proceedings import facts as f
from tests.web.live.conftest import CHAIR, DEPUTY, SECRETARY, STRANGER, Held, Live, site
from web.live.connection import Close, Outgoing
from web.live.errors import NoEntry, Occupied
from web.live.presence import FLOOR_KEPT_S, GRACE_S

# -- opening and holding ------------------------------------------------------------------------------------------


async def test_a_short_cut_is_no_absence(held: Held) -> None:
    await held.a.lose()
    await held.live.passes(GRACE_S - 1)
    back = await held.live.enter(site("a"), previous=held.a.id)
    assert back.id == held.a.id
    assert (await back.messages("welcome"))[0]["media_kept"] is True
    await held.live.passes(GRACE_S)
    assert await held.live.bodies(f.SiteLeft) == []


async def test_a_speaker_cut_off_for_longer_finds_the_floor_still_his(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    await held.a.lose()
    await held.live.passes(GRACE_S)
    assert await held.live.bodies(f.SiteLeft) == [f.SiteLeft("a", held.a.id, "lost")]
    assert held.live.room.state.floor is not None
    assert held.a.id not in held.live.worker.peers
    back = await held.live.enter(site("a"))
    await back.offer()
    assert held.live.worker.program.floor == back.id
    await held.live.passes(FLOOR_KEPT_S + 1)
    assert held.live.room.state.floor is not None


async def test_a_speaker_cut_off_for_good_does_not_hold_up_the_meeting(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    await held.b.command("request_floor")
    await held.a.lose()
    await held.live.passes(GRACE_S)
    await held.live.passes(FLOOR_KEPT_S - 0.5)
    assert await held.live.bodies(f.FloorReturned) == []
    await held.live.passes(0.5)
    *_, returned = await held.live.facts()
    assert isinstance(returned.body, f.FloorReturned) and returned.by == f.By()
    assert held.live.room.state.floor is None
    assert [request.site_id for request in held.live.room.state.queue] == ["b"]
    await held.live.passes(FLOOR_KEPT_S)
    assert len(await held.live.bodies(f.FloorReturned)) == 1
    await held.chair.command("grant_next")
    await held.live.settle()
    assert held.live.worker.program.floor == held.b.id


async def test_a_speaker_who_does_not_come_back_after_a_restart_is_no_longer_waited_for(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    await held.live.die()
    second = Live(held.live.database, held.live.media, held.live.captures, now=held.live.now)
    await second.start("test 2")
    await second.passes(0.5)
    assert second.room.state.floor is not None
    await second.passes(FLOOR_KEPT_S)
    assert second.room.state.floor is None
    await second.hub.stop()


async def test_a_site_that_closes_its_page_gives_the_floor_back(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    await held.a.lose(cleanly=True)
    await held.live.passes(GRACE_S)
    assert held.live.room.state.floor is None
    assert (await held.live.bodies(f.FloorReturned)) != []


async def test_a_second_machine_asks_before_it_takes_over(held: Held) -> None:
    with pytest.raises(Occupied):
        await held.live.enter(site("a"))
    moved = await held.live.enter(site("a"), take_over=True)
    assert await held.a.messages("taken_over") == [{"type": "taken_over"}]
    assert held.a.closed is not None and held.a.closed.code == 4410
    assert await held.live.bodies(f.SiteLeft) == [f.SiteLeft("a", held.a.id, "moved")]
    assert held.live.room.state.sites["a"].connection_id == moved.id
    await held.a.lose()
    await held.live.passes(GRACE_S)
    assert held.live.room.state.sites["a"].connection_id == moved.id


async def test_a_reload_finds_the_truth_and_asks_nothing(held: Held) -> None:
    await held.a.command("request_floor")
    await held.a.lose(cleanly=True)
    again = await held.live.enter(site("a"))
    welcome = (await again.messages("welcome"))[0]
    assert welcome["media_kept"] is False
    assert welcome["snapshot"]["sites"]["a"]["connection_id"] == again.id
    assert [request["site_id"] for request in welcome["snapshot"]["queue"]] == ["a"]


async def test_an_id_of_somebody_else_is_not_given_out(held: Held) -> None:
    with pytest.raises(Occupied):
        await held.live.enter(site("b"), previous=held.a.id)
    c = await held.live.enter(site("c"), previous=held.a.id)
    assert c.id != held.a.id


async def test_a_removed_site_is_told_and_gone(held: Held) -> None:
    await held.chair.command("remove_participant", site_id="a")
    assert await held.a.messages("goodbye") == [{"type": "goodbye", "reason": "removed"}]
    assert await held.live.bodies(f.SiteLeft) == [f.SiteLeft("a", held.a.id, "removed")]


async def test_who_may_come_in_and_as_what(held: Held) -> None:
    live = held.live
    assert (await live.enter(SECRETARY, role="hall")).connection.participant.role == "hall"
    for actor, hello in ((STRANGER, {}), (site("a"), {"role": "chair"}), (site("a"), {"role": "secretary"})):
        with pytest.raises(NoEntry) as refused:
            await live.enter(actor, **hello)
        assert refused.value.close_code == 4403
    with pytest.raises(NoEntry) as unknown:
        await live.hub.room("no-such-meeting")
    assert unknown.value.close_code == 4404


async def test_a_site_cannot_come_before_the_room_is_open(live: Live) -> None:
    with pytest.raises(NoEntry) as early:
        await live.enter(site("a"))
    assert early.value.close_code == 4403


async def test_handing_over_the_chair_changes_both_places(held: Held) -> None:
    await held.a.lose()
    deputy = await held.live.enter(DEPUTY)  # a person of unit a, at its site
    assert deputy.connection.participant.site_id == "a"
    await deputy.offer()
    await held.chair.command("hand_over_chair", person_id="deputy", site_id="a")
    now_chair = await held.live.enter(DEPUTY, previous=deputy.id)
    welcome = (await now_chair.messages("welcome"))[0]
    assert (welcome["role"], welcome["media_kept"]) == ("chair", True)
    assert "grant_floor" in welcome["may"]
    before = await held.live.enter(CHAIR, previous=held.chair.id)
    assert before.connection.participant.role == "site"
    assert before.connection.participant.site_id == "hq"
    await held.live.settle()
    assert held.live.worker.program.chair == deputy.id


async def test_the_welcome_shows_the_meeting_the_roster_and_who_was_there_last_time(held: Held) -> None:
    await held.a.command("report_head_count", head_count=2, people=[{"name": "Vàng Thị Mỷ", "post": "Chủ tịch"}])
    await held.a.lose()
    welcome = (await (await held.live.enter(site("a"))).messages("welcome"))[0]
    assert welcome["meeting"]["title"] == "Giao ban tháng 11"
    assert [item["id"] for item in welcome["meeting"]["items"]] == ["i1", "i2", "i3"]
    assert [entry["site_id"] for entry in welcome["roster"]] == ["hq", "a", "b", "c"]
    assert welcome["people"] == {"head_count": 2, "people": [{"name": "Vàng Thị Mỷ", "post": "Chủ tịch"}]}
    assert welcome["boot_id"] == "media-1 boot-1"


async def test_the_welcome_comes_before_what_was_said_to_all_meanwhile() -> None:
    outgoing = Outgoing()
    outgoing.send({"type": "connections"})
    outgoing.send_first({"type": "welcome"})
    outgoing.close(4000)
    said = [await outgoing.next() for _ in range(3)]
    assert said == ['{"type":"welcome"}', '{"type":"connections"}', Close(4000)]


async def test_a_reader_too_slow_is_cut_off(held: Held) -> None:
    for _ in range(5000):
        held.b.connection.outgoing.send({"type": "x" * 3000})
    await held.b.messages()
    assert held.b.closed is not None and held.b.closed.code == 4408
