"""Every endpoint × every role, written by hand. An endpoint that is missing here fails, and so does one too many.

Columns: anonymous · the invited site by its link · another district's commune by its login · secretary · chair ·
văn thư · technician · unit administrator (all of huyện Quản Bạ) · another district's secretary · administrator.
``+`` may (whatever else is wrong with the request) · ``-`` 401, no session · ``x`` 403, not allowed · ``0`` 404,
not there or not to be seen. The site's link is of another meeting than the one held, cancelled or postponed here;
an upload of signed minutes that wait for no signature is refused for that before anything else. Encoders and players
(whip, whep) come with a ticket and no session: no role helps there (``tests/web/doors``). ``WS`` is a WebSocket, asked
as a page of ours asks, with its Origin: ``+`` is let in, and the close codes stand for the statuses. A link between
installations opens to no page at all, only to a node that proves its key (``tests/web/link``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.routing import Mount, WebSocketRoute
from websockets.exceptions import InvalidStatus

from recordings.capture.excerpt import write_about
from scheduler.organization.demonstration import demo_id
from scheduler.organization.level import Level
from scheduler.outbox import OutboxRow
from tests.web.conftest import ORIGIN, Visitor, World
from tests.web.held import NOTHING_HELD, SITE, Held, another_meeting, hold_another, issue, small_pdf, with_paper
from tests.web.real import make_real, with_letter
from tests.web.signalling.conftest import Served, answered, serving

ROLES = ("anonymous", "site", "foreign site", "secretary", "chair", "clerk", "technician", "unit administrator",
         "foreign secretary", "administrator")  # fmt: skip

TABLE = """
POST   /api/session                                  ++++++++++
GET    /api/session                                  -+++++++++
PATCH  /api/session                                  -+++++++++
DELETE /api/session                                  -+++++++++
POST   /api/session/site                             0000000000
GET    /api/site-links/{token}                       ++++++++++
POST   /api/site-links/{token}/reply                 ++++++++++
POST   /api/password                                 -xx+++++++
POST   /api/password-resets/{token}                  0000000000

GET    /api/today                                    -+++++++++
GET    /api/meetings                                 -+++++++++
POST   /api/meetings                                 -xx+xxx+xx
POST   /api/meetings/urgent                          -xx+xxx+xx
GET    /api/meetings/{meeting_id}                    -+0+++++00
PUT    /api/meetings/{meeting_id}                    -x0++xx+00
GET    /api/meetings/{meeting_id}/tree               -x0+++++00
PUT    /api/meetings/{meeting_id}/tree               -x0++xx+00
GET    /api/meetings/{meeting_id}/tree/units         -x0+++++00
GET    /api/meetings/{meeting_id}/board              -x0+++++00
POST   /api/meetings/{meeting_id}/board/{site_id}/message -x0+++++00
POST   /api/meetings/{meeting_id}/board/{site_id}/air -x0+++++00
GET    /api/meetings/{meeting_id}/board/{site_id}/picture.jpg -x0+++++00
GET    /api/meetings/{meeting_id}/readiness          -+0+++++00
POST   /api/meetings/{meeting_id}/readiness          -+0+++++00
GET    /api/readiness/bytes                          -+++++++++
POST   /api/readiness/bytes                          -+++++++++
POST   /api/meetings/{meeting_id}/send               -x0++xx+00
POST   /api/meetings/{meeting_id}/cancel             -00++xx+00
POST   /api/meetings/{meeting_id}/postpone           -00++xx+00
POST   /api/meetings/{meeting_id}/clone              -x0+xxx+00
POST   /api/meetings/{meeting_id}/device-check       -+0+++++00
GET    /api/meetings/{meeting_id}/invitation.pdf     -x0+++++00
GET    /api/meetings/{meeting_id}/giay-moi.pdf       -+0+++++00
GET    /api/meetings/{meeting_id}/calendar.ics       -+0+++++00
GET    /api/calendar/{secret}.ics                    0000000000
GET    /api/me/calendar                              -x++++++++
POST   /api/me/calendar                              -00+++++++

