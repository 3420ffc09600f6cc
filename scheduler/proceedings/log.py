"""The log in the database: the only module that writes facts. A fact is durable before anyone is told of it.

Facts are appended by one writer, the holder of the lease, in one transaction that checks the fencing token and the end
of the log, and carries the projections (the meeting's stage among them). Reading goes by cursor: after this seq.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, bindparam, insert, select, update

from scheduler.database import Database, ReadSession, WriteSession, new_id, table_of
from scheduler.proceedings.chain import SALT_BYTES, Head, head_after, instant, seal
from scheduler.proceedings.errors import WrongSequence
from scheduler.proceedings.facts import Body, By, Fact, LogId
from scheduler.proceedings.fold import fold
from scheduler.proceedings.lease import Lease, fence
from scheduler.proceedings.projection import project
from scheduler.proceedings.state import State
from scheduler.proceedings.tables import FactRow, LogRow
from scheduler.proceedings.wire import fact_from_json, fact_to_json

Reading = ReadSession | WriteSession
Follow = Callable[[WriteSession, Fact], Awaitable[None]]
"""What the packages above write in the transaction of a fact."""


async def append(
    session: WriteSession,
    lease: Lease,
    head: Head,
    bodies: Sequence[Body],
    by: By,
    now: datetime,
    follow: Follow | None = None,
    clock_offset_ms: int = 0,
) -> list[Fact]:
    """Append to the log that ends at ``head``, in the caller's transaction; the facts may be told once it commits."""
    await fence(session, lease)
    made: list[Fact] = []
    end = head
    for body in bodies:
        fact = seal(end, body, by, instant(now), new_id(), secrets.token_bytes(SALT_BYTES), clock_offset_ms)
        made.append(fact)
        end = head_after(fact)
    await _move_head(session, head, end)
    if made:
        await session.execute(_INSERT, [_row(fact) for fact in made])
    for fact in made:
        await project(session, fact)
        if follow is not None:
            await follow(session, fact)
    return made


def _is_of(rows: type[LogRow] | type[FactRow]) -> list[ColumnElement[bool]]:
    """Rows of one log, in a statement that :func:`_where` gives its values."""
    return [table_of(rows).c[name] == bindparam(f"of_{name}") for name in ("origin", "meeting_id", "epoch")]


# of tables, not of classes, and written once: a class's statement looks for its objects in the session each time
_MOVE = (
    update(table_of(LogRow))
    .where(*_is_of(LogRow))
    .where(LogRow.head_seq == bindparam("from_seq"), LogRow.head_hash == bindparam("from_hash"))
    .values(head_seq=bindparam("to_seq"), head_hash=bindparam("to_hash"))
)
_INSERT = insert(table_of(FactRow))


async def _move_head(session: WriteSession, head: Head, end: Head) -> None:
    log = head.log
    if head.seq == 0 and await _row_of(session, log) is None:
        await session.execute(insert(LogRow).values(_log_key(log) | {"head_seq": end.seq, "head_hash": end.hash}))
        return
    ends = {"from_seq": head.seq, "from_hash": head.hash, "to_seq": end.seq, "to_hash": end.hash}
    moved = await session.execute(_MOVE, _where(log) | ends)
    if isinstance(moved, CursorResult) and moved.rowcount != 1:
        raise WrongSequence(log.meeting_id, head.seq)


async def _row_of(session: Reading, log: LogId) -> LogRow | None:
    return (await session.execute(select(LogRow).filter_by(**_log_key(log)))).scalar_one_or_none()


def _log_key(log: LogId) -> dict[str, Any]:
    return {"origin": log.origin, "meeting_id": log.meeting_id, "epoch": log.epoch}


def _where(log: LogId) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in _log_key(log).items()}


def _row(fact: Fact) -> dict[str, Any]:
    wire = fact_to_json(fact)
    personal = wire.pop("personal")
    return {
        **_log_key(fact.log),
        "seq": fact.seq,
        "id": fact.id,
        "type": type(fact.body).__name__,
        "json": json.dumps(wire, ensure_ascii=False, separators=(",", ":")),
        "personal_json": None if personal is None else json.dumps(personal, ensure_ascii=False),
    }


def _fact(row: FactRow) -> Fact:
    personal = None if row.personal_json is None else json.loads(row.personal_json)
    return fact_from_json({**json.loads(row.json), "personal": personal})


async def head_of(session: Reading, log: LogId) -> Head:
    """Where this log ends (seq 0 when nothing is in it yet)."""
    row = await _row_of(session, log)
    return Head(log) if row is None else Head(log, row.head_seq, row.head_hash)


