"""A request climbs from a commune to the province and the floor comes down; links are lost and restored, as facts."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from scheduler.database import Database
from scheduler.linked.messages import Told, ToldSite
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.outbox import OutboxRow
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings import log
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.state import Link, State
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.scheduler.proceedings.planted import MEETING, a_meeting, plant_meeting
from tests.web.live.conftest import Live, Seat
from tests.web.live.test_workers import enter, hold
from web.link.errors import RefusedThere
from web.link.memory import MemoryLink
from web.live.hub import Hub
from web.live.missed import Behind, missed
from web.live.missed_parts import FETCH_MISSED
from web.live.presence import Hello
from web.media.fake import FakeMedia

CHILD = "meeting-2"
TOLD = Told("convened", "Giao ban", "", "", sites=(ToldSite("c", "Phòng họp", "xã C", "commune"),))


class Two:
    """A province and a district, each an installation; or (``local``) both rooms in one."""

    def __init__(self, province: Live, district: Live, link: MemoryLink | None) -> None:
        self.province, self.district, self.link = province, district, link
        self.chair: Seat
        self.district_chair: Seat
        self.commune: Seat

    @property
    def above(self) -> State:
        return self.province.hub.rooms[MEETING].state

    @property
    def below(self) -> State:
        return self.district.hub.rooms[CHILD].state

    @property
    def lives(self) -> list[Live]:
        return [self.province] if self.district is self.province else [self.province, self.district]

    @property
    def hubs(self) -> list[Hub]:
        return [live.hub for live in self.lives]

    async def passes(self, seconds: float = 0.5) -> None:
        for live in self.lives:
            live.seconds += seconds
            live.now += timedelta(seconds=seconds)
            await live.hub.tick()
        for _ in range(4):
            for hub in self.hubs:
                await hub.climbing.settle()
        for live in self.lives:
            await live.settle()

    async def district_facts(self) -> list[f.Body]:
        async with self.district.database.reading() as session:
            return [fact.body for fact in await log.facts_of(session, CHILD)]

    async def begin(self) -> None:
        self.chair = await hold(self.province, MEETING)
        await self.district.hub.opening.settle()
        room = self.district.hub.rooms.get(CHILD)
        is_open = room is not None and room.is_live  # in one installation it opens with the room above
        self.district_chair = await (enter(self.district, CHILD, "chair") if is_open else hold(self.district, CHILD))
        self.commune = await enter(self.district, CHILD, "c")
        await self.passes()

    async def climb(self) -> str:
        """The commune asks, the district forwards: the request's id."""
        await self.commune.command("request_floor", kind="question", speaker={"name": "Lù A Páo", "post": ""})
        request_id = self.below.queue[-1].request_id
        await self.district_chair.command("forward_request", request_ids=[request_id])
        await self.passes(0)
        return request_id


async def installation(path: Path, template: Path, name: str) -> Live:
    shutil.copy(template, path / f"{name}.db")
    database = opened(DatabaseSettings(f"sqlite+aiosqlite:///{path / name}.db"))
    await plant_meeting(database)
    async with database.transaction() as session:  # the commune attaches to the district's room
        await session.execute(delete(Attendee).where(Attendee.meeting_id == MEETING, Attendee.site_id == "c"))
    return Live(database, FakeMedia(), path / name)


async def add_child(database: Database, **above: str) -> None:
    async with database.transaction() as session:
        child = a_meeting("sent", record=True)
        child.id = CHILD
        for name, value in above.items():
            setattr(child, name, value)
        session.add(child)
        await session.flush()
        session.add(Attendee(meeting_id=CHILD, site_id="c", role="required"))


@pytest.fixture(params=["here", "there"])
async def two(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Two]:
    province = await installation(tmp_path, sqlite_template, "province")
    lives = [province]
    if request.param == "here":
        await add_child(province.database, parent_id=MEETING)
        made = Two(province, province, None)
    else:
        district = await installation(tmp_path, sqlite_template, "district")
        lives.append(district)
        await add_child(district.database, remote_parent_id=MEETING, remote_parent_node_id="province")
        async with province.database.transaction() as session:
            child = RemoteChild(parent_id=MEETING, unit_id="unit-a", node_id="district", meeting_id=CHILD)
            child.told_json = json.dumps(asdict(TOLD))
            session.add(child)
        made = Two(province, district, None)
    for live in lives:
        await live.start()
        live.media.return_()
        await live.settle()
    if request.param == "there":
        channels = made.district.hub.links._channel, made.province.hub.links._channel
        made.link = MemoryLink(("district", channels[0]), ("province", channels[1]))
    try:
        await made.begin()
        yield made
    finally:
        for live in lives:
            await live.hub.stop()
            await live.database.dispose()


def only(state: State) -> Link:
    (link,) = state.links
    return link


