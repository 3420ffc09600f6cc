"""The chair goes to a site of a room below and leads from there; back, when asked, or when the line is cut."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import update

from scheduler.linked.messages import ToldSite
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.attendee import Attendee
from scheduler.organization.site import Site
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING, a_meeting, a_unit
from tests.web.live import test_climbing
from tests.web.live.conftest import Seat
from tests.web.live.test_climbing import CHILD, TOLD, Two
from tests.web.live.test_workers import hold
from web.link.errors import RefusedThere
from web.live.errors import NoEntry
from web.live.presence import Hello

linked = test_climbing.two  # a fixture
LEADER = Actor(person_id="deputy", post_unit_ids=frozenset({"unit-c"}))


async def passes(two: Two, seconds: float = 0.5) -> None:
    await two.passes(seconds)
    for _ in range(4):
        for hub in two.hubs:
            await hub.chairing.settle()
    await two.passes(0)


async def sit_down(two: Two) -> Seat:
    """The commune's leader logs in at its machine, in the place of its link."""
    room, connection = await two.district.hub.enter(CHILD, LEADER, "vi", Hello(take_over=True))
    return Seat(two.district, room, connection)


@pytest.fixture
async def two(linked: Two) -> Two:
    async with linked.province.database.transaction() as session:
        await session.execute(update(RemoteChild).values(state="accepted"))
    return linked


async def lent(two: Two) -> Seat:
    leader = await sit_down(two)
    await two.chair.command("lend_chair", site_id="c")
    await passes(two)
    return leader


async def above(two: Two, leader: Seat, name: str, **args: Any) -> dict[str, Any]:
    reply = await two.district.hub.chairing.desk.command(leader.room, leader.connection, name, args)
    await passes(two, 0)
    return reply


def of_there(two: Two) -> str:
    return "deputy" if two.link is None else "deputy@district"


async def test_it_is_lent_and_leads_from_below(two: Two) -> None:
    leader = await lent(two)
    assert (two.above.chair_person_id, two.above.chair_site_id) == (of_there(two), "c")
    assert two.above.far_chair is not None and two.above.far_chair.chair.name == "Vàng Văn Sính"
    assert two.below.chair_above is not None
    assert (two.below.chair_above.site_id, two.below.chair_above.person_id) == ("c", "deputy")
    assert two.province.worker.program.chair == "c", "on air for all, by its name over the link"
    assert two.province.worker.audible == ["c"]
    await above(two, leader, "suspend", reason="giải lao")
    assert two.above.stage == "suspended"
    (fact,) = [fact for fact in await two.province.facts() if isinstance(fact.body, f.Suspended)]
    assert (fact.by.person_id, fact.by.site_id) == (of_there(two), "c")
    await above(two, leader, "resume")
    with pytest.raises(Refused, match="not_allowed"):
        await two.chair.command("change_mode", mode="discussion")


async def test_he_sees_the_room_above_and_gives_the_floor(two: Two) -> None:
    leader = await lent(two)
    first = (await leader.messages("desk"))[-1]
    assert {"grant_next", "return_chair", "open_item"} <= set(first["desk"]["may"])
    assert [item["id"] for item in first["desk"]["items"]] == ["i1", "i2", "i3"]
    said = len(await leader.messages("desk"))
    await passes(two)
    await passes(two)
    assert len(await leader.messages("desk")) == said, "told again only when something changed"
    await above(two, leader, "open_item", item_id="i2")
    await passes(two)
    desk = (await leader.messages("desk"))[-1]["desk"]
    assert [item["status"] for item in desk["items"]] == ["waiting", "open", "waiting"]


async def test_he_gives_it_back_and_the_province_takes_it_back(two: Two) -> None:
    leader = await lent(two)
    await above(two, leader, "return_chair")
    assert (two.above.chair_person_id, two.above.far_chair) == ("chair", None)
    assert two.below.chair_above is None
    assert (await leader.messages("desk"))[-1]["desk"] is None
    with pytest.raises(Refused, match="chair_not_lent"):
        await above(two, leader, "grant_next")
    await two.chair.command("lend_chair", site_id="c")
    await passes(two)
    await two.chair.command("return_chair")  # who lent it has it back at any time
    await passes(two)
    assert two.above.chair_person_id == "chair" and two.below.chair_above is None


