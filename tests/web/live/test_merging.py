"""Merged requests climb with the names of all for whom one speaks; answer, floor and refusal reach every one."""

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
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING, a_unit
from tests.web.live import test_climbing
from tests.web.live.conftest import Seat
from tests.web.live.test_chairing import GRANDCHILD, third_level
from tests.web.live.test_climbing import CHILD, TOLD, Two
from tests.web.live.test_workers import enter
from web.link.errors import RefusedThere

linked = test_climbing.two  # a fixture


class Several:
    """Communes c, d and e of the district, all of whom ask to speak; commune a of the province's own room."""

    def __init__(self, two: Two, communes: dict[str, Seat], own: Seat) -> None:
        self.two, self.communes, self.own = two, communes, own
        self.ids: dict[str, str] = {}

    async def ask(self, *sites: str) -> None:
        for site_id in sites:
            await self.communes[site_id].command("request_floor")
            self.ids[site_id] = self.two.below.queue[-1].request_id

    async def forward(self, *sites: str) -> None:
        await self.two.district_chair.command("forward_request", request_ids=[self.ids[one] for one in sites])
        await self.passes()

    async def chair(self, name: str, **args: Any) -> None:
        await self.two.chair.command(name, **args)
        await self.passes()

    async def passes(self, seconds: float = 0) -> None:
        await self.two.passes(seconds)

    def answers(self) -> dict[str, str]:
        return {answer.site_id: answer.text for answer in self.two.below.answers}


@pytest.fixture
async def several(linked: Two) -> Several:
    async with linked.district.database.transaction() as session:
        for order, site_id in enumerate(("d", "e"), 4):
            session.add(a_unit(site_id, order))
            await session.flush()
            session.add(Site(id=site_id, unit_id=f"unit-{site_id}", name=f"Phòng {site_id}", protocol_order=order))
            await session.flush()
            session.add(Attendee(meeting_id=CHILD, site_id=site_id, role="required"))
    told = replace(TOLD, sites=(*TOLD.sites, *(ToldSite(one, "Phòng", f"xã {one}", "commune") for one in ("d", "e"))))
    async with linked.province.database.transaction() as session:
        await session.execute(update(RemoteChild).values(told_json=json.dumps(asdict(told))))
    communes = {site_id: await enter(linked.district, CHILD, site_id) for site_id in ("d", "e")}
    made = Several(linked, {"c": linked.commune, **communes}, await enter(linked.province, MEETING, "a"))
    await made.ask("c", "d", "e")
    return made


async def test_they_climb_with_their_names(several: Several) -> None:
    await several.forward("c", "d", "e")
    (waiting,) = several.two.above.queue
    assert (waiting.request_id, waiting.site_id) == (several.ids["c"], "c")
    assert [one.site_id for one in waiting.merged] == ["d", "e"]
    assert all(one.origin and one.origin.path[0] == one.origin.site_name != "" for one in waiting.merged)
    assert [(one.forwarded, len(one.merged)) for one in several.two.below.queue] == [("waiting", 2)]
    said = [type(fact.body) for fact in await several.two.province.facts()]
    assert said.count(f.FloorClimbed) == 3 and said.count(f.RequestsMerged) == 1


async def test_the_answer_reaches_every_one(several: Several) -> None:
    await several.forward("c", "d", "e")
    await several.chair("answer_request", request_id=several.ids["c"], text="Sở sẽ trả lời.")
    assert several.two.below.queue == ()
    assert several.answers() == dict.fromkeys(("c", "d", "e"), "Sở sẽ trả lời.")


async def test_the_floor_is_given_to_one_for_all(several: Several) -> None:
    await several.forward("c", "d")
    await several.chair("grant_next")
    for state in (several.two.above, several.two.below):
        assert state.floor is not None and state.floor.site_id == "c"
        assert [one.site_id for one in state.floor.merged] == ["d"]
    assert [one.site_id for one in several.two.below.queue] == ["e"]


async def test_refused_above_it_is_the_districts_again_and_still_one(several: Several) -> None:
    await several.forward("c", "d")
    await several.chair("withdraw_request", request_id=several.ids["c"])
    again = several.two.below.queue
    assert [(one.site_id, one.forwarded, [m.site_id for m in one.merged]) for one in again] == [
        ("c", "no", ["d"]), ("e", "no", []),
    ]  # fmt: skip
    await several.forward("c")
    assert [one.site_id for one in several.two.above.queue[0].merged] == ["d"]


