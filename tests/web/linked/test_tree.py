"""The whole province over the API: every district a room, every commune in it, bandwidth and warnings, one request."""

from __future__ import annotations

from typing import Any

from scheduler.organization.demonstration import demo_id
from tests.web.conftest import Visitor, World

ROOT = {"title": "Giao ban toàn tỉnh", "items": [{"title": "Kinh tế", "minutes": 60}]}


async def planned(world: World) -> tuple[Visitor, dict[str, Any]]:
    desk = await world.person("thuky.tinh")
    made = await desk.post("/api/meetings", json={**ROOT, "host_unit_id": demo_id("unit:tinh")})
    assert made.status_code == 201, made.text
    return desk, made.json()


async def everybody(desk: Visitor, meeting: dict[str, Any]) -> dict[str, Any]:
    """All districts as hosts, all sites of communes and districts."""
    units = (await desk.get(f"/api/meetings/{meeting['id']}/tree/units")).json()["items"]
    districts = [unit for unit in units if unit["level"]["code"] == "district"]
    communes = [unit for unit in units if unit["level"]["code"] == "commune"]
    return {
        "version": meeting["version"],
        "hosts": [{"unit_id": unit["id"]} for unit in districts],
        "site_ids": [site["id"] for unit in [*districts, *communes] for site in unit["sites"]],
    }


async def test_a_whole_province_in_one_request(small_world: World) -> None:
    desk, meeting = await planned(small_world)
    wanted = await everybody(desk, meeting)
    answer = await desk.put(f"/api/meetings/{meeting['id']}/tree", json=wanted)
    assert answer.status_code == 200, answer.text
    tree = answer.json()
    assert len(tree["rooms"]) == 1 + 11
    assert tree["site_count"] == 1 + 11 + 193
    quanba = next(room for room in tree["rooms"] if room["unit"]["id"] == demo_id("unit:quanba"))
    assert len(quanba["sites"]) == 1 + 13
    assert quanba["chair"]["id"] == demo_id("person:chutich.quanba")
    assert tree["server"]["down_kbps"] == 205 * tree["per_site"]["program_kbps"]
    assert {one["code"]: one["count"] for one in tree["warnings"]} == {
        "room_without_deputy": 11, "site_line_unknown": 205, "server_unknown": 1,
    }  # fmt: skip
    seen = (await desk.get(f"/api/meetings/{meeting['id']}")).json()
    assert seen["room_count"] == 11
    assert (await desk.put(f"/api/meetings/{meeting['id']}/tree", json=wanted)).status_code == 409


async def test_lines_that_are_known_are_compared(small_world: World) -> None:
    keeper = await small_world.person("quantri")
    thin = {
        "name": "Phòng họp",
        "email": "a@b.example",
        "technician_phone": "1",
        "line_down_kbps": 2000,
        "line_up_kbps": 2000,
    }
    site = demo_id("site:lungtam.quanba")
    assert (await keeper.put(f"/api/sites/{site}", json=thin)).json()["line_down_kbps"] == 2000
    told = await keeper.put("/api/settings", json={"line_up_kbps": 1_200_000, "line_down_kbps": 1_000_000})
    assert told.json()["line_up_kbps"] == 1_200_000
    unknown = (await keeper.put("/api/settings", json={"line_down_kbps": None, "banner": None})).json()
    assert (unknown["line_down_kbps"], unknown["line_up_kbps"]) == (None, 1_200_000)
    await keeper.put("/api/settings", json={"line_down_kbps": 1_000_000})
    desk, meeting = await planned(small_world)
    wanted = await everybody(desk, meeting)
    tree = (await desk.put(f"/api/meetings/{meeting['id']}/tree", json=wanted)).json()
    codes = {one["code"]: one["names"] for one in tree["warnings"]}
    assert codes["site_line_over"] == ["xã Lùng Tám"]
    assert tree["server"]["strain"] == "tight"


async def test_a_district_sees_the_meeting_above_on_its_own_page(small_world: World) -> None:
    desk, meeting = await planned(small_world)
    tree = (await desk.put(f"/api/meetings/{meeting['id']}/tree", json=await everybody(desk, meeting))).json()
    room = next(room for room in tree["rooms"] if room["unit"]["id"] == demo_id("unit:quanba"))
    district = await small_world.person("thuky.quanba")
    assert (await district.get(f"/api/meetings/{room['meeting_id']}")).status_code == 404
    assert (await desk.post(f"/api/meetings/{meeting['id']}/send", json={})).status_code == 200
    seen = (await district.get(f"/api/meetings/{room['meeting_id']}")).json()
    assert seen["parent"]["title"] == "Giao ban toàn tỉnh"
    assert seen["parent"]["items"] == ["Kinh tế"]
    assert (seen["deputy"], seen["proposed_deputy"]["id"]) == (None, demo_id("person:phochutich.quanba"))
    assert (await district.get(f"/api/meetings/{meeting['id']}")).status_code == 404
    assert (await desk.get(f"/api/meetings/{room['meeting_id']}")).status_code == 404
    own = {"title": seen["title"], "version": seen["version"], "site_ids": [demo_id("site:lungcu.dongvan")]}
    refused = await district.put(f"/api/meetings/{room['meeting_id']}", json=own)
    assert refused.status_code == 422, "nobody sits in two rooms"
