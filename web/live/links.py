"""Keeps rooms linked: each that hangs below another has one media leg to it, each part of a room one to its first part.

The lower room's side opens: it has its worker's offer answered by the upper room, in this installation or, over the
channel, in another one, and has it dialled. A link that closes, is lost for long, or is not known at the upper side any
more (its worker died) is opened anew; one that was closed because of what the other side said, later each time, and
the operator is told why. It is named by the lower room's meeting, so that a newer one replaces an older.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from web.link.channel import LinkChannel
from web.link.errors import LinkError, RefusedThere, RequestRefused
from web.live.errors import Unlinked
from web.live.media_driver import Media
from web.live.planned import Above
from web.live.spread import share_name
from web.media.errors import MediaError
from web.media.messages import LinkKind

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
Json = dict[str, Any]
RETRY_S = (1.0, 15.0)
LOST_S = 2.0  # beyond the three until it was told: then it is dialled anew
CONNECTING_S = 8.0
STANDS_S = 3.0  # after a fault: only then it works again, for a ring shows itself just after the link is up
FAULTS = frozenset({"loop", "too_far", "protocol"})  # causes of a closed link that dialling again does not mend
UNKNOWN_S = 2.0  # at the upper side: its word of the link is under way


MayLink = Callable[[str, str, str], Awaitable[tuple[bool, list[str] | None]]]
"""Of an installation, a meeting of ours and a room of theirs: does that hang below it, and the sites that may come from
there (None: any)."""
NoteRefusal = Callable[[str, str], Awaitable[None]]
"""At the operator's page: why no pictures come to or from this installation; no words: they do again."""


async def unnoted(node: str, why: str) -> None:
    """Where there is no operator's page."""


@dataclass(slots=True)
class _Care:
    """Of one room's link to the room above."""

    state: str | None = None
    since: float = 0.0
    retry_at: float = 0.0
    wait_s: float = RETRY_S[0]
    follows: bool | None = None  # as its worker was told; None: not known
    refusal: str = ""  # as it was noted
    is_faulty: bool = False  # what it said closed it, and it has not stood since
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Leg:
    """One link that should be. ``worker``: the lower end's; ``above``: None where it leads to the same room's first."""

    room: Room
    name: str
    worker: Media | None
    above: Above | None

    @property
    def kind(self) -> LinkKind:
        return "share" if self.above is None else "level"

    @property
    def state(self) -> str | None:
        return self.room.media.link_state("lower", self.name)


