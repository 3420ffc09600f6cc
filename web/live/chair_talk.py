"""What rooms say to one another of the chair (``chair.*``): asking, who may ask, and reading it, bounded.

Somebody of another installation is called by his id there with ``@`` and the node it came from, at every step.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from scheduler.database import Database
from scheduler.linked.messages import NotUnderstood, is_plain, read_id
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.plan import Sitter
from scheduler.proceedings.state import Link
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError, RefusedThere, RequestRefused
from web.live.errors import Closing
from web.live.neighbours import lower_room, upper_room

if TYPE_CHECKING:
    from web.live.room import Room

ASK_S = 8.0
LONGEST_PERSON = 300  # an id, with the nodes it came through
LONGEST_NAME = 200
KNOWN = frozenset(
    ("not_present", "unknown_site", "nobody_logged_in", "away", "not_linked", "not_below", "chair_not_lent", "busy")
)
"""Refusals below that mean the same here; any other is said to be the other side's."""
Answers = dict[str, Callable[[str, Json], Awaitable[Json]]]


class ChairTalk:
    """``answers``: by kind, called with the node that asks (empty: this installation)."""

    def __init__(self, rooms: Mapping[str, Room], channel: LinkChannel, database: Database) -> None:
        self._rooms = rooms
        self._channel = channel
        self._database = database
        self.answers: Answers = {}

    def start(self) -> None:
        self._channel.on("chair.*", self.answer)

    async def ask_below(self, node: str, kind: str, body: Json) -> Json:
        """``node`` empty: a room of this installation. A refusal is :class:`Refused`, by what it means here."""
        try:
            if not node:
                return await self.answer("", kind, body)
            return await self._channel.request(node, kind, body, ASK_S)
        except RequestRefused as refused:
            raise Refused(refused.code, detail=refused.detail) from refused
        except RefusedThere as refused:
            code = "far_old" if refused.code == "unknown_kind" else "far_refused"
            raise Refused(refused.code if refused.code in KNOWN else code, detail=refused.detail) from refused
        except LinkError as error:
            raise Refused("far_unreachable", detail=str(error)) from error

    async def ask_above(self, room: Room, above: Link, kind: str, body: Json) -> Json:
        """What is refused above is a refusal of the room's rules, said with their code."""
        body = {"meeting": above.meeting_id, "child": room.meeting_id, **body}
        if not above.node:
            return await self.ask_below("", kind, body)
        try:
            return await self._channel.request(above.node, kind, body, ASK_S)
        except RefusedThere as refused:
            raise Refused(refused.code, detail=refused.detail) from refused
        except LinkError as error:
            raise Refused("far_unreachable", detail=str(error)) from error

    async def answer(self, node: str, kind: str, body: Json) -> Json:
        answer = self.answers.get(kind)
        if answer is None:
            raise RequestRefused("unknown_kind", kind[:60])
        try:
            return await answer(node, body)
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)[:60]) from wrong
        except Refused as refused:
            raise RequestRefused(refused.code, refused.detail[:200]) from refused
        except Closing as closing:
            raise RequestRefused("restarting") from closing

    def asked_below(self, node: str, body: Json) -> Room:
        return lower_room(self._rooms, node, read_id(body, "meeting"), read_id(body, "child"))

    async def asked_above(self, node: str, body: Json) -> tuple[Room, str]:
        meeting, child = read_id(body, "meeting"), read_id(body, "child")
        room = await upper_room(self._rooms, self._database, node, meeting, child)
        link = lower_link(room, child)
        if link is None or link.status == "lost":
            raise RequestRefused("not_linked", "link first")
        return room, child


def lower_link(room: Room, child: str) -> Link | None:
    return next((one for one in room.state.links if one.meeting_id == child and one.side == "lower"), None)


def ours(person_id: str, node: str) -> str:
    """Somebody of another installation, as he is called here: never one of our own people."""
    return f"{person_id}@{node}" if node else person_id


def theirs(person_id: str, node: str) -> str:
    return person_id.removesuffix(f"@{node}") if node else person_id


def read_person(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_PERSON or not value.isascii() or " " in value:
        raise NotUnderstood(name)
    return value


def read_sitter(reply: Json, node: str, child: str, site_id: str) -> Sitter:
    """From below: who sits there; the site is the one that was asked for."""
    for name in ("name", "post", "site_name"):
        value = reply.get(name)
        if not isinstance(value, str) or len(value) > LONGEST_NAME or not is_plain(value):
            raise NotUnderstood(name)
    person = f.Somebody(reply["name"], reply["post"])
    return Sitter(ours(read_person(reply, "person_id"), node), site_id, child, reply["site_name"], person)