POST   /api/meetings/{meeting_id}/papers             -x0++xx+00
PATCH  /api/papers/{paper_id}                        -x0++xx+00
DELETE /api/papers/{paper_id}                        -x0++xx+00
GET    /api/papers/{paper_id}/file                   -+0+++++00
GET    /api/papers/{paper_id}/pages/{number}.png     -+0+++++00

GET    /api/meetings/{meeting_id}/tickets            -x0++xxx00
POST   /api/meetings/{meeting_id}/tickets            -x0++xxx00
DELETE /api/meetings/{meeting_id}/tickets/{ticket_id} -x0++xxx00
OPTIONS /api/whip/{meeting_id}                       ++++++++++
OPTIONS /api/whep/{meeting_id}                       ++++++++++
OPTIONS /api/whip/{meeting_id}/{session_id}          ++++++++++
OPTIONS /api/whep/{meeting_id}/{session_id}          ++++++++++
POST   /api/whip/{meeting_id}                        ----------
POST   /api/whep/{meeting_id}                        ----------
PATCH  /api/whip/{meeting_id}/{session_id}           ----------
PATCH  /api/whep/{meeting_id}/{session_id}           ----------
DELETE /api/whip/{meeting_id}/{session_id}           ----------
DELETE /api/whep/{meeting_id}/{session_id}           ----------

GET    /api/rooms/{meeting_id}                       -+0+++++00
WS     /api/rooms/{meeting_id}/socket                -xx++xx+xx
WS     /api/link                                     xxxxxxxxxx
GET    /api/rooms/{meeting_id}/stats                 -x0++x++0+
GET    /api/rooms/{meeting_id}/stats.html            -x0++x++0+
POST   /api/rooms/{meeting_id}/stats.html            -xxxxxxxxx
GET    /api/rooms/{meeting_id}/captures              -xxxxxxxx+
POST   /api/rooms/{meeting_id}/captures              -xxxxxxxx0
DELETE /api/rooms/{meeting_id}/captures/{capture_id} -xxxxxxxx0
GET    /api/rooms/{meeting_id}/captures/{capture_id}.pcap -xxxxxxxx0
GET    /api/meetings/{meeting_id}/proceedings        -00+++x+00
POST   /api/meetings/{meeting_id}/corrections        -00++xxx00
GET    /api/meetings/{meeting_id}/recording          -00+++++00
GET    /api/meetings/{meeting_id}/missed             -+0+++++00
GET    /api/meetings/{meeting_id}/missed/{part}/{number} -+0+++++00
GET    /api/recordings/{recording_id}/segments/{number} -00+++++00
GET    /api/recordings/{recording_id}/recording.mp4  -00+++++00

GET    /api/meetings/{meeting_id}/minutes            -00+++0+00
POST   /api/meetings/{meeting_id}/minutes            -00+xx0x00
PUT    /api/meetings/{meeting_id}/minutes            -00+xx0x00
GET    /api/meetings/{meeting_id}/minutes/revisions  -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/revisions/{number} -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/pdf        -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/docx       -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/html       -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/signed.pdf -000000000
POST   /api/meetings/{meeting_id}/minutes/rounds     -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/rounds/close -00+xx0x00
GET    /api/meetings/{meeting_id}/minutes/comments   -00+++0+00
POST   /api/meetings/{meeting_id}/minutes/comments   -00+++0+00
POST   /api/meetings/{meeting_id}/minutes/comments/{comment_id}/resolve -000xx0x00
POST   /api/meetings/{meeting_id}/minutes/submit     -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/return     -00++x0x00
PUT    /api/meetings/{meeting_id}/minutes/number     -00xx+0x00
POST   /api/meetings/{meeting_id}/minutes/sign       -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/upload     -00+++0+00
POST   /api/meetings/{meeting_id}/minutes/issue      -00xx+0x00
POST   /api/meetings/{meeting_id}/minutes/recall     -00xx+0x00
GET    /api/meetings/{meeting_id}/dossier            -000000000
POST   /api/meetings/{meeting_id}/dossier            -00+x+0x00
GET    /api/meetings/{meeting_id}/dossier.zip        -000000000
POST   /api/meetings/{meeting_id}/dossier/verify     -000000000
GET    /api/me/certificate                           -xx+++++++
PUT    /api/me/certificate                           -xx+++++++
DELETE /api/me/certificate                           -xx+++++++
POST   /api/me/certificate/test                      -xx+++++++

