"""Stills of a site in another room of the tree: by way of each room between, one over a link however many look."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from scheduler.nodes.tables import LinkedNode
from scheduler.proceedings.errors import Refused
from tests.scheduler.proceedings.planted import MEETING
from tests.scheduler.proceedings.samples import START
from tests.web.link.nodes import Net
from tests.web.live import apart as real
from tests.web.live import test_climbing, test_reaching
from tests.web.live.conftest import Live, Seat
from tests.web.live.test_climbing import CHILD, Two
from tests.web.live.test_reaching import said
from tests.web.live.test_workers import enter
from web.link.errors import RefusedThere
from web.live.far_stills import MOST
from web.live.stills import EVERY_S
from web.media.messages import LadderChanged, StillsWanted

linked, two, apart = test_climbing.two, test_reaching.two, real.apart  # fixtures
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0picture\xff\xd9").decode()
ANOTHER = base64.b64encode(b"\xff\xd8\xff\xe0another\xff\xd9").decode()


class Counted:
    """Requests for stills that crossed the link."""

    def __init__(self, two: Two, asked_of: Live) -> None:
        self.count = 0
        self._channel = asked_of.hub.links._channel
        self._answer = self._channel._handlers["media.still"]
        self._channel._handlers["media.still"] = self.answer

    async def answer(self, node: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        return await self._answer(node, kind, body)


async def weak(live: Live, room_id: str, seat: Seat, site_id: str) -> None:
    """This viewer's line carries no picture; he would see that site first, which comes over a link."""
    worker = live.hub.rooms[room_id].media.worker
    live.happens(worker, LadderChanged(room_id, seat.id, "still"))  # type: ignore[arg-type]
    live.happens(worker, StillsWanted(room_id, f"far {site_id}", True, site_id))  # type: ignore[arg-type]
    await live.settle()


async def posts(seat: Seat, jpeg: str = JPEG) -> None:
    """Its page is asked for a still and sends one."""
    while not (await said(seat, "stills"))["wanted"]:
        pass
    seat.room.media.still(seat.connection, jpeg)


async def speaks(two: Two) -> Seat:
    """Somebody in the room above has the floor."""
    seat = await enter(two.province, MEETING, "b")
    await two.chair.command("grant_floor", site_id="b")
    return seat


async def looked(live: Live, seat: Seat, jpeg: str = JPEG) -> None:
    """The next round is over, with one still of this page."""
    live.hub.far_stills.tick()
    await posts(seat, jpeg)
    await live.hub.far_stills.settle()


async def test_a_commune_on_a_weak_line_sees_the_chair_of_the_room_above(two: Two) -> None:
    speaker, counted = await speaks(two), Counted(two, two.province)
    await weak(two.district, CHILD, two.commune, "b")
    await weak(two.district, CHILD, two.district_chair, "b")
    await looked(two.district, speaker)
    for seat in (two.commune, two.district_chair):
        assert await said(seat, "still") == {"type": "still", "site_id": "b", "jpeg": JPEG}
    two.district.hub.far_stills.tick()  # too soon for another
    await two.district.hub.far_stills.settle()
    await two.passes(EVERY_S)
    await looked(two.district, speaker, ANOTHER)
    assert (await said(two.commune, "still"))["jpeg"] == ANOTHER
    assert counted.count == (2 if two.link is not None else 0), "one for both who look"


async def test_nobody_is_asked_any_more_once_nobody_looks(two: Two) -> None:
    speaker = await speaks(two)
    await weak(two.district, CHILD, two.commune, "b")
    await looked(two.district, speaker)
    worker = two.district.hub.rooms[CHILD].media.worker
    two.district.happens(worker, StillsWanted(CHILD, "far b", False, "b"))  # type: ignore[arg-type]
    await two.district.settle()
    room = two.district.hub.rooms[CHILD]
    two.district.happens(worker, LadderChanged(CHILD, two.district_chair.id, "still"))  # type: ignore[arg-type]
    await two.passes(EVERY_S)
    assert two.district.hub.far_stills._wanted == {} and room.media.stills._newest == {}
    assert (await said(speaker, "stills"))["wanted"] is False
    assert await speaker.messages("stills") == []
    assert await two.district_chair.messages("still") == []


async def test_the_room_above_sees_the_commune_and_keeps_its_copy_for_others(two: Two) -> None:
    counted = Counted(two, two.district)
    await weak(two.province, MEETING, two.chair, "c")
    await looked(two.province, two.commune)
    assert (await said(two.chair, "still"))["site_id"] == "c"
    await two.chair.command("grant_floor", site_id="c", request_id=await two.climb())
    stills = two.province.hub.far_stills
    assert (await stills.take(MEETING, "c")).jpeg == JPEG, "the nearest copy"
    assert (await stills.take(MEETING, "c", below="another room below")).jpeg == JPEG
    assert counted.count == (1 if two.link is not None else 0)
    with pytest.raises(Refused, match="unknown_site"):  # nothing goes back where it came from
        await stills.take(MEETING, "c", below=CHILD)


