"""What the secretaries of the levels would do over the API: plan the linked meeting, seat the sites, begin it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.organization.demonstration import demo_id, logins
from web.demo.errors import DemoFailed
from web.demo.layout import Layout, Place
from web.demo.linking import log_in, trust
from web.visiting.seat import Refused, Seat
from web.visiting.visitor import Visitor

TITLE = "Hội nghị trực tuyến toàn quốc: phòng, chống thiên tai năm tới"
HOURS = 4
ITEMS = (
    ("Báo cáo tình hình thiên tai, công tác ứng phó của các địa phương", 40),
    ("Ý kiến của điểm cầu tỉnh, huyện, xã", 60),
    ("Kết luận, giao nhiệm vụ", 20),
)
OPEN_STAGES = ("sent", "testing", "convened", "suspended")
LEVELS = ("province", "district", "commune")  # whose sites take part
NOT_ASKED = demo_id("unit:tinhuy")  # the Party's own office is no part of a government's meeting: 208 sites without it
ANSWER_S = 90.0


@dataclass(frozen=True, slots=True)
class Guest:
    """A site with its link. ``role``: "chair" or else."""

    place: str
    room_id: str
    site_id: str
    unit: str
    level: str
    role: str
    link: str


@dataclass(slots=True)
class Room:
    """A room, by what its secretary may see."""

    place: Place
    id: str
    unit_id: str
    unit: str
    chair: str  # login
    secretary: str  # login
    guests: list[Guest] = field(default_factory=list)


@dataclass(slots=True)
class Conference:
    """``rooms`` from the top down."""

    rooms: list[Room] = field(default_factory=list)
    is_new: bool = True

    @property
    def root(self) -> Room:
        return self.rooms[0]

    @property
    def guests(self) -> list[Guest]:
        return [guest for room in self.rooms for guest in room.guests]

    def room_of(self, place: Place) -> Room:
        """The uppermost one that this installation holds."""
        return next(room for room in self.rooms if room.place is place)


def _login_of() -> dict[str, str]:
    return {one.person_id: one.login for one in logins() if one.person_id}


class Planning:
    """``plan`` the whole tree; a meeting of an earlier run that is still open is taken up again."""

    def __init__(self, layout: Layout, nodes: Mapping[str, str], stack: AsyncExitStack) -> None:
        self.layout = layout
        self._nodes = nodes  # place → its node, for those below
        self._stack = stack
        self._logins = _login_of()
        self._desks: dict[tuple[str, str], Visitor] = {}

    async def plan(self) -> Conference:
        layout = self.layout
        central = await self.desk(layout.central, "thuky.trunguong")
        meeting = await _open_meeting(central)
        conference = Conference(is_new=meeting is None)
        if meeting is None:
            meeting = await _draft(central, layout.central)
            await _grow(central, meeting["id"], {layout.province.unit_id: self._nodes["province"]})
            await central.post(f"/api/meetings/{meeting['id']}/send")
        below = await _held(central, meeting["id"], layout.province.unit_id)
        province = await self.desk(layout.province, "thuky.tinh")
        tree = await province.get(f"/api/meetings/{below}/tree")
        if len(tree["rooms"]) <= 2:  # not planned yet, or a run was ended in the middle of it
            hosts: dict[str, str | None] = dict.fromkeys(await _districts(province, below))
            hosts[layout.district.unit_id] = self._nodes["district"]
            await _grow(province, below, hosts)
        lowest = await _held(province, below, layout.district.unit_id)
        await self._add(conference, layout.central, central, meeting["id"])
        await self._add(conference, layout.province, province, below)
        district = await self.desk(layout.district, "thuky.quanba")
        await self._add(conference, layout.district, district, lowest)
        return conference

    async def desk(self, place: Place, login: str) -> Visitor:
        """A secretary, logged in."""
        key = (place.name, login)
        if key not in self._desks:
            self._desks[key] = await log_in(place, login)
            self._stack.push_async_callback(self._desks[key].http.aclose)
        return self._desks[key]

    async def _add(self, conference: Conference, place: Place, visitor: Visitor, meeting_id: str) -> None:
        """The room, and those below it in the same installation."""
        tree = await visitor.get(f"/api/meetings/{meeting_id}/tree")
        for room in tree["rooms"]:
            if room["node_id"] is None:
                secretary = self._logins[room["secretary"]["id"]]
                desk = await self.desk(place, secretary)
                meeting = await desk.get(f"/api/meetings/{room['meeting_id']}")
                chair = self._logins[room["chair"]["id"]]
                found = Room(place, room["meeting_id"], room["unit"]["id"], room["unit"]["title"], chair, secretary)
                found.guests = [_guest(place, found.id, site) for site in meeting["sites"]]
                conference.rooms.append(found)


def _guest(place: Place, room_id: str, site: dict[str, Any]) -> Guest:
    level = str(site.get("level", ""))
    return Guest(place.name, room_id, site["site_id"], site["unit_title"], level, site["role"], site["link"])


async def _open_meeting(visitor: Visitor) -> dict[str, Any] | None:
    answer = await visitor.get("/api/meetings")
    now = datetime.now(UTC)
    for meeting in answer["items"]:
        ends = datetime.fromisoformat(meeting["ends_at"])
        if meeting["title"] == TITLE and meeting["stage"] in OPEN_STAGES and ends > now:
            return dict(meeting)
    return None


async def _draft(visitor: Visitor, place: Place) -> dict[str, Any]:
    starts_at = datetime.now(UTC)
    plan = {
        "title": TITLE,
        "kind": "giao_ban",
        "host_unit_id": place.unit_id,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=HOURS)).isoformat(),
        "items": [{"title": title, "minutes": minutes} for title, minutes in ITEMS],
        "record": False,
    }
    made: dict[str, Any] = await visitor.post("/api/meetings", plan)
    return made


async def _districts(visitor: Visitor, meeting_id: str) -> list[str]:
    units = (await visitor.get(f"/api/meetings/{meeting_id}/tree/units"))["items"]
    return [unit["id"] for unit in units if unit["level"]["code"] == "district"]


async def _grow(visitor: Visitor, meeting_id: str, hosts: Mapping[str, str | None]) -> None:
    """All sites of the levels below, in the rooms of these hosting units; a node: of another installation."""
    tree = await visitor.get(f"/api/meetings/{meeting_id}/tree")
    units = (await visitor.get(f"/api/meetings/{meeting_id}/tree/units"))["items"]
    asked = [unit for unit in units if unit["level"]["code"] in LEVELS and unit["id"] != NOT_ASKED]
    body = {
        "version": tree["version"],
        "hosts": [{"unit_id": unit, "node_id": node} for unit, node in hosts.items()],
        "site_ids": [site["id"] for unit in asked for site in unit["sites"]],
    }
    await visitor.put(f"/api/meetings/{meeting_id}/tree", body)


async def _held(visitor: Visitor, meeting_id: str, unit_id: str) -> str:
    """The room that another installation holds for this one, once it has said so."""
    try:
        async with asyncio.timeout(ANSWER_S):
            while True:
                rooms = (await visitor.get(f"/api/meetings/{meeting_id}/tree"))["rooms"]
                room = next(room for room in rooms if room["unit"]["id"] == unit_id)
                if room["state"] in ("declined", "failed"):
                    raise DemoFailed(f"{room['unit']['title']} không tổ chức được phòng họp: {room['error']}")
                if room["meeting_id"] and room["state"] == "accepted":
                    return str(room["meeting_id"])
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise DemoFailed(f"Cấp dưới chưa trả lời về phòng họp: {room['state']} {room['error']}") from None


async def not_written_to(planning: Planning, room: Room) -> set[str]:
    """Sites whose invitations have not gone out yet, nor failed."""
    desk = await planning.desk(room.place, room.secretary)
    sites = (await desk.get(f"/api/meetings/{room.id}"))["sites"]
    return {site["site_id"] for site in sites if site["delivery"] == "queued"}


async def open_rooms(planning: Planning, conference: Conference, stack: AsyncExitStack) -> list[Seat]:
    """The secretaries of the three installations take their seats, open for tests, and begin: from the top down."""
    seats: list[Seat] = []
    secretaries = {"central": "thuky.trunguong", "province": "thuky.tinh", "district": "thuky.quanba"}
    for room in [conference.room_of(place) for place in planning.layout.places]:
        desk = await planning.desk(room.place, secretaries[room.place.name])
        seats.append(await stack.enter_async_context(seat_of(desk, room)))
        for command in ("open_testing", "convene"):
            await _try(seats[-1], command)
    return seats


def seat_of(desk: Visitor, room: Room) -> Seat:
    verify = trust(room.place)
    context = verify if isinstance(verify, ssl.SSLContext) else None
    return Seat(desk, room.id, role="secretary", take_over=True, verify=context)


async def _try(seat: Seat, command: str) -> None:
    try:
        await seat.command(command)
    except Refused as refused:
        if refused.code not in ("wrong_stage", "already"):
            raise DemoFailed(f"{command}: {refused}") from refused