GET    /api/search                                   -+++++++++
GET    /api/levels                                   -xx+++++++
GET    /api/units                                    -xx+++++++
GET    /api/units/{unit_id}                          -xx+++++++
GET    /api/units/{unit_id}/sites                    -xx+++++++
POST   /api/units                                    -xxxxxx+x+
PUT    /api/units/{unit_id}                          -xxxxxx+x+
POST   /api/units/{unit_id}/sites                    -xxxxxx+x+
PUT    /api/sites/{site_id}                          -xxxxxx+x+
POST   /api/sites/{site_id}/new-link                 -xxxxxx+x+
GET    /api/persons                                  -xx+++++++
POST   /api/persons                                  -xxxxxx+x+
PUT    /api/persons/{person_id}                      -xxxxxx+x+
PUT    /api/persons/{person_id}/roles                -xxxxxx+x+
POST   /api/persons/{person_id}/reset-password       -xxxxxx+x+

GET    /api/settings                                 -xxxxxxxx+
PUT    /api/settings                                 -xxxxxxxx+
GET    /api/mail                                     -xxxxxxxx+
GET    /api/mail/{letter_id}.eml                     -xxxxxxxx+
GET    /api/nodes                                    -xxxxxxxx+
POST   /api/nodes                                    -xxxxxxxx+
POST   /api/nodes/check                              -xxxxxxxx+
DELETE /api/nodes/{node_id}                          -xxxxxxxx0
GET    /api/jobs                                     -xxxxxxxx+
POST   /api/jobs/{job_id}/retry                      -xxxxxxxx+
GET    /api/audit                                    -xxxxxxxx+

GET    /healthz                                      ++++++++++
GET    /metrics                                      000000000+
GET    /ca                                           ++++++++++
GET    /ca.crt                                       ++++++++++
GET    /assets                                       ++++++++++
GET    /j/{token}                                    ++++++++++
GET    /{path:path}                                  ++++++++++
"""

Request = tuple[str, dict[str, Any]]  # what goes into the path, and the options


def expected(table: str = TABLE) -> dict[tuple[str, str], str]:
    lines = [line.split() for line in table.splitlines() if line.strip()]
    return {(method, path): marks for method, path, marks in lines}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every route of the app, also those of included routers, mounts and sockets."""
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in contexts() if contexts else [route]:
            asked: Any = getattr(one, "starlette_route", None) or one
            if isinstance(asked, WebSocketRoute):
                methods = {"WS"}
            elif isinstance(asked, Mount):
                methods = {"GET"}
            else:
                methods = asked.methods
            yield from ((method, asked.path) for method in sorted(methods) if method != "HEAD")


def test_every_endpoint_stands_in_the_table(small_world: World) -> None:
    assert sorted(routes(small_world.app)) == sorted(expected())


async def visitors(world: World) -> dict[str, Visitor]:
    people = {
        "foreign site": "diemcau.thaiphintung.dongvan",
        "secretary": "thuky.quanba",
        "chair": "chutich.quanba",
        "clerk": "vanthu.quanba",
        "technician": "kythuat.quanba",
        "unit administrator": "quantri.quanba",
        "foreign secretary": "thuky.dongvan",
        "administrator": "quantri",
    }
    found = {role: await world.person(login) for role, login in people.items()}
    return {"anonymous": await world.visitor(), "site": await world.site("quanba.quanba"), **found}


def a_missed_part(world: World, meeting_id: str) -> str:
    """As it lies here once it was fetched."""
    folder = world.services.captures.recordings / "missed" / meeting_id / "1000-9000"
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "segment-000.webm").write_bytes(b"\x1aE\xdf\xa3")
        segment = {"start_ms": 0, "duration_ms": 8000, "media_type": "audio/webm", "file_name": "segment-000.webm"}
        write_about(folder, {"segments": [segment], "chapters": []})
    return folder.name


