"""The far chair at his desk: what he sees of the room above and asks of it (``chair.desk``, ``chair.command``).

Every room on the way holds who asks against its own fact; the room whose chair it is judges the command as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from scheduler.database import Database
from scheduler.linked.messages import NotUnderstood, read_id
from scheduler.proceedings import commands as c
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.far_chair import check_far, far_participant
from scheduler.proceedings.state import ChairAbove, Link
from web.link.channel import Json
from web.link.errors import RequestRefused
from web.live.board import machine_of
from web.live.chair_talk import ChairTalk, ours, read_person
from web.live.connection import Connection
from web.live.desk import desk_of
from web.live.rate import TokenBucket
from web.live.view import title_of

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
MOST_HOPS = 8
COMMANDS_PER_S, COMMANDS_AT_ONCE = 10.0, 40.0  # from one room below
Spawn = Callable[[Coroutine[Any, Any, None], str], None]


class FarDesk:
    """``tick`` twice a second."""

    def __init__(
        self,
        rooms: Mapping[str, Room],
        talk: ChairTalk,
        database: Database,
        monotonic: Callable[[], float],
        spawn: Spawn,
    ) -> None:
        self._rooms = rooms
        self._talk = talk
        self._database = database
        self._monotonic = monotonic
        self._spawn = spawn
        self._looking: set[str] = set()  # rooms that read what their site sees
        self._seen: dict[str, tuple[str, int]] = {}  # room → connection, and how far the room above was then
        self._asked: dict[str, TokenBucket] = {}
        talk.answers |= {"chair.command": self._commanded, "chair.desk": self._desk_asked}

    def over(self, room: Room, lent: ChairAbove) -> None:
        """He has it no more."""
        self._seen.pop(room.meeting_id, None)
        machine = machine_of(room, lent.site_id)
        if machine is not None:
            machine.outgoing.send({"type": "desk", "desk": None})

    # -- commands of the far chair ----------------------------------------------------------------------------------

    async def command(self, room: Room, connection: Connection, name: Any, args: Any) -> Json:
        """A command of somebody here for the room above, whose chair he has."""
        lent, above = self._lent_to(room, connection)
        check_far(c.parse(name, args))
        body: Json = {"person": lent.person_id, "site": lent.site_id, "name": name, "args": args, "hops": 1}
        reply = await self._talk.ask_above(room, above, "chair.command", body)
        self.look(room)
        return {"seq": reply.get("seq")}

    def _lent_to(self, room: Room, connection: Connection) -> tuple[ChairAbove, Link]:
        lent, above, one = room.state.chair_above, link_above(room.state), connection.participant
        is_his = connection.publishes and connection.is_open and connection.actor.person_id is not None
        if lent is None or not is_his or (lent.site_id, lent.person_id) != (one.site_id, one.person_id):
            raise Refused("chair_not_lent", detail=str(one.site_id))
        if above is None or above.status != "open":
            raise Refused("not_linked", detail=above.title if above is not None else "")
        return lent, above

    async def _commanded(self, node: str, body: Json) -> Json:
        room, child = await self._talk.asked_above(node, body)
        person_id, site_id = ours(read_person(body, "person"), node), read_id(body, "site")
        bucket = self._asked.setdefault(child, TokenBucket(COMMANDS_PER_S, COMMANDS_AT_ONCE, self._monotonic()))
        if not bucket.take(self._monotonic()):
            raise RequestRefused("busy", "too often")
        lent = room.state.chair_above
        if lent is not None and (lent.through, lent.person_id, lent.site_id) == (child, person_id, site_id):
            return await self._pass_on(room, "chair.command", body, person_id)
        actor = far_participant(room.state, child, person_id, site_id)
        command = c.parse(body.get("name"), body.get("args", {}))
        check_far(command)
        seq = await room.obey(actor, command, still=lambda: far_participant(room.state, child, person_id, site_id))
        return {"seq": seq}

    async def _pass_on(self, room: Room, kind: str, body: Json, person_id: str) -> Json:
        """The chair is of a room further up: its own fact decides."""
        hops, above = body.get("hops", 0), link_above(room.state)
        if not isinstance(hops, int) or isinstance(hops, bool) or not 0 <= hops < MOST_HOPS:
            raise NotUnderstood("hops")
        if above is None or above.status != "open":
            raise Refused("not_linked")
        more = {key: value for key, value in body.items() if key not in ("meeting", "child")}
        return await self._talk.ask_above(room, above, kind, {**more, "person": person_id, "hops": hops + 1})

    # -- what the far chair sees ------------------------------------------------------------------------------------

    def tick(self) -> None:
        for room in list(self._rooms.values()):
            if room.state.chair_above is not None:
                self.look(room)

    def look(self, room: Room) -> None:
        lent = room.state.chair_above
        machine = machine_of(room, lent.site_id) if lent is not None and lent.through is None else None
        if machine is not None and room.is_live and room.meeting_id not in self._looking:
            self._looking.add(room.meeting_id)
            self._spawn(self._read_desk(room, machine), "chair.desk")

    async def _read_desk(self, room: Room, machine: Connection) -> None:
        try:
            lent, above = self._lent_to(room, machine)
            seen = self._seen.get(room.meeting_id)
            mark = seen[1] if seen is not None and seen[0] == machine.id else -1
            body: Json = {"person": lent.person_id, "site": lent.site_id, "mark": mark, "hops": 1}
            reply = await self._talk.ask_above(room, above, "chair.desk", body)
        except Refused as refused:
            log.debug("the desk of the room above cannot be read", room=room.meeting_id, reason=refused.code)
            return
        finally:
            self._looking.discard(room.meeting_id)
        if (
            isinstance(reply.get("desk"), dict)
            and isinstance(reply.get("mark"), int)
            and room.state.chair_above == lent
        ):
            self._seen[room.meeting_id] = machine.id, reply["mark"]
            machine.outgoing.send({"type": "desk", "desk": reply["desk"]})

    async def _desk_asked(self, node: str, body: Json) -> Json:
        room, child = await self._talk.asked_above(node, body)
        person_id, site_id = ours(read_person(body, "person"), node), read_id(body, "site")
        lent = room.state.chair_above
        if lent is not None and (lent.through, lent.person_id, lent.site_id) == (child, person_id, site_id):
            return await self._pass_on(room, "chair.desk", body, person_id)
        actor = far_participant(room.state, child, person_id, site_id)
        if body.get("mark") == room.head.seq:
            return {"mark": room.head.seq}
        async with self._database.reading() as session:
            title = await title_of(session, room.meeting_id)
        return {"mark": room.head.seq, "desk": desk_of(room.state, room.planned, actor, title, room.has.clock())}
