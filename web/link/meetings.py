"""Rooms held for one another (``meeting.*``): asks those below to hold rooms, holds rooms for those above.

Down: ``hold`` (how the plan stands; the answer names the room), ``state`` (how the room stands, in pages of sites),
``release``. Up: ``changed``, upon which the one above reads the state again. All may be asked twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.linked import asking, holding, messages
from scheduler.linked.holding import WillNotHold
from scheduler.linked.messages import MOST_SITES, PAGE, NotUnderstood, Told, UnitName
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import note_error
from scheduler.secrecy import Secrecy
from web.errors import Unreachable
from web.link.channel import Json, LinkChannel, LinkEvent
from web.link.errors import LinkError, RefusedThere, RequestRefused

log = structlog.get_logger()
ASK_S = 20.0
WATCH_S = 2.0
AT_MOST_EVERY_S = 1.0  # that an installation below may have us read a room's state
OVER_FOR = timedelta(days=2)  # so long after its end the room is told of
PASSING = frozenset({"busy", "failed", "restarting", "too_large"})  # refusals that are no answer: asked again
FAILURES = (LinkError, SQLAlchemyError, OSError)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What changes here touches outside the tables."""

    on_tree: Callable[[], None] = lambda: None  # logs of other meetings cross links now
    on_plan: Callable[[str], Awaitable[None]] | None = None  # the plan of this room is another
    on_outbox: Callable[[], None] = lambda: None
    retry: Callable[[str], Awaitable[None]] | None = None  # try this row of the outbox again now