class Requests:
    """What is asked of each endpoint: real things, so that only the right to them decides."""

    def __init__(self, served: Served, held: Held, level_id: str, job_id: str) -> None:
        self.served, self.world, self.held = served, served.world, held
        self.spare = self.paper_id = self.ticket_id = ""
        self.level_id, self.job_id, self.comment_id = level_id, job_id, "none"
        self.commune = demo_id("unit:lungtam.quanba")
        self.unit = {"name": "Thử", "kind": "xã", "level_id": level_id, "parent_id": demo_id("unit:quanba")}

    async def values(self, method: str, path: str) -> dict[str, str]:
        """What stands in the path."""
        held = self.held
        is_over = any(part in path for part in ("/minutes", "/dossier", "/proceedings", "/corrections", "/recording"))
        meeting = held.meeting_id if is_over else self.world.meeting.id
        if path.endswith(("/cancel", "/postpone")):
            meeting = self.spare = self.spare or await another_meeting(self.world)
        paper = self.paper_id = self.paper_id or await with_paper(self.world, self.world.meeting.id)
        if method in ("DELETE", "PATCH") and "papers" in path:
            paper = await with_paper(self.world, self.world.meeting.id)
        token = "x" if "password" in path else await self.world.token("quanba.quanba")
        return {
            "meeting_id": meeting,
            "paper_id": paper,
            "recording_id": held.recording_id,
            "number": "1" if "papers" in path or "revisions" in path else "0",
            "token": token,
            "secret": "x",
            "unit_id": self.commune,
            "site_id": demo_id("site:lungtam.quanba"),
            "person_id": demo_id("person:vanthu.lungtam.quanba"),
            "letter_id": "letter",
            "job_id": self.job_id,
            "comment_id": self.comment_id,
            "session_id": "none",
            "capture_id": "none",
            "part": a_missed_part(self.world, meeting) if "{part}" in path else "",
            "node_id": "none",
            "ticket_id": await self.ticket() if "ticket_id" in path else "",
            "path": "meetings/1",
        }

    async def ticket(self) -> str:
        if not self.ticket_id:
            desk = await self.world.person("thuky.quanba")
            path = f"/api/meetings/{self.world.meeting.id}/tickets"
            self.ticket_id = (await desk.post(path, json={"kind": "playback"})).json()["id"]
        return self.ticket_id

    def options(self, method: str, path: str) -> dict[str, Any]:
        """Its body."""
        bodies: dict[str, Any] = {
            "PATCH /api/session": {"language": "vi"},
            "POST /api/session/site": {"token": "x"},
            "POST /api/site-links/{token}/reply": {"reply": "accepted"},
            "POST /api/password": {"old": "wrong", "new": "một mật khẩu mới"},
            "POST /api/password-resets/{token}": {"new": "một mật khẩu mới"},
            "POST /api/meetings": {"title": "Thử", "host_unit_id": demo_id("unit:quanba")},
            "POST /api/meetings/urgent": {"title": "Khẩn", "host_unit_id": demo_id("unit:quanba"), "site_ids": [SITE]},
            "PUT /api/meetings/{meeting_id}": {"title": "Thử", "version": 999},
            "PUT /api/meetings/{meeting_id}/tree": {"version": 999},
            "POST /api/meetings/{meeting_id}/board/{site_id}/message": {"text": "Bật micro"},
            "POST /api/meetings/{meeting_id}/readiness": {
                "microphone": True, "camera": True, "down_kbps": 9000, "up_kbps": 4000, "rtt_ms": 20,
            },
            "POST /api/meetings/{meeting_id}/send": {"version": 999},
            "POST /api/meetings/{meeting_id}/cancel": {"reason": ""},
            "POST /api/meetings/{meeting_id}/postpone": {"reason": "mưa lũ"},
            "POST /api/meetings/{meeting_id}/device-check": {"microphone": True, "camera": True},
            "PATCH /api/papers/{paper_id}": {"title": "Khác"},
            "POST /api/rooms/{meeting_id}/captures": {"peer": "x"},
            "POST /api/meetings/{meeting_id}/tickets": {"kind": "playback", "label": "Máy ngoài"},
            "POST /api/meetings/{meeting_id}/corrections": {
                "fact_id": self.held.fact_id, "field": "reason", "new": "nghỉ trưa", "reason": "ghi nhầm",
            },
            "PUT /api/meetings/{meeting_id}/minutes": {"revision": 1, "opening": "x"},
            "POST /api/meetings/{meeting_id}/minutes/return": {"reason": "sửa"},
            "POST /api/meetings/{meeting_id}/minutes/rounds": {"deadline": "2020-01-01T00:00:00Z"},
            "POST /api/meetings/{meeting_id}/minutes/comments": {
                "revision": 1, "part": "attendance", "paragraph": 0, "text": "Thiếu xã Lùng Tám.",
            },
            "POST /api/meetings/{meeting_id}/minutes/comments/{comment_id}/resolve": {"outcome": "accepted"},
            "PUT /api/meetings/{meeting_id}/minutes/number": {
                "number": "07", "notation": "BB-UBND", "date": "2026-11-23",
            },
            "POST /api/meetings/{meeting_id}/minutes/sign": {"role": "secretary", "pin": "123456"},
            "POST /api/meetings/{meeting_id}/minutes/recall": {"reason": "sai"},
            "POST /api/me/certificate/test": {"pin": "1"},
            "POST /api/units": self.unit,
            "PUT /api/units/{unit_id}": {**self.unit, "name": "Lùng Tám"},
            "POST /api/units/{unit_id}/sites": {"name": "Hội trường"},
            "PUT /api/sites/{site_id}": {"name": "Phòng họp"},
            "POST /api/persons": {"name": "Vàng A Sính", "unit_id": self.commune, "post": "Phó Chủ tịch"},
            "PUT /api/persons/{person_id}": {"name": "Vàng A Sính"},
            "PUT /api/persons/{person_id}/roles": {"roles": [{"role": "clerk", "unit_id": self.commune}]},
            "POST /api/nodes": {"text": "x", "role": "lower"},
            "POST /api/nodes/check": {"text": "x"},
            "PUT /api/settings": {"support_phone": "0219 000 0000"},
        }  # fmt: skip
        if path.endswith("/papers"):
            return {"files": {"file": ("a.pdf", small_pdf(), "application/pdf")}, "data": {"not_secret": "true"}}
        if path.endswith(("/minutes/upload", "/me/certificate")):
            return {"files": {"file": ("a.pdf", b"%PDF-1.7 x")}, "data": {"pin": "1"}} if method != "DELETE" else {}
        body = bodies.get(f"{method} {path}")
        return {"json": body} if body is not None else {"json": {}} if method in ("POST", "PUT") else {}


