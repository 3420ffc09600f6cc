"""Stories of a room: opened, held, recorded; people come, are cut off, move, are sent away."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.outbox import OutboxRow
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING
from tests.web.live.conftest import CHAIR, DEPUTY, SECRETARY, STRANGER, Held, Live, site
from web.live.connection import Close, Outgoing
from web.live.errors import Closing, MeetingOver, NoEntry, Occupied
from web.live.presence import FLOOR_KEPT_S, GRACE_S
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


async def test_the_room_opens_for_tests_and_nothing_is_recorded(live: Live) -> None:
    chair = await live.enter(CHAIR)
    assert await live.facts() == []
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    bodies = await live.bodies()
    assert bodies[0] == f.TestingOpened(("a", "b", "c"), "chair", "hq", "secretary", "one_speaker", ("i1", "i2", "i3"))
    assert bodies[1] == f.SiteJoined("hq", chair.id)
    a = await live.enter(site("a"))
    await a.offer()
    assert live.worker.recording == "off" and live.worker.peers == {a.id: "a"}


async def test_facts_are_told_to_everybody_in_order_once_durable(held: Held) -> None:
    await held.chair.command("grant_floor", site_id="a")
    told = [fact for message in await held.b.messages("facts") for fact in message["facts"]]
    durable = await held.live.facts()
    welcome = (await held.b.messages("welcome"))[0]
    (cursor,) = welcome["cursor"].values()
    assert [fact["seq"] for fact in told] == [fact.seq for fact in durable[cursor:]]
    assert told[-1]["type"] == "FloorGranted"
    assert told[-1]["hash"] == durable[-1].hash
    assert held.live.committed > 0


async def test_moi_phat_bieu_opens_one_microphone_and_puts_it_on_air(held: Held) -> None:
    await held.a.command("request_floor")
    await held.b.command("request_floor")
    await held.secretary.command("grant_floor", site_id="a")
    await held.live.settle()
    assert held.live.worker.program.floor == held.a.id
    assert held.live.worker.audible == sorted([held.a.id, held.chair.id])
    await held.secretary.command("grant_next")
    await held.live.settle()
    assert held.live.worker.program.floor == held.b.id
    (granted, _) = [fact for fact in await held.live.facts() if isinstance(fact.body, f.FloorGranted)]
    assert granted.by == f.By("secretary", None, "chair")


async def test_the_recording_follows_the_facts(held: Held) -> None:
    live = held.live
    (started,) = await live.bodies(f.RecordingStarted)
    assert isinstance(started, f.RecordingStarted)
    assert live.worker.recording == "on"
    assert live.worker.directory == str(live.captures / started.recording_id)
    for command, state in (("suspend", "paused"), ("resume", "on"), ("pause_recording", "paused")):
        await held.chair.command(command)
        await live.settle()
        assert live.worker.recording == state
    await held.chair.command("resume_recording")
    await held.chair.command("adjourn")
    await live.settle()
    assert ("record", "stop", started.recording_id) in live.media.asked
    assert live.media.rooms == {}
    async with live.database.reading() as session:
        (job,) = (await session.scalars(select(OutboxRow))).all()
        payload = {"meeting_id": MEETING, "recording_id": started.recording_id}
        assert (job.kind, json.loads(job.payload_json)) == ("finish_recording", payload)
        assert (await session.get_one(Meeting, MEETING)).stage == "adjourned"


async def test_a_recording_left_off_is_started_during_the_meeting(live: Live) -> None:
    async with live.database.transaction() as session:
        (await session.get_one(Meeting, MEETING)).record = False
    secretary, chair = await live.enter(SECRETARY), await live.enter(CHAIR)
    await secretary.command("open_testing")
    await chair.command("convene")
    await live.settle()
    assert live.worker.recording == "off"
    await secretary.command("start_recording")
    await live.settle()
    (started,) = await live.bodies(f.RecordingStarted)
    assert isinstance(started, f.RecordingStarted)
    assert (live.worker.recording, live.worker.recording_id) == ("on", started.recording_id)
    with pytest.raises(Refused, match="already"):
        await chair.command("start_recording")


async def test_a_state_secret_is_never_recorded(live: Live) -> None:
    async with live.database.transaction() as session:
        (await session.get_one(Meeting, MEETING)).security_marking = "mat"
    secretary, chair = await live.enter(SECRETARY), await live.enter(CHAIR)
    await secretary.command("open_testing")
    await chair.command("convene")
    with pytest.raises(Refused, match="no_recording"):
        await chair.command("start_recording")
    await live.settle()
    assert live.worker.recording == "off"
    assert await live.bodies(f.RecordingStarted) == []


async def test_at_the_end_everybody_is_told_and_presence_is_closed(held: Held) -> None:
    await held.chair.command("adjourn")
    assert await held.a.messages("goodbye") == [{"type": "goodbye", "reason": "ended"}]
    assert held.a.closed is not None and held.a.closed.code == 1000
    seats = {"hq": held.chair.id, "a": held.a.id, "b": held.b.id}
    left = set(await held.live.bodies(f.SiteLeft))
    assert left == {f.SiteLeft(site_id, connection_id, "left") for site_id, connection_id in seats.items()}
    await held.live.passes(1)
    assert held.live.hub.rooms == {}
    with pytest.raises(MeetingOver):
        await held.live.enter(CHAIR)


async def test_refusals_change_nothing(held: Held) -> None:
    before = await held.live.facts()
    for seat, name, args, code in (
        (held.a, "grant_floor", {"site_id": "b"}, "not_allowed"),
        (held.chair, "resume", {}, "wrong_stage"),
        (held.chair, "hand_over_chair", {"person_id": "nobody", "site_id": "a"}, "bad_arguments"),
        (held.chair, "assign_task", {"what": "x", "lead_unit_id": "no-unit"}, "bad_arguments"),
        (held.chair, "steal", {}, "bad_arguments"),
    ):
        with pytest.raises(Refused) as refused:
            await seat.command(name, **args)
        assert refused.value.code == code
    assert await held.live.facts() == before


async def test_commands_in_the_same_moment_are_taken_one_by_one(held: Held) -> None:
    results = await asyncio.gather(
        *(seat.command("request_floor") for seat in (held.a, held.b, held.a, held.b)), return_exceptions=True
    )
    assert [isinstance(result, Refused) for result in results] == [False, False, True, True]
    assert len(held.live.room.state.queue) == 2


# -- coming, going, moving ----------------------------------------------------------------------------------------


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


# -- media --------------------------------------------------------------------------------------------------------


async def test_what_the_worker_reports_is_passed_on(held: Held) -> None:
    live = held.live
    slots = (SlotShown("3", held.chair.id, "hq", "camera", False), SlotShown("4", None, None, "camera", True))
    live.happens(live.media, SlotsChanged(MEETING, held.a.id, slots))
    live.happens(live.media, EncodingsWanted(MEETING, held.a.id, ("q",)))
    live.happens(live.media, ActiveSpeakerChanged(MEETING, held.b.id, (held.b.id,)))
    await live.settle()
    live.room.media.report(held.b.connection, 0.2, 1500)
    await live.passes(2)
    assert (await held.a.messages("slots"))[-1]["slots"] == [
        {"mid": "3", "site_id": "hq", "source": "camera", "paused": False},
        {"mid": "4", "site_id": None, "source": "camera", "paused": True},
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


# -- faults -------------------------------------------------------------------------------------------------------


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
    assert held.live.room.state.recording == "interrupted"
    assert held.live.room.state.stage == "convened"
    held.live.media.mend_disk(MEETING)
    await held.live.settle()
    assert held.live.room.state.recording == "on"


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
    assert live.room.state.queue == ()
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


async def test_a_cancelled_meeting_sends_everybody_home(live: Live) -> None:
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    async with live.database.transaction() as session:
        meeting = await session.get_one(Meeting, MEETING)
        meeting.stage = "postponed"
    await live.hub.plan_changed(MEETING)
    assert (await secretary.messages("goodbye"))[-1]["reason"] == "ended"
    assert live.hub.rooms == {}


async def test_a_meeting_postponed_from_its_tests_opens_again_on_the_new_day(live: Live) -> None:
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    chair, a = await live.enter(CHAIR), await live.enter(site("a"))
    await chair.command("grant_floor", site_id="a")
    async with live.database.transaction() as session:
        meeting = await session.get_one(Meeting, MEETING)
        meeting.stage, meeting.starts_at = "sent", meeting.starts_at + timedelta(days=1)
    await live.hub.plan_changed(MEETING)
    assert (await a.messages("goodbye"))[-1]["reason"] == "ended"
    assert set(await live.bodies(f.SiteLeft)) == {f.SiteLeft("hq", chair.id, "left"), f.SiteLeft("a", a.id, "left")}
    live.now += timedelta(days=1)
    with pytest.raises(NoEntry):
        await live.enter(site("a"))
    again = await live.enter(SECRETARY)
    snapshot = (await again.messages("welcome"))[0]["snapshot"]
    assert (snapshot["stage"], snapshot["floor"]) == ("waiting", None)
    assert all(one["connection_id"] is None for one in snapshot["sites"].values())
    with pytest.raises(Refused, match="wrong_stage"):
        await again.command("convene")
    await again.command("open_testing")
    chair, b = await live.enter(CHAIR), await live.enter(site("b"))
    await b.offer()
    await chair.command("convene")
    await chair.command("call_roll")
    (roll,) = await live.bodies(f.RollCalled)
    assert isinstance(roll, f.RollCalled)
    assert (roll.present, roll.absent) == (("b",), ("a", "c"))
    assert [type(body) for body in await live.bodies(f.TestingOpened, f.Convened)] == [
        f.TestingOpened, f.TestingOpened, f.Convened,
    ]  # fmt: skip


async def test_a_paper_that_comes_in_during_the_meeting_reaches_everybody_and_can_be_shown(held: Held) -> None:
    paper = Paper(
        id="p9", meeting_id=MEETING, title="Tờ trình bổ sung", file_name="to-trinh.pdf", media_type="application/pdf",
        size_bytes=9, sha256="0" * 64, pdf_sha256="0" * 64, page_count=2, not_secret=True, uploaded_by="secretary",
        uploaded_at=held.live.now,
    )  # fmt: skip
    async with held.live.database.transaction() as session:
        session.add(paper)
    await held.live.hub.plan_changed(MEETING)
    for seat in (held.chair, held.a, held.b):
        (plan,) = await seat.messages("plan")
        assert [one["title"] for one in plan["meeting"]["papers"]] == ["Tờ trình bổ sung"]
        assert plan["meeting"]["papers"][0]["viewable"] is True
        assert plan["meeting"].keys() == (await seat.messages("welcome"))[0]["meeting"].keys()
    await held.chair.command("show_paper", paper_id="p9", page=2)
    assert held.live.room.state.paper is not None
    await held.live.hub.plan_changed("no room is open")


async def test_a_correction_is_appended_after_the_meeting(held: Held) -> None:
    await held.chair.command("adjourn")
    corrected = f.Corrected("fact-1", "head_count", "3", "4", "đếm nhầm")
    (fact,) = await held.live.hub.append(MEETING, [corrected], f.By("secretary"))
    assert (await held.live.facts())[-1] == fact


async def test_hop_khan_opens_the_room_without_a_socket(live: Live) -> None:
    with pytest.raises(Refused):
        await live.hub.open_testing(MEETING, "stranger")
    await live.hub.open_testing(MEETING, "secretary")
    assert live.room.state.stage == "testing"
