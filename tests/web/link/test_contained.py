"""What is wrong at one installation is refused or contained, said at the operator's page, and the rest goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.linked.messages import Ask, UnitName
from scheduler.linked.parent import ParentPlan
from scheduler.nodes.edges import Edge, load_edges
from scheduler.proceedings.encoding import to_plain
from scheduler.replication import frames as fr
from tests.small_disk import small_disk
from tests.web.link import holding
from tests.web.link.conftest import Opening
from tests.web.link.nodes import Installation, Net, link, until_up
from web.link.channel import Json

side, small_organisation = holding.side, holding.small_organisation  # fixtures
ROOT, CHILD, GRANDCHILD, OTHER = (f"0000000{n}-0000-7000-8000-000000000000" for n in range(1, 5))


async def says(one: Installation, other: Installation, *codes: str) -> str:
    """Wait until the operator's page has one of these beside the other one: the detail."""
    async with asyncio.timeout(30):
        while (error := await one.error(other))[0] not in codes:  # noqa: ASYNC110 - a row of a database
            await asyncio.sleep(0.01)
    return error[1]


# -- two roots ------------------------------------------------------------------------------------------------------


async def test_a_meeting_is_told_by_one_installation_above(side: holding.Opening) -> None:
    """A second one above gives out the meeting of the first for its own: no room for it, and the first goes on."""
    province, another, district = await side("province"), await side("another"), await side("district")
    for upper in (province, another):
        await holding.below(upper, district, "quanba")
    meeting = await holding.planned(province, district)
    await holding.send(province, meeting)
    await province.carry_out()
    (room,) = await district.held()
    at = ("2026-11-24T01:00:00+00:00", "2026-11-24T02:00:00+00:00")
    plan = ParentPlan(meeting.id, "Giả", "", "", "", *at, items=("x",), node_id=another.node.id)
    quanba = UnitName("district", "quanba")
    ask = Ask(meeting.id, quanba, "sent", "", "giao_ban", "one_speaker", 0, "none", True, plan, child=room.id)
    body = {**to_plain(ask), "meeting": meeting.id}
    del body["meeting_id"], body["plan"]["meeting_id"], body["plan"]["node_id"]
    with pytest.raises(Exception, match="two_roots"):
        await another.node.channel.request(district.node.id, "meeting.hold", body)
    assert (await district.node.error(another.node))[0] == "asked_two_roots"
    assert [one.id for one in await district.held()] == [room.id]
    await another.node.chat(meeting.id, "giả")
    await province.node.chat(meeting.id, "thật")
    assert await district.node.has(meeting.id, 1) == await province.node.facts(meeting.id)


async def test_a_node_that_claims_to_be_above_its_own_parent(opened: Opening, net: Net) -> None:
    """It tells that the meeting above stands under one of its own: refused and noted, the tree is as it was."""
    province, district, beside = await opened("province"), await opened("district"), await opened("beside")
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
    for node in (province, beside):
        await node.place(GRANDCHILD, beside.id, ROOT, province.id)
    for lower in (district, beside):
        await link(lower, province)
        await until_up(province, lower)
    claim = fr.Tree((Edge(ROOT, province.id, OTHER, district.id), Edge(GRANDCHILD, beside.id, CHILD, district.id)))
    district.links.connections[province.id].send(claim)
    await says(province, district, "refused_edge")
    async with province.database.reading() as session:
        edges = await load_edges(session, province.id)
    assert {(edge.meeting_id, edge.parent_meeting_id) for edge in edges.values()} == {(CHILD, ROOT), (GRANDCHILD, ROOT)}
    await province.chat(ROOT, "một")
    assert len(await district.has(ROOT, 1)) == len(await beside.has(ROOT, 1)) == 1


async def test_each_takes_the_other_for_the_upper_one(opened: Opening) -> None:
    """Both dial, and both are told why that cannot be."""
    one, other = await opened("one"), await opened("other")
    await one.knows(other, "upper")
    await other.knows(one, "upper")
    for node in (one, other):
        await node.links.look_at_registry()
    await says(one, other, "wrong_side", "said_wrong_side")
    await says(other, one, "wrong_side", "said_wrong_side")
    assert not one.channel.is_up(other.id) and not other.channel.is_up(one.id)


# -- versions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theirs", [(1, 2), (1, 1)])
async def test_a_newer_one_that_still_speaks_ours(opened: Opening, theirs: tuple[int, int]) -> None:
    province, district = await opened("province", versions=theirs), await opened("district", versions=(1, 2))
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
    await link(district, province)
    await district.chat(CHILD, "một")
    assert len(await province.has(CHILD, 1)) == 1
    assert province.links.status(district.id).version == theirs[1]


@pytest.mark.parametrize("newer", ["province", "district"])
async def test_no_version_in_common(opened: Opening, newer: str) -> None:
    """Refused with words at both pages; the others of the tree go on."""
    province = await opened("province", versions=(1, 2))
    old, new = {"versions": (1, 1)}, {"versions": (2, 3)}
    upper = await opened("upper", versions=(new if newer == "province" else old)["versions"])
    lower = await opened("lower", versions=(old if newer == "province" else new)["versions"])
    await link(lower, upper)
    await link(upper, province)
    said = "ours 1-1, theirs 2-3" if newer == "district" else "ours 2-3, theirs 1-1"
    assert await says(upper, lower, "version") == said
    assert said in await says(lower, upper, "said_version")
    await until_up(upper, province)
    assert not upper.channel.is_up(lower.id)


def test_what_a_newer_hello_may_say_more() -> None:
    hello = fr.Hello((1, 4), "d", "Huyện", 1, "0" * 64, 0)
    text = fr.to_text(hello)[:-1] + ',"regions":["north"]}'
    assert fr.read_frame(text) == hello


# -- a full disk ----------------------------------------------------------------------------------------------------


async def test_a_full_disk_at_one_level(opened: Opening, tmp_path: Path) -> None:
    """What is sent there waits above; the neighbour has it, requests are answered; with room again it is caught up."""
    with small_disk(tmp_path / "small", 4) as disk:
        province, beside = await opened("province"), await opened("beside")
        district = await opened("district", folder=disk.path)
        district.links.settings = replace(district.links.settings, store_again_s=0.3)
        for lower, meeting_id in ((district, CHILD), (beside, GRANDCHILD)):
            for node in (province, lower):
                await node.place(meeting_id, lower.id, ROOT, province.id)
            await link(lower, province)
        await province.chat(ROOT, "trước")
        before = await district.has(ROOT, 1)
        disk.fill()
        await province.chat(ROOT, *(f"{number} " + "x" * 900 for number in range(40)))
        assert len(await beside.has(ROOT, 41)) == 41
        assert ROOT in await says(province, district, "parked_there")

        async def echo(node: str, kind: str, body: Json) -> Json:
            return body

        district.channel.on("board.echo", echo)
        assert await province.channel.request(district.id, "board.echo", {"is": "there"}) == {"is": "there"}
        stored = await district.facts(ROOT)
        assert stored[:1] == before and len(stored) < 41
        disk.empty()
        assert await district.has(ROOT, 41) == await province.facts(ROOT)
        assert await says(province, district, "") == ""  # the page says no more that it cannot store
        await district.links.stop()
        await district.database.dispose()
