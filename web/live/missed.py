"""What a room missed while nothing was heard of the one above: from the logs of all rooms above, once they are here.

The room above is often itself below another one, whose program it carries; so the logs of all of them are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scheduler.database import Database
from scheduler.nodes.edges import load_edges, way_up
from scheduler.proceedings import facts as f
from scheduler.proceedings import log as proceedings
from scheduler.proceedings.chain import instant
from scheduler.proceedings.fold import elapsed_ms

if TYPE_CHECKING:
    from scheduler.proceedings.state import Link
    from web.live.room import Room

Json = dict[str, Any]
MOST_ABOVE = 12
WAIT_S = 30  # for logs from further up; then what is here is what is told


@dataclass(frozen=True, slots=True)
class Behind:
    """A room whose copies of the logs above are not whole yet; instants are by the clock above."""

    meeting_id: str  # of the room directly above
    ends: tuple[tuple[f.LogId, int], ...]  # how far each log went when the link was joined
    lost_at: str
    restored_at: str


async def ends_above(database: Database, room: Room) -> list[list[Any]]:
    """How far this room's log goes, and those of all rooms above as far as they are here: for the room below."""
    head = room.head
    told: list[list[Any]] = [[head.log.origin, head.log.meeting_id, head.log.epoch, head.seq]]
    async with database.reading() as session:
        for edge in way_up(await load_edges(session, head.log.origin), room.meeting_id)[:MOST_ABOVE]:
            heads = await proceedings.logs_of(session, edge.parent_meeting_id, edge.parent_node)
            told += [[one.log.origin, one.log.meeting_id, one.log.epoch, one.seq] for one in heads[-1:]]
    return told


def behind_of(room: Room, link: Link, there: Json, now: datetime) -> Behind | None:
    """From what the room above answered; None when it says nothing that can be used."""
    found = [end for one in (there.get("ends") or [])[: MOST_ABOVE + 1] if (end := _end(one)) is not None]
    if not link.node or not any(log_id.meeting_id == link.meeting_id for log_id, _ in found):
        return None
    ahead = timedelta(milliseconds=room.has.writer.clock_offset_ms)  # of the clock above: its facts bear it
    lost_at = instant(datetime.fromisoformat(link.since) + ahead)
    return Behind(link.meeting_id, tuple(found), lost_at, instant(now + ahead))


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
    """All of them; None while one is not whole here. Of other logs than those above nothing is read."""
    facts: list[f.Fact] = []
    async with database.reading() as session:
        way = way_up(await load_edges(session, room.head.log.origin), room.meeting_id)
        above = {(edge.parent_node, edge.parent_meeting_id) for edge in way}
        for log_id, seq in behind.ends:
            if (log_id.origin, log_id.meeting_id) not in above:
                continue
            if wait and (await proceedings.head_of(session, log_id)).seq < seq:
                return None
            facts += await proceedings.read(session, log_id)
    return facts


def missed(behind: Behind, facts: Sequence[f.Fact]) -> f.CaughtUp:
    """What was said in the rooms above while nothing was heard of them; a speech that went through several is one."""
    meanwhile = [fact for fact in facts if behind.lost_at <= fact.at <= behind.restored_at]
    items = tuple(dict.fromkeys(fact.body.item_id for fact in meanwhile if isinstance(fact.body, f.ItemOpened)))
    speeches = {fact.body.speech_id for fact in meanwhile if isinstance(fact.body, f.FloorGranted)}
    missed_s = elapsed_ms(behind.lost_at, behind.restored_at) // 1000
    return f.CaughtUp(behind.meeting_id, missed_s, items, len(speeches), len(meanwhile))
