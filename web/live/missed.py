"""What a room missed while nothing was heard of the one above: from the logs of all rooms above, once they are here.

The room above is often itself below another one, whose program it carries; so the logs of all of them are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scheduler.database import Database
from scheduler.nodes.edges import load_edges, way_up
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as proceedings
from scheduler.proceedings.fold import elapsed_ms

if TYPE_CHECKING:
    from scheduler.proceedings.state import Link
    from web.live.room import Room

Json = dict[str, Any]
Ends = Mapping[f.LogId, int]  # the seq of the last fact of each log
MOST_ABOVE = 12
WAIT_S = 30  # for logs from further up; then what is here is what is told


@dataclass(frozen=True, slots=True)
class Behind:
    """A room whose copies of the logs above are not whole yet.

    What it missed goes by seq, not by time: facts made between the cut and the moment it was noticed count too.
    """

    meeting_id: str  # of the room directly above
    held: Ends  # how far each log was here when the link was lost
    ends: Ends  # how far each log went when the link was joined
    lost_s: int


async def ends_above(database: Database, room: Room) -> list[list[Any]]:
    """How far this room's log goes, and those of all rooms above as far as they are here: for the room below."""
    ends = {room.head.log: room.head.seq, **await held_above(database, room)}
    return [[log.origin, log.meeting_id, log.epoch, seq] for log, seq in ends.items()]


async def held_above(database: Database, room: Room) -> Ends:
    """How far the logs of all rooms above are here."""
    held: dict[f.LogId, int] = {}
    async with database.reading() as session:
        for edge in way_up(await load_edges(session, room.head.log.origin), room.meeting_id)[:MOST_ABOVE]:
            heads = await proceedings.logs_of(session, edge.parent_meeting_id, edge.parent_node)
            held |= {head.log: head.seq for head in heads[-1:]}
    return held


def behind_of(link: Link, held: Ends, there: Json, now: datetime) -> Behind | None:
    """From what the room above answered; None when it says nothing that can be used."""
    found = dict(end for one in (there.get("ends") or [])[: MOST_ABOVE + 1] if (end := _end(one)) is not None)
    if not link.node or not any(log_id.meeting_id == link.meeting_id for log_id in found):
        return None
    return Behind(link.meeting_id, held, found, elapsed_ms(link.since, now.isoformat()) // 1000)


def _end(one: object) -> tuple[f.LogId, int] | None:
    if not isinstance(one, list) or len(one) != 4:
        return None
    origin, meeting_id, epoch, seq = one
    if not isinstance(origin, str) or not isinstance(meeting_id, str):
        return None
    if not isinstance(epoch, int) or not isinstance(seq, int):
        return None
    return f.LogId(origin[:36], meeting_id[:36], epoch), seq


async def facts_above(database: Database, room: Room, behind: Behind, *, wait: bool) -> list[f.Fact] | None:
    """Those that came while the link was lost; None while a log is not whole here.

    Of other logs than those above nothing is read.
    """
    facts: list[f.Fact] = []
    async with database.reading() as session:
        way = way_up(await load_edges(session, room.head.log.origin), room.meeting_id)
        above = {(edge.parent_node, edge.parent_meeting_id) for edge in way}
        for log_id, end in behind.ends.items():
            if (log_id.origin, log_id.meeting_id) not in above:
                continue
            if wait and (await proceedings.head_of(session, log_id)).seq < end:
                return None
            held = behind.held.get(log_id, 0)
            if held < end:
                facts += await proceedings.read(session, log_id, after=held, limit=end - held)
    return facts


def missed(behind: Behind, facts: Sequence[f.Fact]) -> f.CaughtUp:
    """What these facts of the rooms above say."""
    return summary(behind.meeting_id, behind.lost_s, facts)


def summary(meeting_id: str, lost_s: int, facts: Sequence[f.Fact]) -> f.CaughtUp:
    """A speech that went through several rooms is one."""
    items = tuple(dict.fromkeys(fact.body.item_id for fact in facts if isinstance(fact.body, f.ItemOpened)))
    speeches = {fact.body.speech_id for fact in facts if isinstance(fact.body, f.FloorGranted)}
    return f.CaughtUp(meeting_id, lost_s, items, len(speeches), len(facts))