async def test_to_whom_it_is_not_lent(two: Two) -> None:
    with pytest.raises(Refused, match="nobody_logged_in"):  # the site's shared link is nobody
        await two.chair.command("lend_chair", site_id="c")
    with pytest.raises(Refused, match="unknown_site"):
        await two.chair.command("lend_chair", site_id="nowhere")
    with pytest.raises(Refused, match="not_below"):
        await two.chair.command("lend_chair", site_id="b")
    with pytest.raises(Refused, match="not_allowed"):
        await two.commune.command("lend_chair", site_id="c")
    await sit_down(two)
    await two.district_chair.command("leave_program")
    with pytest.raises(Refused, match="away"):
        await two.chair.command("lend_chair", site_id="c")


async def test_only_he_gives_commands_and_only_those_of_a_chair(two: Two) -> None:
    leader = await lent(two)
    with pytest.raises(Refused, match="chair_not_lent"):
        await above(two, two.district_chair, "grant_next")
    for name, args in (("hand_over_chair", {"person_id": "deputy", "site_id": "c"}), ("start_recording", {})):
        with pytest.raises(Refused, match="only_there"):
            await above(two, leader, name, **args)
    with pytest.raises(Refused, match="not_in_queue"):
        await above(two, leader, "grant_next")
    with pytest.raises(Refused, match="chairs_above"):
        await two.district_chair.command("leave_program")


async def test_a_room_below_that_ends_gives_it_back(two: Two) -> None:
    await lent(two)
    await two.district_chair.command("adjourn")
    await passes(two)
    await passes(two)
    assert (two.above.chair_person_id, two.above.far_chair) == ("chair", None)


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_cut_off_the_province_goes_on_and_he_has_it_again(two: Two) -> None:
    assert two.link is not None
    leader = await lent(two)
    two.link.cut()
    await passes(two, 0)
    await passes(two)
    assert (two.above.chair_person_id, two.above.chair_site_id) == ("chair", "hq")
    assert two.province.worker.program.chair == two.chair.id
    with pytest.raises(Refused, match="not_linked"):
        await above(two, leader, "grant_next")
    await two.chair.command("change_mode", mode="discussion")
    two.link.restore()
    await passes(two)
    await passes(two, 3)
    assert (two.above.chair_person_id, two.above.absent_chair) == ("deputy@district", None)
    assert two.below.chair_above is not None
    await above(two, leader, "change_mode", mode="one_speaker")
    assert two.above.mode == "one_speaker"


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_taken_back_during_the_cut_he_learns_it_when_the_link_is_back(two: Two) -> None:
    assert two.link is not None
    await lent(two)
    two.link.cut()
    await passes(two)
    await two.chair.command("return_chair")
    assert two.above.far_chair is None
    two.link.restore()
    await passes(two)
    await passes(two, 3)
    assert two.below.chair_above is None and two.above.chair_person_id == "chair"


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_a_child_that_claims_the_chair_without_the_fact_is_refused(two: Two) -> None:
    below, upper = two.district.hub.links._channel, two.province.hub.links._channel
    claim: dict[str, Any] = {"meeting": MEETING, "child": CHILD, "site": "c", "person": "deputy", "name": "adjourn"}

    async def refused(body: dict[str, Any], kind: str = "chair.command") -> str:
        with pytest.raises(RefusedThere) as error:
            await below.request("province", kind, body)
        return error.value.code

    assert await refused(claim) == await refused(claim, "chair.desk") == "chair_not_lent"
    assert await refused({**claim, "site": "hq", "person": "chair"}) == "chair_not_lent", "nor for who has it here"
    await lent(two)
    wrong: dict[str, Any]
    for wrong in ({"site": "hq"}, {"site": "a"}, {"person": "chair"}, {"person": "deputy@district"}):
        assert await refused({**claim, **wrong}) == "chair_not_lent"
    for wrong, code in (
        ({"child": "another"}, "not_allowed"), ({"meeting": CHILD}, "not_allowed"), ({"person": ""}, "bad_request"),
        ({"person": 7}, "bad_request"), ({"site": None}, "bad_request"), ({"name": "unheard_of"}, "bad_arguments"),
        ({"name": "appoint_secretary", "args": {"person_id": "x"}}, "only_there"), ({"args": 7}, "bad_arguments"),
    ):  # fmt: skip
        assert await refused({**claim, **wrong}) == code
    assert await refused(claim, "chair.unheard") == "unknown_kind"
    assert two.above.stage == "convened"
    for kind, wrong, code in (
        ("chair.lent", {"meeting": "another"}, "not_open"), ("chair.lent", {"person": "chair"}, "nobody_logged_in"),
        ("chair.lent", {"site": "nowhere"}, "unknown_site"), ("chair.sits", {"hops": 99}, "bad_request"),
        ("chair.over", {"child": "another"}, "not_open"),
    ):  # fmt: skip
        with pytest.raises(RefusedThere) as error:
            await upper.request("district", kind, {**claim, **wrong})
        assert error.value.code == code


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_one_named_like_our_own_people_is_not_one_of_them(two: Two) -> None:
    """A hostile room says that our secretary sits there: the fact names somebody of that installation."""
    await lent(two)
    assert two.above.chair_person_id == "deputy@district"
    with pytest.raises(NoEntry):
        await two.province.hub.enter(MEETING, Actor(person_id="deputy"), "vi", Hello())


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_an_older_installation_is_not_lent_the_chair(two: Two) -> None:
    await sit_down(two)
    del two.district.hub.links._channel._handlers["chair.*"]
    with pytest.raises(Refused, match="far_old"):
        await two.chair.command("lend_chair", site_id="c")
    assert two.above.far_chair is None


