"""The chair between levels: lent to a site of a room below, and its return (``chair.*``).

The fact that lends it is the upper room's own; the rooms on the way down to the site say in theirs that they have it.
Down: ``sits`` (who is logged in there), ``lent``, ``over``. Up: ``back`` (who had it is out of reach). All may be
asked twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from recordings.minutes.names import load_persons
from scheduler.database import Database
from scheduler.linked.messages import NotUnderstood, read_id
from scheduler.linked.seats import find_seat
from scheduler.proceedings import facts as f
from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.far_chair import lent_site
from scheduler.proceedings.plan import Sitter
from scheduler.proceedings.state import ChairAbove, State
from web.link.channel import Json, LinkChannel
from web.link.errors import LinkError
from web.live.board import machine_of
from web.live.chair_talk import ChairTalk, lower_link, read_person, read_sitter, theirs
from web.live.errors import Closing
from web.live.far_desk import MOST_HOPS, FarDesk

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
SERVICE = f.By()


class Chairing:
    """``took`` after every fact of a room. ``desk``: what he who has it sees and asks for."""

    def __init__(
        self, rooms: Mapping[str, Room], channel: LinkChannel, database: Database, monotonic: Callable[[], float]
    ) -> None:
        self._database = database
        self._tasks: set[asyncio.Task[None]] = set()
        self._talk = ChairTalk(rooms, channel, database)
        self.desk = FarDesk(rooms, self._talk, database, monotonic, self._spawn)
        self._talk.answers |= {
            "chair.sits": self._sits_below,
            "chair.lent": self._lent,
            "chair.over": self._over,
            "chair.back": self._back,
        }

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._talk.start()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until every errand that was begun is done, and those that follow from it."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None], what: str) -> None:
        async def run() -> None:
            try:
                await work
            except (LinkError, Refused, Closing, SQLAlchemyError, OSError) as error:
                log.warning("the chair between levels: a room could not tell another", what=what, error=str(error))

        task = asyncio.create_task(run(), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- who sits there ---------------------------------------------------------------------------------------------

    async def sitter(self, room: Room, site_id: str) -> Sitter:
        """Who is logged in at a site of a room below this one: the rooms on the way are asked, down to the site's."""
        node, child = await self._way_down(room, site_id)
        return await self._sitter_through(room, node, child, site_id, 0)

    async def _way_down(self, room: Room, site_id: str) -> tuple[str, str]:
        """The node and the room directly below through which the site is reached."""
        async with self._database.reading() as session:
            seat = await find_seat(session, room.meeting_id, site_id)
        if seat is None:
            raise Refused("unknown_site", detail=site_id)
        if len(seat.rooms) > 1:
            return "", seat.rooms[1]
        if seat.child is None or seat.child.meeting_id is None:
            raise Refused("not_below", detail=site_id)
        return seat.child.node_id, seat.child.meeting_id

    async def _sitter_through(self, room: Room, node: str, child: str, site_id: str, hops: int) -> Sitter:
        if hops >= MOST_HOPS:
            raise Refused("too_far", detail=site_id)
        body: Json = {"meeting": room.meeting_id, "child": child, "site": site_id, "hops": hops + 1}
        try:
            return read_sitter(await self._talk.ask_below(node, "chair.sits", body), node, child, site_id)
        except NotUnderstood as wrong:
            raise Refused("far_refused", detail=f"not understood: {wrong}") from wrong

    async def _sits_below(self, node: str, body: Json) -> Json:
        room = self._talk.asked_below(node, body)
        site_id, hops = read_id(body, "site"), body.get("hops", 0)
        if not isinstance(hops, int) or isinstance(hops, bool) or not 0 <= hops <= MOST_HOPS:
            raise NotUnderstood("hops")
        self._check_follows(room)
        if site_id in room.plan.site_ids or site_id in room.state.sites:
            found = await self._here(room, site_id)
        else:
            found = await self._sitter_through(room, *await self._way_down(room, site_id), site_id, hops)
        somebody = found.person
        return {
            "person_id": found.person_id,
            "name": somebody.name,
            "post": somebody.post,
            "site_name": found.site_name,
        }

    async def _here(self, room: Room, site_id: str) -> Sitter:
        machine = machine_of(room, site_id)
        if machine is None:
            raise Refused("not_present", detail=site_id)
        person_id = machine.actor.person_id
        if person_id is None:  # its shared link: nobody in particular
            raise Refused("nobody_logged_in", detail=room.planned.title_of(site_id) or "")
        async with self._database.reading() as session:
            persons = await load_persons(session, {person_id}, room.has.clock())
        person = persons.get(person_id, f.Somebody(machine.participant.name))
        return Sitter(person_id, site_id, "", room.planned.title_of(site_id) or "", person)

    @staticmethod
    def _check_follows(room: Room) -> None:
        above = link_above(room.state)
        if above is None or above.status != "open":
            raise Refused("not_linked" if above is None or above.status == "lost" else "away")

    # -- what facts mean for other rooms ----------------------------------------------------------------------------

    def took(self, room: Room, before: State, facts: Sequence[f.Fact]) -> None:
        for body in (fact.body for fact in facts):
            match body:
                case f.ChairLent():
                    self._end_before(room, before, body.meeting_id)
                    self._spawn(self._tell_lent(room, body.meeting_id, body.site_id, body.person_id), "chair.lent")
                case f.ChairHandedOver():
                    self._end_before(room, before, "")
                case f.ChairResumed() if room.state.far_chair is not None:  # the room below is back: said again
                    through = room.state.far_chair.meeting_id
                    self._spawn(self._tell_lent(room, through, body.site_id, body.person_id), "chair.lent")
                case f.ChairBorrowed(through=None):
                    self.desk.look(room)
                case f.ChairBorrowed(through=str(through)):
                    self._spawn(self._tell_lent(room, through, body.site_id, body.person_id), "chair.lent")
                case f.ChairGivenBack() | f.LinkClosed() if before.chair_above is not None:
                    if room.state.chair_above is None:
                        self._gave_back(room, before.chair_above)
                case f.LinkLost():
                    lent = room.state.chair_above
                    if lent is not None and lent.through == body.meeting_id:  # who has it is out of reach
                        self._spawn(self._give_up(room, lent), "chair.back")

    def _end_before(self, room: Room, before: State, now_through: str) -> None:
        """Whoever had the chair below learns that he has it no more."""
        far = before.far_chair
        if far is not None and far.meeting_id != now_through:
            self._spawn(self._tell_over(room, far.meeting_id), "chair.over")

    def _gave_back(self, room: Room, lent: ChairAbove) -> None:
        self.desk.over(room, lent)
        if lent.through is not None:
            self._spawn(self._tell_over(room, lent.through), "chair.over")

    async def _tell_lent(self, room: Room, child: str, site_id: str, person_id: str) -> None:
        link = lower_link(room, child)
        if link is None:
            return
        body = {"meeting": room.meeting_id, "child": child, "site": site_id, "person": theirs(person_id, link.node)}
        try:
            await self._talk.ask_below(link.node, "chair.lent", body)
        except Refused as refused:
            if refused.code == "far_unreachable":
                raise  # the link is about to be lost, or it is said again when it is back
            log.info("the chair came back", room=room.meeting_id, site=site_id, reason=refused.code)
            await self._take_back(room, site_id)

    async def _take_back(self, room: Room, site_id: str) -> None:
        """The room below does not take it: it is where it was before."""
        async with room.lock:
            far, lent = room.state.far_chair, room.state.chair_above
            if far is not None and lent_site(room.state) == site_id:
                await room.append([f.ChairHandedOver(far.lent_by.person_id, far.lent_by.site_id)], SERVICE)
        if lent is not None and lent.site_id == site_id:
            await self._give_up(room, lent)

    async def _tell_over(self, room: Room, child: str) -> None:
        link = lower_link(room, child)
        if link is not None and link.status != "lost":  # else it sees so itself when it is linked again
            await self._talk.ask_below(link.node, "chair.over", {"meeting": room.meeting_id, "child": child})

    async def _give_up(self, room: Room, lent: ChairAbove) -> None:
        async with room.lock:
            if room.state.chair_above != lent:
                return
            await room.append([f.ChairGivenBack(lent.meeting_id)], SERVICE)
        above = link_above(room.state)
        if above is not None and above.status != "lost":
            await self._talk.ask_above(room, above, "chair.back", {})

    # -- what is done here ------------------------------------------------------------------------------------------

    async def _lent(self, node: str, body: Json) -> Json:
        room = self._talk.asked_below(node, body)
        site_id, person_id = read_id(body, "site"), read_person(body, "person")
        self._check_follows(room)
        through: str | None = None
        if site_id in room.plan.site_ids or site_id in room.state.sites:
            sitter = await self._here(room, site_id)
        else:
            way, through = await self._way_down(room, site_id)
            sitter = await self._sitter_through(room, way, through, site_id, 0)
        if sitter.person_id != person_id:
            raise Refused("nobody_logged_in", detail=site_id)
        async with room.lock:
            lent = room.state.chair_above
            above = read_id(body, "meeting")
            if lent is None or (lent.person_id, lent.site_id, lent.through) != (person_id, site_id, through):
                self._check_follows(room)
                await room.append([f.ChairBorrowed(person_id, site_id, above, through, sitter.person)], SERVICE)
        return {}

    async def _over(self, node: str, body: Json) -> Json:
        room = self._talk.asked_below(node, body)
        async with room.lock:
            if room.state.chair_above is not None:
                await room.append([f.ChairGivenBack(room.state.chair_above.meeting_id)], SERVICE)
        return {}

    async def _back(self, node: str, body: Json) -> Json:
        """From below: who had the chair is out of reach there."""
        room, child = await self._talk.asked_above(node, body)
        async with room.lock:
            far, lent = room.state.far_chair, room.state.chair_above
            if far is not None and far.meeting_id == child:
                await room.append([f.ChairHandedOver(far.lent_by.person_id, far.lent_by.site_id)], SERVICE)
        if lent is not None and lent.through == child:
            await self._give_up(room, lent)
        return {}
