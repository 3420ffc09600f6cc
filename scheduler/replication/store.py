"""The database's side of replication: where logs end, batches of text to send, foreign facts and their seals.

A batch ends where the origin sealed it: our own logs are sealed as they are sent, others' seals are kept and passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from scheduler.database import ReadSession, WriteSession, table_of
from scheduler.nodes.key import NodeKey
from scheduler.nodes.tables import LogSeal
from scheduler.proceedings import log as proceedings
from scheduler.proceedings.chain import Head
from scheduler.proceedings.facts import Fact, LogId
from scheduler.proceedings.lease import Lease, fence
from scheduler.proceedings.tables import LogRow
from scheduler.replication.errors import Parked
from scheduler.replication.frames import BATCH_BYTES, BATCH_FACTS, FRAME_BYTES, Seal, batch_text
from scheduler.replication.receiving import Held, words_of_seal

Reading = ReadSession | WriteSession
ASKED_AT_ONCE = 500


async def heads_of(session: Reading, meetings: Mapping[str, str]) -> dict[LogId, Head]:
    """Where the logs of these meetings end, each of its own node, all epochs."""
    found: dict[LogId, Head] = {}
    for part in _parts(sorted(meetings)):
        for row in await session.scalars(select(LogRow).where(LogRow.meeting_id.in_(part))):
            if meetings[row.meeting_id] == row.origin:
                log = LogId(row.origin, row.meeting_id, row.epoch)
                found[log] = Head(log, row.head_seq, row.head_hash)
    return found


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + ASKED_AT_ONCE] for start in range(0, len(ids), ASKED_AT_ONCE))


async def held(session: Reading, log: LogId) -> Held:
    """What we have of this log."""
    newest = select(func.max(LogRow.epoch)).filter_by(origin=log.origin, meeting_id=log.meeting_id)
    return Held(await proceedings.head_of(session, log), await session.scalar(newest) or 0)


@dataclass(frozen=True, slots=True)
class Ready:
    """A batch as it goes over the wire, and its last seq."""

    text: str
    seq: int


async def next_batch(session: Reading, log: LogId, after: int, ours: str, key: NodeKey) -> Ready | None:
    """What follows ``after``; None when nothing sealed does. :class:`Parked` for a fact too large to cross."""
    rows = await proceedings.rows_after(session, log, after, BATCH_FACTS)
    if not rows:
        return None
    kept = _as_many_as_fit(rows)
    if log.origin == ours:
        last = kept[-1]
        seal = Seal(last.seq, last.hash, key.sign(words_of_seal(log, last.seq, last.hash)))
    else:
        found = await _seal(session, log, after, kept[-1].seq) or await _seal(session, log, kept[-1].seq, rows[-1].seq)
        if found is None:
            return None
        kept = [row for row in rows if row.seq <= found.seq]
        seal = Seal(found.seq, kept[-1].hash, found.signature)
    text = batch_text(log, [row.text for row in kept], seal)
    if len(text) > FRAME_BYTES or len(text.encode()) > FRAME_BYTES:
        raise Parked("too_large", f"{log.meeting_id} after {after}")
    return Ready(text, kept[-1].seq)


def _as_many_as_fit(rows: Sequence[proceedings.FactText]) -> list[proceedings.FactText]:
    """At least one."""
    kept: list[proceedings.FactText] = []
    size = 0
    for row in rows:
        size += len(row.text.encode())
        if kept and size > BATCH_BYTES:
            break
        kept.append(row)
    return kept


async def _seal(session: Reading, log: LogId, after: int, until: int) -> LogSeal | None:
    """The last seal in (after, until]."""
    query = select(LogSeal).filter_by(origin=log.origin, meeting_id=log.meeting_id, epoch=log.epoch)
    query = query.where(LogSeal.seq > after, LogSeal.seq <= until).order_by(LogSeal.seq.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()


_SEAL = insert(table_of(LogSeal))


async def keep(session: WriteSession, lease: Lease, head: Head, facts: Sequence[Fact], seal: Seal) -> Head:
    """Store facts of another origin that were judged; durable when the caller's transaction is."""
    await fence(session, lease)
    end = await proceedings.append_foreign(session, head, facts)
    log = head.log
    sealed = {"origin": log.origin, "meeting_id": log.meeting_id, "epoch": log.epoch}
    await session.execute(_SEAL, {**sealed, "seq": seal.seq, "signature": seal.signature})
    return end


async def has_fact(session: Reading, log: LogId, seq: int, fact_hash: str) -> bool | None:
    """Whether our fact at this seq has this hash; None when there is none here."""
    if seq == 0:
        return True
    rows = await proceedings.rows_after(session, log, seq - 1, 1)
    return rows[0].hash == fact_hash if rows and rows[0].seq == seq else None


async def facts_held(session: Reading) -> dict[str, tuple[int, int]]:
    """For the operator: logs and facts held of each origin."""
    query = select(LogRow.origin, func.count(), func.sum(LogRow.head_seq)).group_by(LogRow.origin)
    return {origin: (logs, int(facts or 0)) for origin, logs, facts in await session.execute(query)}