async def read(session: Reading, log: LogId, after: int = 0, limit: int | None = None) -> list[Fact]:
    """The facts of one log after this seq, in order."""
    query = select(FactRow).filter_by(**_log_key(log)).where(FactRow.seq > after).order_by(FactRow.seq).limit(limit)
    return [_fact(row) for row in (await session.execute(query)).scalars()]


@dataclass(frozen=True, slots=True)
class FactText:
    """A fact as it goes over a link: the JSON text that is kept, unread."""

    seq: int
    hash: str
    text: str


_ROWS = (
    select(FactRow.seq, FactRow.json, FactRow.personal_json)
    .where(*_is_of(FactRow))
    .where(FactRow.seq > bindparam("after"))
    .order_by(FactRow.seq)
    .limit(bindparam("most"))
)


async def rows_after(session: Reading, log: LogId, after: int, limit: int) -> list[FactText]:
    """The facts of one log after this seq as text, in order."""
    rows = await session.execute(_ROWS, _where(log) | {"after": after, "most": limit})
    return [_text(seq, text, personal) for seq, text, personal in rows]


_HASH_AT_END = re.compile(r'"hash":"([0-9a-f]{64})"\}$')


def _text(seq: int, text: str, personal: str | None) -> FactText:
    """The kept text ends with the hash, as ``wire`` puts it there; personal content is put back in its place."""
    found = _HASH_AT_END.search(text)
    fact_hash = found[1] if found else str(json.loads(text)["hash"])
    return FactText(seq, fact_hash, f'{text[:-1]},"personal":{personal or "null"}}}')


async def append_foreign(session: WriteSession, head: Head, facts: Sequence[Fact]) -> Head:
    """Store facts that another node made and somebody has judged, at the end of their log: no projections, no rules."""
    end = head_after(facts[-1]) if facts else head
    await _move_head(session, head, end)
    if facts:
        await session.execute(_INSERT, [_row(fact) for fact in facts])
    return end


async def logs_of(session: Reading, meeting_id: str, origin: str | None = None) -> list[Head]:
    """The logs of a meeting, epochs in order."""
    query = select(LogRow).where(LogRow.meeting_id == meeting_id).order_by(LogRow.origin, LogRow.epoch)
    if origin is not None:
        query = query.where(LogRow.origin == origin)
    rows = (await session.execute(query)).scalars()
    return [Head(LogId(row.origin, row.meeting_id, row.epoch), row.head_seq, row.head_hash) for row in rows]


async def facts_of(session: Reading, meeting_id: str, origin: str | None = None) -> list[Fact]:
    """Every fact of a meeting in the order it was made: log by log, epoch after epoch."""
    logs = await logs_of(session, meeting_id, origin)
    return [fact for head in logs for fact in await read(session, head.log)]


async def fact_by_id(session: Reading, fact_id: str) -> Fact | None:
    row = (await session.execute(select(FactRow).where(FactRow.id == fact_id))).scalar_one_or_none()
    return None if row is None else _fact(row)


@dataclass(frozen=True, slots=True)
class Standing:
    """A meeting's state and the end of the log that continues it."""

    head: Head
    state: State = field(default_factory=State)


async def standing(session: Reading, log: LogId) -> Standing:
    """The state of the room whose authority writes ``log``: its earlier epochs and then this one."""
    facts = await facts_of(session, log.meeting_id, log.origin)
    return Standing(await head_of(session, log), fold(facts))


async def erase_personal(session: WriteSession, fact_id: str) -> bool:
    """Forget the personal content of a fact, and its salt; the chain still verifies. False: there was none."""
    gone = await session.execute(
        update(FactRow).where(FactRow.id == fact_id, FactRow.personal_json.is_not(None)).values(personal_json=None)
    )
    return isinstance(gone, CursorResult) and gone.rowcount == 1


class LogWriter:
    """Appends under this process's lease, one transaction per call, and returns facts that are durable."""

    def __init__(
        self,
        database: Database,
        lease: Lease,
        follow: Follow | None = None,
        told: Callable[[Sequence[Fact]], None] = lambda facts: None,
    ) -> None:
        self.database = database
        self.lease = lease
        self.clock_offset_ms = 0  # of our clock, as the installation above measures it: noted in every fact
        self._follow = follow
        self._told = told

    async def append(self, head: Head, bodies: Sequence[Body], by: By, now: datetime) -> list[Fact]:
        async with self.database.transaction() as session:
            offset_ms = self.clock_offset_ms
            facts = await append(session, self.lease, head, bodies, by, now, self._follow, offset_ms)
        self._told(facts)
        return facts