def mark(answer: httpx.Response) -> str:
    return {401: "-", 403: "x", 404: "0"}.get(answer.status_code, "+" if answer.status_code < 500 else "!")


async def mark_of_socket(served: Served, visitor: Visitor, path: str) -> str:
    try:
        socket = await served.dial(visitor, path=f"{served.url}{path}")
    except InvalidStatus as refused:  # before it is accepted
        return {403: "x"}.get(refused.response.status_code, "!")
    return {None: "+", 4401: "-", 4403: "x", 4404: "0"}.get(await answered(socket), "!")


@pytest.fixture
async def served(small_world: World) -> AsyncIterator[Served]:
    async with serving(small_world) as served:
        yield served


async def assert_table(table: str, ask: Requests, everybody: dict[str, Visitor]) -> None:
    """Each role asks at each row, row after row."""
    wrong = []
    for (method, path), marks in expected(table).items():
        found = "".join([await one_mark(ask, everybody, role, method, path) for role in ROLES])
        if found != marks:
            wrong.append(f"{method} {path}: expected {marks}, found {found}")
    assert not wrong, "\n" + "\n".join(wrong)


async def test_who_may_what(served: Served) -> None:
    small_world = served.world
    held = await hold_another(small_world)
    everybody = await visitors(small_world)
    async with small_world.database.reading() as session:
        level_id = await session.scalar(select(Level.id).where(Level.code == "commune"))
        job_id = await session.scalar(select(OutboxRow.id).limit(1))
    (small_world.services.settings.keys_folder / "ca.crt").write_text("certificate")
    with_letter(small_world)
    ask = Requests(served, held, str(level_id), str(job_id))
    await assert_table(TABLE, ask, everybody)