GRANDCHILD = "meeting-3"


async def third_level(two: Two) -> Seat:
    """Below the district's room a room of a group of communes, with a site of its own; its leader is there."""
    async with two.district.database.transaction() as session:
        session.add(a_unit("d", 4))
        await session.flush()
        session.add(Site(id="d", unit_id="unit-d", name="Phòng họp d", protocol_order=4))
        room = a_meeting("sent", record=False)
        room.id, room.parent_id = GRANDCHILD, CHILD
        session.add(room)
        await session.flush()
        session.add(Attendee(meeting_id=GRANDCHILD, site_id="d", role="required"))
    if two.link is not None:
        told = replace(TOLD, sites=(*TOLD.sites, ToldSite("d", "Phòng họp", "xã D", "commune")))
        async with two.province.database.transaction() as session:
            await session.execute(update(RemoteChild).values(told_json=json.dumps(asdict(told))))
    await hold(two.district, GRANDCHILD)
    await passes(two)
    actor = Actor(person_id="deputy", post_unit_ids=frozenset({"unit-d"}))
    room_of_d, connection = await two.district.hub.enter(GRANDCHILD, actor, "vi", Hello())
    return Seat(two.district, room_of_d, connection)


async def test_through_a_room_between(two: Two) -> None:
    leader = await third_level(two)
    await two.chair.command("lend_chair", site_id="d")
    await passes(two)
    between, lowest = two.below.chair_above, leader.room.state.chair_above
    assert between is not None and (between.through, between.meeting_id) == (GRANDCHILD, MEETING)
    assert lowest is not None and (lowest.through, lowest.meeting_id) == (None, CHILD)
    assert two.above.chair_site_id == "d"
    await passes(two)
    assert (await leader.messages("desk"))[-1]["desk"]["title"] == "Giao ban tháng 11"
    await above(two, leader, "change_mode", mode="discussion")
    assert (two.above.mode, two.below.mode) == ("discussion", "one_speaker")
    await above(two, leader, "return_chair")
    await passes(two)
    assert two.above.chair_person_id == "chair"
    assert two.below.chair_above is None and leader.room.state.chair_above is None


async def test_what_is_lost_between_brings_the_chair_home(two: Two) -> None:
    leader = await third_level(two)
    await two.chair.command("lend_chair", site_id="d")
    await passes(two)
    between = two.district.hub.rooms[CHILD]
    async with between.lock:
        await between.append([f.LinkLost(GRANDCHILD, "silent")], f.By())
    await passes(two, 0)
    assert between.state.chair_above is None
    assert (two.above.chair_person_id, two.above.far_chair) == ("chair", None)
    with pytest.raises(Refused, match=r"chair_not_lent|not_linked"):
        await above(two, leader, "adjourn")
    assert two.above.stage == "convened"