async def test_one_of_them_withdraws_at_every_level(several: Several) -> None:
    await several.forward("c", "d", "e")
    with pytest.raises(Refused, match="already"):  # it waits with the other one
        await several.communes["d"].command("request_floor")
    with pytest.raises(Refused, match="not_allowed"):
        await several.communes["d"].command("withdraw_request", request_id=several.ids["e"])
    await several.communes["d"].command("withdraw_request", request_id=several.ids["d"])
    await several.passes()
    for state in (several.two.above, several.two.below):
        assert [one.site_id for one in state.queue[0].merged] == ["e"]
    await several.chair("withdraw_request", request_id=several.ids["e"])
    assert several.two.above.queue[0].merged == ()
    await several.communes["c"].command("withdraw_request", request_id=several.ids["c"])
    await several.passes()
    assert several.two.above.queue == several.two.below.queue == ()


async def test_merged_above_with_one_of_the_provinces_own(several: Several) -> None:
    await several.forward("c", "d")
    await several.own.command("request_floor")
    own = several.two.above.queue[-1].request_id
    await several.chair("merge_requests", request_ids=[own, several.ids["c"]])
    (waiting,) = several.two.above.queue
    assert [one.site_id for one in waiting.merged] == ["c", "d"]
    below = several.two.below.queue[0]
    assert (below.request_id, below.forwarded, below.joined != "") == (several.ids["c"], "waiting", True)
    assert several.answers() == {}, "nobody reads a code"
    await several.chair("grant_next")
    assert several.two.above.floor is not None and several.two.above.floor.site_id == "a"
    assert [one.site_id for one in several.two.below.queue] == ["e"], "spoken for: it is done with"
    assert several.two.below.floor is None


async def test_merged_above_they_are_answered_or_given_back_one_by_one(several: Several) -> None:
    await several.forward("c")
    await several.forward("e")
    await several.chair("merge_requests", request_ids=[several.ids["e"], several.ids["c"]])
    joined = {one.site_id: one.joined for one in several.two.below.queue}
    assert joined["d"] == joined["e"] == "" != joined["c"]
    await several.chair("answer_request", request_id=several.ids["e"], text="Có.")
    assert several.answers() == {"c": "Có.", "e": "Có."}
    await several.ask("c", "e")
    await several.forward("c")
    await several.forward("e")
    await several.chair("merge_requests", request_ids=[several.ids["e"], several.ids["c"]])
    await several.chair("withdraw_request", request_id=several.ids["e"])
    assert {one.site_id: (one.forwarded, one.joined) for one in several.two.below.queue} == dict.fromkeys(
        "cde", ("no", "")
    )