WHERE_MEETINGS_ARE_REAL = """
GET    /api/mail                                     -xxxx+x+++
GET    /api/mail/{letter_id}.eml                     -xxxxxx+xx
"""
"""No demonstration. Văn thư, unit administrator and another district's secretary are administrators as well: the first
sees the meeting and hands no links out, the second runs it, to the third it is not there."""


async def test_who_opens_letters_where_meetings_are_real(served: Served) -> None:
    everybody = await visitors(served.world)
    await make_real(served.world, "vanthu.quanba", "quantri.quanba", "thuky.dongvan")
    with_letter(served.world)
    await assert_table(WHERE_MEETINGS_ARE_REAL, Requests(served, NOTHING_HELD, "", ""), everybody)


WHILE_THE_ROOM_IS_OPEN = """
GET    /api/rooms/{meeting_id}                       -+0+++++00
WS     /api/rooms/{meeting_id}/socket                -+x+++++xx
"""
"""Opened for tests: those invited come in, and who serves the meeting looks on."""


async def test_who_may_come_in_while_the_room_is_open(served: Served) -> None:
    everybody = await visitors(served.world)
    secretary = await served.enter(everybody["secretary"])
    assert "ok" in await secretary.command("open_testing")
    await secretary.socket.close()
    ask = Requests(served, NOTHING_HELD, "", "")
    await assert_table(WHILE_THE_ROOM_IS_OPEN, ask, everybody)


WHILE_COMMENTS_ARE_ASKED_FOR = """
GET    /api/meetings/{meeting_id}/minutes            -0++++++00
GET    /api/meetings/{meeting_id}/minutes/pdf        -0++++++00
GET    /api/meetings/{meeting_id}/minutes/html       -0++++++00
GET    /api/meetings/{meeting_id}/minutes/docx       -00+++0+00
GET    /api/meetings/{meeting_id}/minutes/revisions  -00+++0+00
PUT    /api/meetings/{meeting_id}/minutes            -00+xx0x00
GET    /api/meetings/{meeting_id}/minutes/comments   -0++++++00
POST   /api/meetings/{meeting_id}/minutes/comments   -0++++++00
POST   /api/meetings/{meeting_id}/minutes/rounds     -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/comments/{comment_id}/resolve -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/submit     -00+xx0x00
POST   /api/meetings/{meeting_id}/minutes/rounds/close -00+xx0x00
"""
"""As above; instead of another district's commune, one that was invited, by its login. The technician is of a unit that
was invited, the chair's own."""


async def test_who_may_what_while_comments_are_asked_for(served: Served) -> None:
    small_world = served.world
    held = await hold_another(small_world)
    everybody = await visitors(small_world)
    everybody["foreign site"] = await small_world.person("diemcau.lungtam.quanba")
    deadline = (small_world.clock.now + timedelta(days=2)).isoformat()
    asked = await everybody["secretary"].post(
        f"/api/meetings/{held.meeting_id}/minutes/rounds", json={"deadline": deadline, "note": "Xem mục 1"}
    )
    assert asked.status_code == 201, asked.text
    commented = await everybody["foreign site"].post(
        f"/api/meetings/{held.meeting_id}/minutes/comments",
        json={"revision": 1, "part": "attendance", "paragraph": 0, "text": "Thiếu tên."},
    )
    assert commented.status_code == 201, commented.text
    ask = Requests(served, held, "", "")
    ask.comment_id = commented.json()["items"][0]["id"]
    await assert_table(WHILE_COMMENTS_ARE_ASKED_FOR, ask, everybody)


