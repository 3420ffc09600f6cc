"""Stories of a room: opened, held, recorded, ended; what is told to whom, and what is refused."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from scheduler.meetings.meeting import Meeting
from scheduler.meetings.paper import Paper
from scheduler.outbox import OutboxRow
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING
from tests.web.live.conftest import CHAIR, SECRETARY, Held, Live, site
from web.live.errors import MeetingOver, NoEntry

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


async def test_only_facts_that_leave_work_wake_the_jobs(held: Held) -> None:
    assert held.live.room.state.recording == "on"
    await held.a.command("report_head_count", head_count=3, people=[])
    assert held.live.committed == 0, "whoever enters or asks leaves nothing in the outbox"
    await held.chair.command("adjourn")
    assert held.live.committed == 1


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