async def test_who_is_not_on_air_is_not_shown_below_and_nobody_looks_into_a_discussion_of_its_own(two: Two) -> None:
    await speaks(two)
    await enter(two.province, MEETING, "a")
    with pytest.raises(Refused, match="not_allowed"):
        await two.district.hub.far_stills.take(CHILD, "a")
    with pytest.raises(Refused, match="unknown_site"):
        await two.district.hub.far_stills.take(CHILD, "nobody")
    await two.district_chair.command("leave_program")
    with pytest.raises(Refused, match="away"):
        await two.province.hub.far_stills.take(MEETING, "c")
    with pytest.raises(Refused, match="not_linked"):
        await two.district.hub.far_stills.take(CHILD, "b")
    with pytest.raises(Refused, match="too_far"):
        await two.province.hub.far_stills.take(MEETING, "b", hops=9)


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_an_older_installation_is_left_in_peace(two: Two) -> None:
    speaker, counted = await speaks(two), Counted(two, two.province)
    handlers = two.province.hub.links._channel._handlers
    newer = handlers.pop("media.still")
    with pytest.raises(Refused, match="far_old"):
        await two.district.hub.far_stills.take(CHILD, "b")
    handlers["media.still"] = newer
    with pytest.raises(Refused, match="busy"):
        await two.district.hub.far_stills.take(CHILD, "b")
    assert counted.count == 0
    two.district.seconds += 61
    asking = asyncio.create_task(two.district.hub.far_stills.take(CHILD, "b"))
    await posts(speaker)
    assert (await asking).jpeg == JPEG


HOSTILE: tuple[dict[str, Any], ...] = (
    {}, {"jpeg": JPEG}, {"jpeg": 7, "age_ms": 0}, {"jpeg": JPEG, "age_ms": -1}, {"jpeg": JPEG, "age_ms": True},
    {"jpeg": JPEG, "age_ms": 10**9}, {"jpeg": "no base64!", "age_ms": 0},
    {"jpeg": base64.b64encode(b"<svg onload=x>").decode(), "age_ms": 0},
    {"jpeg": base64.b64encode(b"\xff\xd8\xff" + b"x" * 20_000 + b"\xff\xd9").decode(), "age_ms": 0},
)  # fmt: skip


@pytest.mark.parametrize("linked", ["there"], indirect=True)
@pytest.mark.parametrize("reply", HOSTILE)
async def test_what_is_no_still_is_shown_to_nobody(two: Two, reply: dict[str, Any]) -> None:
    async def answer(node: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        answered.append(kind)
        return reply

    answered: list[str] = []
    two.province.hub.links._channel._handlers["media.still"] = answer
    async with two.district.database.transaction() as session:
        session.add(LinkedNode(id="province", name="P", role="upper", url="", public_key="0" * 64, added_at=START))
    await weak(two.district, CHILD, two.commune, "b")
    for _ in range(8):
        await two.passes(EVERY_S)
        await two.district.hub.far_stills.settle()
    assert await two.commune.messages("still") == []
    assert len(answered) == 1, "asked no more for a minute"
    async with two.district.database.reading() as looking:
        assert (await looking.get_one(LinkedNode, "province")).error == "not_understood"


@pytest.mark.parametrize("linked", ["there"], indirect=True)
async def test_who_asks_is_looked_at_and_held_to_so_many(two: Two) -> None:
    speaker = await speaks(two)
    below, above = two.district.hub.links._channel, two.province.hub.links._channel
    asked = {"meeting": MEETING, "child": CHILD, "site": "b", "hops": 1}
    for wrong, code in (
        ({"site": "x" * 40}, "bad_request"), ({"hops": 8}, "bad_request"), ({"hops": True}, "bad_request"),
        ({"child": MEETING}, "not_allowed"), ({"meeting": CHILD}, "not_allowed"), ({"site": "c"}, "not_allowed"),
        ({"site": "a"}, "not_allowed"), ({"site": "nobody"}, "unknown_site"),
    ):  # fmt: skip
        with pytest.raises(RefusedThere, match=code):
            await below.request("province", "media.still", {**asked, **wrong})
    with pytest.raises(RefusedThere, match="unknown_site"):  # from above, of a site above
        await above.request("district", "media.still", asked)
    asking = [asyncio.create_task(below.request("province", "media.still", asked)) for _ in range(MOST + 1)]
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert [task.exception().code for task in asking if task.done()] == ["busy"]  # type: ignore[union-attr]
    await posts(speaker)
    done = await asyncio.gather(*asking, return_exceptions=True)
    assert [one["jpeg"] for one in done if isinstance(one, dict)] == [JPEG] * MOST
    codes = []
    for _ in range(30):
        try:
            codes.append(str((await below.request("province", "media.still", asked))["age_ms"]))
        except RefusedThere as refused:
            codes.append(refused.code)
    assert codes[0] == "0" and codes[-1] == "busy"


# -- over the sockets of real links -----------------------------------------------------------------------------------


async def test_a_still_over_a_real_link(apart: tuple[Two, Net]) -> None:
    two, _ = apart
    speaker = await speaks(two)
    await weak(two.district, CHILD, two.commune, "b")
    await looked(two.district, speaker)
    assert await said(two.commune, "still") == {"type": "still", "site_id": "b", "jpeg": JPEG}