class Meetings:
    """``start`` once the channel is there; ``ask`` is the step of the durable job."""

    def __init__(
        self,
        channel: LinkChannel,
        database: Database,
        secrecy: Secrecy,
        clock: Callable[[], datetime],
        around: Surroundings,
        *,
        watch_s: float = WATCH_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel
        self._database = database
        self._secrecy = secrecy
        self._clock = clock
        self._around = around
        self._watch_s = watch_s
        self._monotonic = monotonic
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}  # by meeting and unit, on either side
        self._told: dict[str, str] = {}  # room → what the one above knows of it
        self._read_at: dict[str, float] = {}
        self._look = asyncio.Event()
        self._telling = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._end: Callable[[], None] = lambda: None
        self._answers: dict[str, Callable[[str, Json], Awaitable[Json]]] = {
            "meeting.hold": self._hold,
            "meeting.release": self._release,
            "meeting.state": self._state,
            "meeting.changed": self._changed,
        }

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._channel.on("meeting.*", self._answer)
        self._end = self._channel.listen(self._on_link)
        self._spawn(self._watch())

    async def stop(self) -> None:
        self._end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_link(self, event: LinkEvent) -> None:
        if not event.is_up:
            return
        if event.neighbour.role == "upper":
            self._told.clear()  # said again, as the one above may have been restored
        else:
            self._spawn(self._hurry(event.neighbour.id))

    async def _hurry(self, node: str) -> None:
        """What that one has been asked in vain is asked now."""
        if self._around.retry is None:
            return
        with suppress(*FAILURES):
            async with self._database.reading() as session:
                rows = await asking.waiting_rows(session, node)
            for row in rows:
                await self._around.retry(row)

    def _lock(self, meeting_id: str, unit: str) -> asyncio.Lock:
        return self._locks.setdefault((meeting_id, unit), asyncio.Lock())

    # -- above: asking ----------------------------------------------------------------------------------------------

    async def ask(self, payload: Mapping[str, Any]) -> None:
        """Tell the installation below how the plan stands, and take its answer; raises while it cannot be reached."""
        node, meeting_id, unit_id = (str(payload[name]) for name in ("node_id", "meeting_id", "unit_id"))
        async with self._lock(meeting_id, unit_id):
            async with self._database.reading() as session:
                may = await asking.may_be_asked(session, node)
                unit = await asking.unit_name(session, unit_id)
                child = await asking.find_child(session, payload)
                ask = await asking.what_to_ask(session, child) if child is not None and may else None
            try:
                if child is None:
                    await self._give_back(node, meeting_id, unit, may=may)
                elif not may:
                    raise RefusedThere(node, "not_linked")
                elif ask is not None:
                    reply = await self._channel.request(node, "meeting.hold", messages.ask_to_json(ask), ASK_S)
                    await self._take_room(child.id, messages.read_id(reply, "child"))
                    await self._learn(node, child.id)
            except RefusedThere as refused:
                if refused.code in PASSING:
                    raise Unreachable("node_unreachable") from refused
                await self._refused(node, payload, refused.code, refused.detail)
            except (NotUnderstood, asking.NotBelieved) as wrong:
                await self._refused(node, payload, getattr(wrong, "code", "not_understood"), str(wrong), is_fault=True)
            except LinkError as error:
                raise Unreachable("node_unreachable") from error

    async def _give_back(self, node: str, meeting_id: str, unit: UnitName, *, may: bool) -> None:
        if may:
            await self._channel.request(node, "meeting.release", {"meeting": meeting_id, "unit": asdict(unit)}, ASK_S)
            self._around.on_tree()

    async def _take_room(self, row_id: str, room_id: str) -> None:
        async with self._database.transaction() as session:
            child = await session.get(RemoteChild, row_id)
            is_new = child is not None and await asking.take_room(session, child, room_id)
        if is_new:
            self._around.on_tree()

    async def _learn(self, node: str, row_id: str) -> None:
        """Read how the room there stands, page by page."""
        async with self._database.reading() as session:
            child = await session.get_one(RemoteChild, row_id)
        about: Json = {"meeting": child.parent_id, "child": child.meeting_id}
        pages: list[Json] = []
        while not pages or (pages[-1].get("more") is True and len(pages) * PAGE < MOST_SITES):
            body = {**about, "after": len(pages) * PAGE}
            pages.append(await self._channel.request(node, "meeting.state", body, ASK_S))
        told = messages.read_told(pages)
        async with self._database.transaction() as session:
            found = await session.get(RemoteChild, row_id)
            changed = found is not None and await asking.take_told(session, found, told, self._clock())
        if changed:
            self._look.set()  # the one above this meeting wants to know
            if self._around.on_plan is not None:
                await self._around.on_plan(child.parent_id)

    async def _refused(
        self, node: str, payload: Mapping[str, Any], code: str, detail: str, *, is_fault: bool = False
    ) -> None:
        log.info("a room is not held elsewhere", node=node, code=code, detail=detail[:200])
        async with self._database.transaction() as session:
            child = await asking.find_child(session, payload)
            if child is not None:
                await asking.take_refusal(session, child, code, detail, self._clock())
            if is_fault:
                await note_error(session, node, code, detail, self._clock())

    async def _changed(self, node: str, body: Json) -> Json:
        """From below: read it again, at most once a second each."""
        meeting_id, room_id = messages.read_id(body, "meeting"), messages.read_id(body, "child")
        async with self._database.reading() as session:
            query = select(RemoteChild).where(RemoteChild.node_id == node, RemoteChild.parent_id == meeting_id)
            child = await session.scalar(query.where(RemoteChild.meeting_id == room_id))
            if child is None or not await asking.may_be_asked(session, node):
                raise RequestRefused("not_allowed", "no room of yours stands below this meeting")
        now = self._monotonic()
        if now - self._read_at.get(child.id, float("-inf")) < AT_MOST_EVERY_S:
            raise RequestRefused("busy", "a moment ago")
        self._read_at[child.id] = now
        async with self._lock(meeting_id, child.unit_id):
            try:
                await self._learn(node, child.id)
            except NotUnderstood as wrong:
                async with self._database.transaction() as session:
                    await note_error(session, node, "not_understood", f"meeting.state {wrong}", self._clock())
                raise
        return {}

    # -- below: holding ---------------------------------------------------------------------------------------------

    async def _answer(self, node: str, kind: str, body: Json) -> Json:
        answer = self._answers.get(kind)
        if answer is None:
            raise RequestRefused("unknown_kind", kind[:60])
        try:
            return await answer(node, body)
        except NotUnderstood as wrong:
            raise RequestRefused("bad_request", str(wrong)[:60]) from wrong

    async def _hold(self, node: str, body: Json) -> Json:
        ask = messages.read_ask(body, node)
        async with self._lock(ask.meeting_id, ask.unit.code):
            try:
                async with self._database.transaction() as session:
                    room = await holding.hold(session, node, ask, self._secrecy, self._clock())
            except WillNotHold as no:
                raise await self._say_no(node, no) from no
        await self._follow(room.id)
        return {"child": room.id}

    async def _release(self, node: str, body: Json) -> Json:
        raw = body.get("unit")
        code = raw.get("code") if isinstance(raw, dict) else None
        meeting_id = messages.read_id(body, "meeting")
        unit = UnitName("", messages.read_id({"code": code}, "code"))
        async with self._lock(meeting_id, unit.code):
            try:
                async with self._database.transaction() as session:
                    room = await holding.let_go(session, node, meeting_id, unit, self._clock())
            except WillNotHold as no:
                raise await self._say_no(node, no) from no
        if room is not None:
            await self._follow(room.id)
        return {}

    async def _say_no(self, node: str, no: WillNotHold) -> RequestRefused:
        """Told above, and shown to our own administrators."""
        async with self._database.transaction() as session:
            await note_error(session, node, f"asked_{no.code}", no.detail, self._clock())
        return RequestRefused(no.code, no.detail)

    async def _follow(self, room_id: str) -> None:
        self._around.on_outbox()
        self._around.on_tree()
        if self._around.on_plan is not None:
            await self._around.on_plan(room_id)

    async def _state(self, node: str, body: Json) -> Json:
        meeting_id, room_id, after = (
            messages.read_id(body, "meeting"),
            messages.read_id(body, "child"),
            body.get("after"),
        )
        if not isinstance(after, int) or isinstance(after, bool) or not 0 <= after <= MOST_SITES:
            raise NotUnderstood("after")
        async with self._database.reading() as session:
            room = await session.get(Meeting, room_id)
            if room is None or (room.remote_parent_node_id, room.remote_parent_id) != (node, meeting_id):
                raise RequestRefused("not_allowed", "no room of ours stands below that meeting")
            told = await holding.describe_room(session, room)
        return messages.told_to_json(told, after)

    # -- below: telling of changes ----------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._watch_s):
                    await self._look.wait()
            self._look.clear()
            try:
                await self.tell_changes()
            except FAILURES as error:
                log.warning("rooms held for others could not be told of", error=str(error))

    async def tell_changes(self) -> None:
        """Whatever is not as the installation above knows it is told; again until it has answered."""
        async with self._telling:
            upper = [neighbour.id for neighbour in self._channel.neighbours("upper")]
            if upper:
                await self._tell_changes(upper)

    async def _tell_changes(self, upper: list[str]) -> None:
        async with self._database.reading() as session:
            query = select(Meeting).where(Meeting.remote_parent_node_id.in_(upper))
            rooms = (await session.scalars(query.where(Meeting.ends_at > self._clock() - OVER_FOR))).all()
            found = [(room, _print(await holding.describe_room(session, room))) for room in rooms]
        for room, seen in found:
            if self._told.get(room.id) != seen:
                await self._tell(room, seen)

    async def _tell(self, room: Meeting, seen: str) -> None:
        body = {"meeting": room.remote_parent_id, "child": room.id}
        try:
            await self._channel.request(room.remote_parent_node_id or "", "meeting.changed", body, ASK_S)
        except RefusedThere as refused:
            if refused.code in PASSING:
                return
            log.info("the installation above does not want to know of a room", room=room.id, code=refused.code)
        self._told[room.id] = seen


def _print(told: Told) -> str:
    return hashlib.sha256(json.dumps(asdict(told), ensure_ascii=False).encode()).hexdigest()