async def test_climbed_requests_are_put_in_another_order(several: Several) -> None:
    await several.forward("c", "d")
    await several.forward("e")
    await several.own.command("request_floor")
    own = several.two.above.queue[-1].request_id
    await several.chair("reorder", request_ids=[several.ids["e"], own, several.ids["c"]])
    assert [one.site_id for one in several.two.above.queue] == ["e", "a", "c"]
    await several.chair("put_off", request_id=several.ids["e"])
    assert [(one.site_id, len(one.merged)) for one in several.two.above.queue] == [("a", 0), ("c", 1), ("e", 0)]
    await several.chair("withdraw_request", request_id=own)
    await several.chair("grant_next")
    assert several.two.above.floor is not None and several.two.above.floor.request_id == several.ids["c"]
    assert [one.forwarded for one in several.two.below.queue] == ["waiting"]


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_what_was_lost_on_the_way_is_made_good(several: Several) -> None:
    two = several.two
    assert two.link is not None
    await several.forward("c")
    await several.forward("e")
    await several.chair("merge_requests", request_ids=[several.ids["e"], several.ids["c"]])
    two.link.cut()
    await several.passes()
    two.link.restore()
    await several.passes(3)
    assert {one.site_id: one.forwarded for one in two.below.queue} == {"c": "waiting", "d": "no", "e": "waiting"}
    two.link.cut()
    await several.passes()
    await two.chair.command("withdraw_request", request_id=several.ids["c"])
    two.link.restore()
    await several.passes(3)
    assert {one.site_id: one.forwarded for one in two.below.queue} == {"c": "no", "d": "no", "e": "waiting"}


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_an_older_installation_gets_what_it_understood(several: Several) -> None:
    """Above: the first request alone. Below: the word that its page knows."""
    answers = several.two.province.hub.climbing.answers
    heard: list[dict[str, Any]] = []
    forward = answers._upward["floor.forward"]

    async def older(room: Any, node: str, child: str, body: dict[str, Any]) -> dict[str, Any]:
        heard.append(body)
        return await forward(room, node, child, {name: body[name] for name in ("meeting", "child", "request")})

    answers._upward["floor.forward"] = older
    await several.forward("c", "d")
    assert set(heard[0]["request"]) == {
        "request_id", "site_id", "kind", "site_name", "path", "asked_at", "speaker",
    }  # fmt: skip
    assert several.two.above.queue[0].merged == ()
    await several.chair("answer_request", request_id=several.ids["c"], text="Có.")
    assert several.answers() == {"c": "Có.", "d": "Có."}, "the room below knows for whom he speaks"
    del several.two.district.hub.climbing.answers._downward["floor.merged"]
    await several.forward("e")
    await several.own.command("request_floor")
    own = several.two.above.queue[-1].request_id
    await several.chair("merge_requests", request_ids=[own, several.ids["e"]])
    assert several.answers()["e"] == "merged"


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_nobody_is_merged_who_may_not_come_from_there(several: Several) -> None:
    request: dict[str, Any] = {
        "request_id": "r", "site_id": "c", "kind": "speech", "site_name": "X", "path": ["X"], "speaker": None,
        "asked_at": "2026-11-05T07:00:00.000Z",
    }  # fmt: skip
    more = [{**request, "request_id": f"r{one}", "site_id": one} for one in ("d", "a", "nowhere", "d")]
    again = [{**request, "request_id": "rd"}, {**request, "request_id": "r"}]
    body: dict[str, Any] = {"meeting": MEETING, "child": CHILD, "request": request}
    below = several.two.district.hub.links._channel
    for wrong in (7, [7], [{"more": 1}], [{**request, "site_name": "x" * 201}], [request] * 51):
        with pytest.raises(RefusedThere, match="bad_request"):
            await below.request("province", "floor.forward", {**body, "merged": wrong})
    await below.request("province", "floor.forward", {**body, "merged": [*more, *again]})
    (waiting,) = several.two.above.queue
    assert [(one.request_id, one.site_id) for one in waiting.merged] == [("rd", "d")], "of its sites, each once"
    above = several.two.province.hub.links._channel
    mistaken: dict[str, Any]
    for kind, mistaken in (
        ("floor.merged", {"site_name": "x" * 201}),
        ("floor.merged", {}),
        ("floor.spoken", {"request_id": 7}),
    ):
        with pytest.raises(RefusedThere, match="bad_request"):
            await above.request("district", kind, {"meeting": MEETING, "child": CHILD, "request_id": "r", **mistaken})
    for site_id in ("c", "d", "e"):  # never handed up: nobody above speaks for it
        gone = {"meeting": MEETING, "child": CHILD, "request_id": several.ids[site_id], "site_name": "X"}
        await above.request("district", "floor.merged", gone)
        await above.request("district", "floor.spoken", gone)
    assert [one.site_id for one in several.two.below.queue] == ["c", "d", "e"]


async def test_over_three_levels(linked: Two) -> None:
    """A group's commune and a district's, merged by the district; the province answers, or gives the floor to one."""
    lowest, two = await third_level(linked), linked
    group = await enter(two.district, GRANDCHILD, "secretary")
    for text in ("Sở sẽ trả lời.", ""):
        await lowest.command("request_floor")
        far = lowest.room.state.queue[-1].request_id
        await group.command("forward_request", request_ids=[far])
        await two.passes(0)
        await two.commune.command("request_floor")
        own = two.below.queue[-1].request_id
        await two.district_chair.command("forward_request", request_ids=[own, far])
        await two.passes(0)
        (waiting,) = two.above.queue
        assert [(one.site_id, len(one.origin.path) if one.origin else 0) for one in waiting.merged] == [("d", 2)]
        assert lowest.room.state.queue[0].joined != ""
        if text:
            await two.chair.command("answer_request", request_id=own, text=text)
        else:
            await two.chair.command("grant_next")
        await two.passes(0)
        assert two.above.queue == two.below.queue == lowest.room.state.queue == ()
        assert [answer.text for answer in lowest.room.state.answers] == ["Sở sẽ trả lời."]
    assert two.above.floor is not None and [one.site_id for one in two.above.floor.merged] == ["d"]
    assert lowest.room.state.floor is None