class Links:
    """``rooms`` are the hub's; ``tick`` is called twice a second."""

    def __init__(self, rooms: Mapping[str, Room], channel: LinkChannel, monotonic: Callable[[], float]) -> None:
        self._rooms = rooms
        self._channel = channel
        self._monotonic = monotonic
        self._cares: dict[tuple[str, str], _Care] = {}  # by meeting and link
        self.may_link: MayLink | None = None
        self.note_refusal: NoteRefusal = unnoted

    # -- our side below ---------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """See that every room is linked that should be, and no other."""
        now = self._monotonic()
        wanted = {(leg.room.meeting_id, leg.name): leg for room in self._rooms.values() for leg in self._legs(room)}
        for key, leg in wanted.items():
            care = self._cares.get(key)
            if care is None and not self._may_be(leg):
                continue
            care = self._cares.setdefault(key, _Care(since=now))
            if care.task is None or care.task.done():
                care.task = asyncio.create_task(self._look_after(leg, care, now), name=f"link {leg.name}")
        for key in [one for one in self._cares if one not in wanted]:
            self._forget(key)

    def _legs(self, room: Room) -> list[_Leg]:
        """What this room has to the one above, and its parts have to its first."""
        legs = [_Leg(room, room.meeting_id, room.media.worker, room.planned.above)] if room.planned.above else []
        return legs + [_Leg(room, share_name(worker), worker, None) for worker in room.media.spread.workers]

    async def settle(self) -> None:
        """Wait until what was begun is done."""
        await asyncio.gather(*(care.task for care in self._cares.values() if care.task), return_exceptions=True)

    async def stop(self) -> None:
        """Links stay as they are: the next process finds them."""
        for key in list(self._cares):
            self._forget(key)

    def _forget(self, key: tuple[str, str]) -> None:
        care = self._cares.pop(key)
        if care.task is not None:
            care.task.cancel()

    def _may_be(self, leg: _Leg) -> bool:
        """The room and the one above it are open, as far as we know."""
        if not leg.room.is_live or leg.worker is None or not leg.worker.is_up:
            return False
        if leg.above is not None and leg.above.node_id is not None:
            return self._channel.is_up(leg.above.node_id) or leg.state == "up"
        upper = self._upper(leg)
        return upper is not None and upper.is_live and upper.media.worker is not None and upper.media.worker.is_up

    def _upper(self, leg: _Leg) -> Room | None:
        """Where it leads, if that is here."""
        if leg.above is None:
            return leg.room
        return self._rooms.get(leg.above.meeting_id) if leg.above.node_id is None else None

    async def _look_after(self, leg: _Leg, care: _Care, now: float) -> None:
        state = leg.state
        if state != care.state:
            care.state, care.since = state, now
        try:
            await self._take_end(leg, care, now)
            if not self._may_be(leg):
                await self._close(leg)
            elif now >= care.retry_at and self._is_broken(leg, state, now - care.since):
                await self._open(leg, care, now)
            elif state == "up" and not (care.is_faulty and now - care.since < STANDS_S):
                care.wait_s, care.is_faulty = RETRY_S[0], False
                await self._note(leg, care, "")
            if leg.above is not None:
                await self._follow(leg, care)
        except (MediaError, LinkError, Unlinked) as error:
            care.retry_at = now + care.wait_s
            care.wait_s = min(2 * care.wait_s, RETRY_S[1])
            log.warning("a room could not be linked; it is tried again", room=leg.room.meeting_id, error=str(error))
            if isinstance(error, RefusedThere) and error.code == "refused":
                await self._note(leg, care, error.detail)

    async def _take_end(self, leg: _Leg, care: _Care, now: float) -> None:
        """It was closed meanwhile, while it was up or about to be: what is wrong there stays so for now."""
        cause = leg.room.media.take_link_end("lower", leg.name)
        if cause not in FAULTS:
            return
        care.is_faulty, care.since = True, now
        care.retry_at = now + care.wait_s
        care.wait_s = min(2 * care.wait_s, RETRY_S[1])
        log.warning("a link was closed; it is tried again", room=leg.room.meeting_id, link=leg.name, cause=cause)
        await self._note(leg, care, cause)

    async def _note(self, leg: _Leg, care: _Care, why: str) -> None:
        if leg.above is not None and leg.above.node_id is not None and why != care.refusal:
            care.refusal = why
            await self.note_refusal(leg.above.node_id, why)

    def _is_broken(self, leg: _Leg, state: str | None, for_s: float) -> bool:
        if state is None:
            return True
        if state == "lost" and for_s >= LOST_S:
            return True
        if state == "connecting" and for_s >= CONNECTING_S:
            return True
        upper = self._upper(leg)
        return upper is not None and upper.media.link_state("upper", leg.name) is None and for_s >= UNKNOWN_S

    async def _open(self, leg: _Leg, care: _Care, now: float) -> None:
        worker, room = leg.worker, leg.room
        if worker is None:
            return
        care.retry_at = now + care.wait_s
        await worker.open_room(room.meeting_id)
        offer = await worker.open_link(room.meeting_id, leg.name, leg.kind)
        try:
            answer = await self._ask(leg, offer)
        except BaseException:
            with suppress(MediaError):
                await worker.close_link(leg.name, "lower")
            raise
        await worker.connect_link(leg.name, answer)
        care.follows = True
        log.info("room linked", room=room.meeting_id, link=leg.name, kind=leg.kind)

    async def _ask(self, leg: _Leg, offer: Json) -> Json:
        """The upper room's answer, from here or there."""
        above = leg.above
        if above is None or above.node_id is None:
            meeting_id = above.meeting_id if above is not None else leg.room.meeting_id
            return await self._accept(meeting_id, leg.name, leg.kind, offer, None)
        body = {"meeting": above.meeting_id, "child": leg.name, "offer": offer}
        answer = (await self._channel.request(above.node_id, "media.open", body)).get("answer")
        if not isinstance(answer, dict):
            raise Unlinked("the installation above gave no answer that can be used")
        return answer

    async def _close(self, leg: _Leg) -> None:
        if leg.state is not None and leg.worker is not None and leg.worker.is_up:
            await leg.worker.close_link(leg.name, "lower")
            leg.room.media.links.pop(f"lower {leg.name}", None)

    async def _follow(self, leg: _Leg, care: _Care) -> None:
        follows = leg.room.media.follows
        if leg.state is not None and leg.worker is not None and follows != care.follows:
            await leg.worker.follow_link(leg.name, follows)
            care.follows = follows

    # -- our side above ---------------------------------------------------------------------------------------------

    def answer_others(self, may_link: MayLink) -> None:
        """Let other installations link their rooms to ours, where this says so."""
        self.may_link = may_link
        self._channel.on("media.open", self._opened)

    async def _opened(self, node: str, kind: str, body: Json) -> Json:
        meeting_id, child_id, offer = (body.get(name) for name in ("meeting", "child", "offer"))
        if not (isinstance(meeting_id, str) and isinstance(child_id, str) and isinstance(offer, dict)):
            raise RequestRefused("bad_request", "meeting, child and offer")
        if not 1 <= len(child_id) <= 64 or self.may_link is None:
            raise RequestRefused("bad_request", "child")
        may, labels = await self.may_link(node, meeting_id, child_id)
        if not may:
            raise RequestRefused("not_allowed", "no room of this installation hangs below that meeting")
        try:
            answer = await self._accept(meeting_id, f"{node}/{child_id}", "level", offer, labels)
        except Unlinked as error:
            raise RequestRefused("not_open", str(error)) from error
        except MediaError as error:
            await self.note_refusal(node, str(error))
            raise RequestRefused("refused", str(error)) from error
        await self.note_refusal(node, "")
        return {"answer": answer}

    async def told(self, meeting_id: str) -> None:
        """Which sites sit below this meeting elsewhere is another: links that stand are told which may come."""
        room = self._rooms.get(meeting_id)
        worker = room.media.worker if room is not None and room.is_live else None
        if room is None or worker is None or self.may_link is None:
            return
        for name in [key.removeprefix("upper ") for key in room.media.links if key.startswith("upper ")]:
            node, _, child_id = name.partition("/")
            may, labels = await self.may_link(node, meeting_id, child_id)
            if may and labels is not None:
                with suppress(MediaError):  # gone meanwhile: it is opened anew, with these
                    await worker.limit_link(name, labels)

    async def _accept(self, meeting_id: str, name: str, kind: LinkKind, offer: Json, labels: list[str] | None) -> Json:
        room = self._rooms.get(meeting_id)
        worker: Media | None = room.media.worker if room is not None and room.is_live else None
        if worker is None or not worker.is_up:
            raise Unlinked("the room above is not open")
        await worker.open_room(meeting_id)
        return await worker.accept_link(meeting_id, name, kind, offer, labels)
