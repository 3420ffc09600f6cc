"""This node as an origin of facts: its id, made at the first start, and its epoch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from scheduler.database import WriteSession, new_id
from scheduler.proceedings.facts import LogId
from scheduler.proceedings.tables import NodeRow


@dataclass(frozen=True, slots=True)
class Node:
    origin: str
    epoch: int

    def log_of(self, meeting_id: str) -> LogId:
        """The log this node writes for a meeting, in its present epoch."""
        return LogId(self.origin, meeting_id, self.epoch)


async def identify(session: WriteSession, now: datetime) -> Node:
    """Who this node is; makes its identity at the first start."""
    row = (await session.execute(select(NodeRow))).scalar_one_or_none()
    if row is None:
        row = NodeRow(id=1, origin=new_id(), epoch=1, since=now)
        session.add(row)
        await session.flush()
    return Node(row.origin, row.epoch)


async def begin_epoch(session: WriteSession, now: datetime) -> Node:
    """After restoring a backup: what this node says from now on stands in new logs, so nothing silently diverges."""
    await identify(session, now)
    row = (await session.execute(select(NodeRow).with_for_update())).scalar_one()
    row.epoch += 1
    row.since = now
    await session.flush()
    return Node(row.origin, row.epoch)