async def test_both_rooms_say_that_they_are_linked(two: Two) -> None:
    assert (only(two.above).meeting_id, only(two.above).side, only(two.above).status) == (CHILD, "lower", "open")
    assert (only(two.below).meeting_id, only(two.below).side, only(two.below).status) == (MEETING, "upper", "open")
    assert only(two.below).title == "Giao ban tháng 11"


async def test_a_request_climbs_and_the_floor_comes_down_and_goes_back(two: Two) -> None:
    request_id = await two.climb()
    (waiting,) = two.above.queue
    assert (waiting.request_id, waiting.site_id, waiting.kind) == (request_id, "c", "question")
    assert waiting.origin is not None and waiting.origin.meeting_id == CHILD
    assert waiting.speaker == f.Somebody("Lù A Páo")
    assert waiting.origin.path[0] == waiting.origin.site_name != ""
    assert two.below.queue[0].forwarded == "waiting"
    await two.chair.command("grant_next")
    await two.passes(0)
    assert two.above.floor is not None and two.below.floor is not None
    assert two.above.floor.speech_id == two.below.floor.speech_id
    assert (two.above.floor.site_id, two.below.floor.site_id, two.below.floor.from_above) == ("c", "c", True)
    await two.chair.command("extend_time", by_s=60)
    await two.passes(0)
    assert two.below.floor.limit_s == two.above.floor.limit_s == 360
    await two.commune.command("return_floor")
    await two.passes(0)
    assert two.above.floor is None and [s.ended_at is not None for s in two.above.speeches] == [True]


async def test_the_chair_above_ends_the_speech_below(two: Two) -> None:
    await two.climb()
    await two.chair.command("grant_next")
    await two.passes(0)
    await two.chair.command("revoke_floor")
    await two.passes(0)
    assert two.below.floor is None and len(two.below.speeches) == 1


async def test_an_answer_in_words_comes_down_to_who_asked(two: Two) -> None:
    request_id = await two.climb()
    await two.chair.command("answer_request", request_id=request_id, text="Sở sẽ trả lời bằng văn bản.")
    await two.passes(0)
    assert two.below.queue == ()
    assert [(answer.site_id, answer.text) for answer in two.below.answers] == [("c", "Sở sẽ trả lời bằng văn bản.")]


async def test_who_withdraws_below_leaves_the_queue_above(two: Two) -> None:
    request_id = await two.climb()
    await two.commune.command("withdraw_request", request_id=request_id)
    await two.passes(0)
    assert two.above.queue == two.below.queue == ()


async def test_a_request_put_out_of_the_queue_above_is_the_districts_again(two: Two) -> None:
    request_id = await two.climb()
    await two.chair.command("withdraw_request", request_id=request_id)
    await two.passes(0)
    assert [request.forwarded for request in two.below.queue] == ["no"]


async def test_while_linked_the_floor_is_the_upper_rooms(two: Two) -> None:
    with pytest.raises(Refused, match="floor_above"):
        await two.district_chair.command("grant_floor", site_id="c")
    await two.district_chair.command("leave_program")
    assert two.district.hub.rooms[CHILD].media.follows is False
    await two.district_chair.command("grant_floor", site_id="c")
    await two.district_chair.command("rejoin_program")
    assert two.below.floor is None and two.district.hub.rooms[CHILD].media.follows is True
    request_id = await two.climb()
    await two.district_chair.command("leave_program")
    await two.chair.command("grant_next")  # nobody there to give it on
    await two.passes(0)
    assert two.above.floor is None
    assert [request.request_id for request in two.below.queue] == [request_id]


async def test_the_upper_meeting_ends_and_the_lower_one_goes_on(two: Two) -> None:
    await two.climb()
    await two.chair.command("adjourn")
    await two.passes(0)
    assert two.below.links == () and two.below.stage == "convened"
    assert [request.forwarded for request in two.below.queue] == ["no"]
    await two.district_chair.command("grant_floor", site_id="c")


@pytest.mark.parametrize("two", ["there"], indirect=True)
async def test_a_cut_and_what_both_sides_do_meanwhile(two: Two) -> None:
    assert two.link is not None
    request_id = await two.climb()
    two.link.cut()
    await two.passes(0)  # within the same moment, not at the next beat
    assert only(two.above).status == only(two.below).status == "lost"
    with pytest.raises(Refused, match="not_present"):
        await two.chair.command("grant_floor", site_id="c")
    with pytest.raises(Refused, match="not_linked"):
        await two.district_chair.command("leave_program")
    await two.district_chair.command("grant_floor", site_id="c")  # its own master
    await two.chair.command("withdraw_request", request_id=request_id)
    await two.passes(360)
    two.link.restore()
    await two.passes()
    await two.passes(3)
    assert only(two.above).status == only(two.below).status == "open"
    restored = [body for body in await two.district_facts() if isinstance(body, f.LinkRestored)]
    assert [body.lost_s for body in restored] == [360]
    (job,) = await fetches(two)
    assert (job["meeting_id"], job["above"], job["node"]) == (CHILD, MEETING, "province")
    assert job["end_ms"] - job["begin_ms"] == 365_000