WHEN_ISSUED_AND_FILED = """
GET    /api/meetings/{meeting_id}/proceedings        -xx+++x+00
GET    /api/meetings/{meeting_id}/minutes            -+++++++00
GET    /api/meetings/{meeting_id}/minutes/pdf        -+++++++00
GET    /api/meetings/{meeting_id}/minutes/html       -+++++++00
GET    /api/meetings/{meeting_id}/minutes/docx       -+++++++00
GET    /api/meetings/{meeting_id}/minutes/signed.pdf -+++++++00
GET    /api/meetings/{meeting_id}/minutes/revisions  -+++++++00
PUT    /api/meetings/{meeting_id}/minutes            -xx+xxxx00
PUT    /api/meetings/{meeting_id}/minutes/number     -xxxx+xx00
POST   /api/meetings/{meeting_id}/minutes/issue      -xxxx+xx00
POST   /api/meetings/{meeting_id}/dossier            -xx+x+xx00
GET    /api/meetings/{meeting_id}/dossier            -xx+++x+00
GET    /api/meetings/{meeting_id}/dossier.zip        -xx+++x+00
POST   /api/meetings/{meeting_id}/dossier/verify     -xx+++x+00
POST   /api/meetings/{meeting_id}/minutes/recall     -xxxx+xx00
"""
"""The site came by the link of this very meeting, and instead of another district's commune one that was invited."""


async def test_who_may_what_when_the_minutes_are_issued_and_filed(served: Served) -> None:
    held = await hold_another(served.world)
    everybody = await visitors(served.world)
    everybody["foreign site"] = await served.world.person("diemcau.lungtam.quanba")
    everybody["site"] = await served.world.visitor()
    await everybody["site"].come_by_link(await served.world.token("quanba.quanba", held.meeting_id))
    await issue(served.world, held.meeting_id)
    filed = await everybody["clerk"].post(f"/api/meetings/{held.meeting_id}/dossier")
    assert filed.status_code == 201, filed.text
    ask = Requests(served, held, "", "")
    await assert_table(WHEN_ISSUED_AND_FILED, ask, everybody)


async def one_mark(ask: Requests, everybody: dict[str, Visitor], role: str, method: str, path: str) -> str:
    values = await ask.values(method, path)
    address = "/assets/app-1a2b3c.js" if path == "/assets" else path.replace(":path", "").format(**values)
    visitor = everybody[role]
    if method == "WS":
        return await mark_of_socket(ask.served, visitor, address)
    if (method, path) == ("DELETE", "/api/session") and role != "anonymous":
        visitor = await another_session(ask.world, visitor)
    return mark(await visitor.request(method, address, **ask.options(method, path)))


async def another_session(world: World, visitor: Visitor) -> Visitor:
    """To be logged out: the same person or site in another browser."""
    known = next((login for login, one in world.visitors.items() if one is visitor), "")
    world.visitors.pop(known)
    fresh = await (world.site(known.removeprefix("link ")) if known.startswith("link ") else world.person(known))
    world.visitors[known] = visitor
    return fresh


async def test_a_changing_request_without_its_token_is_refused_everywhere(small_world: World) -> None:
    """CSRF and Origin: all but those that need no session."""
    visitor = await small_world.person("quantri.quanba")
    without: Callable[..., Awaitable[httpx.Response]] = visitor.http.request
    without_session = ("----------", "++++++++++")
    open_to_all = {path for (_, path), marks in expected().items() if marks[0] != "-" or marks in without_session}
    parts = ("meeting_id", "paper_id", "recording_id", "number", "unit_id", "site_id", "person_id", "job_id")
    values = dict.fromkeys((*parts, "comment_id", "ticket_id", "capture_id", "node_id"), "1")
    for method, path in expected():
        if method in ("GET", "WS") or path in open_to_all - {"/api/session"}:
            continue
        if (method, path) == ("POST", "/api/session"):
            continue
        answer = await without(method, path.format(**values))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_csrf_token"), (method, path)
        stolen = {"x-csrf-token": visitor.csrf, "origin": "https://evil.example"}
        answer = await without(method, path.format(**values), headers=stolen)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin"), (method, path)
    assert visitor.http.headers["origin"] == ORIGIN