async def fetches(two: Two) -> list[dict[str, Any]]:
    """What is to be fetched of recordings above."""
    async with two.district.database.reading() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.kind == FETCH_MISSED))
        return [json.loads(row.payload_json) for row in rows]


@pytest.mark.parametrize("two", ["there"], indirect=True)
async def test_a_restart_that_only_the_upper_room_noticed(two: Two) -> None:
    assert two.link is not None
    above = two.province.hub.rooms[MEETING]
    async with above.lock:
        await above.append([f.LinkLost(CHILD, "restarting")], f.By())
    two.link.cut()
    two.link.restore()  # before the lower room has seen it
    await two.passes()
    await two.passes(3)
    assert only(two.above).status == only(two.below).status == "open"


@pytest.mark.parametrize("two", ["there"], indirect=True)
async def test_cut_off_a_room_goes_on_under_its_deputy(two: Two) -> None:
    assert two.link is not None
    district, room = two.district, two.district.hub.rooms[CHILD]
    async with district.database.transaction() as session:
        (await session.get_one(Meeting, CHILD)).deputy_person_id = "deputy"
    await room.reload_plan()
    await district.hub.enter(CHILD, Actor(person_id="deputy"), "vi", Hello())
    await room.presence.leave(two.district_chair.connection, cleanly=True)  # he sits in the room above
    await two.passes(0)
    assert two.below.chair_person_id == "chair"
    two.link.cut()
    await two.passes(0)  # within the same moment
    assert (two.below.chair_person_id, two.below.chair_site_id) == ("deputy", "hq")
    two.link.restore()
    await two.passes()
    assert (two.below.chair_person_id, two.below.absent_chair) == ("chair", None)
    said = [type(body) for body in await two.district_facts()]
    assert (
        said.index(f.LinkLost) < said.index(f.DeputyPresided) < said.index(f.LinkRestored) < said.index(f.ChairResumed)
    )


@pytest.mark.parametrize("two", ["there"], indirect=True)
async def test_nobody_speaks_for_a_room_that_is_not_his(two: Two) -> None:
    """What a hostile installation may ask of another: nothing that the tree does not give it."""
    district, province = two.district.hub.links._channel, two.province.hub.links._channel
    request: dict[str, Any] = {
        "request_id": "r", "site_id": "x", "kind": "speech", "site_name": "X", "path": ["X"], "asked_at": "",
        "speaker": None,
    }  # fmt: skip
    body = {"meeting": MEETING, "child": CHILD, "request": {**request, "asked_at": "2026-11-05T07:00:00.000Z"}}
    for wrong, code in (
        ({**body, "child": "another"}, "not_allowed"),
        ({**body, "meeting": CHILD}, "not_allowed"),
        ({**body, "meeting": 7}, "bad_request"),
        ({**body, "request": {**request, "site_id": "a", "asked_at": "x"}}, "own_site"),
        ({**body, "request": {**request, "path": ["x"] * 13, "asked_at": "x"}}, "bad_request"),
        ({**body, "request": {**request, "site_name": "x" * 201, "asked_at": "x"}}, "bad_request"),
        ({**body, "request": {"more": 1}}, "bad_request"),
        ({**body, "request": {**request, "asked_at": "x"}}, "unknown_site"),  # of another district, say
        ({**body, "request": None}, "bad_request"),
    ):
        with pytest.raises(RefusedThere) as refused:
            await district.request("province", "floor.forward", wrong)
        assert refused.value.code == code
    assert two.above.queue == ()
    grant = {"meeting": MEETING, "child": CHILD, "request_id": "r", "speech_id": "s", "limit_s": 0}
    for kind, wrong, code in (
        ("floor.grant", grant, "gone"),
        ("floor.grant", {**grant, "meeting": "another"}, "not_open"),
        ("floor.grant", {**grant, "limit_s": -1}, "bad_request"),
        ("floor.grant", {**grant, "limit_s": True}, "bad_request"),
        ("floor.unheard", grant, "unknown_kind"),
    ):
        with pytest.raises(RefusedThere) as refused:
            await province.request("district", kind, wrong)
        assert refused.value.code == code
    assert two.below.floor is None


def test_what_was_missed() -> None:
    log_id, at = f.LogId("province", MEETING, 1), "2026-11-05T08:00:00.000Z"
    bodies: list[f.Body] = [f.ItemOpened("i2"), f.FloorGranted("s2", "b"), f.FloorReturned("s2")]
    facts = [f.Fact(str(seq), log_id, seq, "", at, f.By(), body, "") for seq, body in enumerate(bodies, 3)]
    behind = Behind(MEETING, {log_id: 2}, {log_id: 5}, 360)
    assert missed(behind, facts) == f.CaughtUp(MEETING, 360, ("i2",), 1, 3)
