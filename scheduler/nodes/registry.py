"""The nodes this one is linked with, and those they introduced: added and revoked by administrators, looked up by all.

A node's key is believed once and for good: another key under the same id is refused until an administrator revokes
the node and adds it anew. A node is reached through one neighbour only, so facts cannot come round in a ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import delete, select, update

from scheduler.audit import record
from scheduler.database import ReadSession, WriteSession
from scheduler.errors import Duplicate, Invalid, NotAllowed, NotFound
from scheduler.nodes import pairing as pairings
from scheduler.nodes.key import holds
from scheduler.nodes.pairing import Pairing
from scheduler.nodes.tables import KnownNode, LinkedNode
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor, may_see_settings
from scheduler.proceedings.node import Node

Role = Literal["upper", "lower"]
MOST_LINKED = 1000
MOST_KNOWN = 5000
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A node as replication sees it: whom to believe what."""

    id: str
    role: Role  # on which side of us
    via: str  # the linked node that reaches it; its own id for a linked one
    public_key: str
    name: str = ""
    introduced_by: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """A node makes its other neighbours known to a neighbour: its signature under the id and key of the next."""

    id: str
    name: str
    public_key: str
    introduced_by: str
    signature: str


def words_of_introduction(node: str, public_key: str, introduced_by: str) -> bytes:
    """What the introducing node signs."""
    return f"giaoban introduces\n{introduced_by}\n{node}\n{public_key}".encode()


async def add_node(
    session: WriteSession,
    actor: Actor | None,
    ours: Node,
    pairing: Pairing,
    role: Role,
    now: datetime,
    unit_id: str | None = None,
    address: str = "",
) -> LinkedNode:
    """Link with an installation; ``actor`` None: at the server's own keyboard."""
    _require(actor, "link_node")
    pairings.check(pairing)
    if pairing.id == ours.origin:
        raise Invalid({"text": "own_pairing_text"})
    if unit_id is not None and await session.get(Unit, unit_id) is None:
        raise Invalid({"unit_id": "unknown"})
    before = await session.get(LinkedNode, pairing.id)
    if before is not None and before.revoked_at is None:
        raise Duplicate("node", pairing.name)
    if await session.get(KnownNode, pairing.id) is not None:
        raise Duplicate("node", pairing.name)  # reached through another already: two ways make a ring
    if len(await linked_nodes(session)) >= MOST_LINKED:
        raise Invalid({"text": "too_many"})
    if before is not None:
        await session.delete(before)
        await session.flush()
    row = LinkedNode(
        id=pairing.id,
        role=role,
        name=pairing.name.strip(),
        unit_id=unit_id,
        public_key=pairing.public_key,
        url=pairing.url.rstrip("/"),
        authority_pem=pairing.authority_pem,
        added_at=now,
        added_by=actor.person_id if actor else None,
        error="",
        error_detail="",
    )
    session.add(row)
    record(session, "node_linked", actor or Actor(), now, subject_id=pairing.id, address=address, role=role)
    await session.flush()
    return row


async def revoke_node(
    session: WriteSession, actor: Actor | None, node: str, now: datetime, address: str = ""
) -> LinkedNode:
    """From now on this node is nobody; what came from it stays. Those it introduced go with it."""
    _require(actor, "link_node")
    row = await session.get(LinkedNode, node)
    if row is None or row.revoked_at is not None:
        raise NotFound("node", node)
    row.revoked_at = now
    await session.execute(delete(KnownNode).where(KnownNode.via == node))
    record(session, "node_revoked", actor or Actor(), now, subject_id=node, address=address)
    await session.flush()
    return row


def _require(actor: Actor | None, act: str) -> None:
    if actor is not None and not may_see_settings(actor):
        raise NotAllowed(act, ("administrator",))


async def linked_nodes(session: ReadSession | WriteSession, *, revoked: bool = False) -> Sequence[LinkedNode]:
    """By name; those that were revoked only when asked for."""
    query = select(LinkedNode).order_by(LinkedNode.role.desc(), LinkedNode.name, LinkedNode.id)
    if not revoked:
        query = query.where(LinkedNode.revoked_at.is_(None))
    return (await session.scalars(query)).all()


async def neighbourhood(session: ReadSession | WriteSession) -> dict[str, Neighbourhood]:
    """Every node whose facts may come here, by its id."""
    found: dict[str, Neighbourhood] = {}
    for row in await linked_nodes(session):
        found[row.id] = Neighbourhood(row.id, cast(Role, row.role), row.id, row.public_key, row.name)
    for known in await session.scalars(select(KnownNode)):
        via = found.get(known.via)
        if via is not None and known.id not in found:
            found[known.id] = Neighbourhood(
                known.id, via.role, known.via, known.public_key, known.name, known.introduced_by, known.signature
            )
    return found


@dataclass(frozen=True, slots=True)
class Doubt:
    """An introduction that is not believed."""

    node: str
    code: Literal["forged_introduction", "loop", "two_paths", "other_key", "too_many_nodes"]


async def take_introductions(
    session: WriteSession, ours: str, via: str, introductions: Sequence[Introduction], now: datetime
) -> list[Doubt]:
    """Believe what a linked node says of those behind it, as far as each link of the chain is signed."""
    known = await neighbourhood(session)
    doubts: list[Doubt] = []
    for one in introductions:
        doubt = _doubt(ours, via, one, known)
        if doubt is not None:
            doubts.append(Doubt(one.id, doubt))
        elif one.id not in known:
            row = KnownNode(**_values(one), via=via, seen_at=now)
            session.add(row)
            known[one.id] = Neighbourhood(one.id, known[via].role, via, one.public_key, one.name, one.introduced_by)
        else:
            await session.execute(update(KnownNode).where(KnownNode.id == one.id).values(seen_at=now, name=one.name))
    await session.flush()
    return doubts


def _values(one: Introduction) -> dict[str, str]:
    return {
        "id": one.id,
        "name": one.name,
        "public_key": one.public_key,
        "introduced_by": one.introduced_by,
        "signature": one.signature,
    }


def _doubt(
    ours: str, via: str, one: Introduction, known: dict[str, Neighbourhood]
) -> Literal["forged_introduction", "loop", "two_paths", "other_key", "too_many_nodes"] | None:
    if one.id == ours or one.introduced_by == ours:
        return "loop"
    by = known.get(one.introduced_by)
    if by is None or by.via != via:
        return "forged_introduction"
    if not holds(by.public_key, one.signature, words_of_introduction(one.id, one.public_key, one.introduced_by)):
        return "forged_introduction"
    before = known.get(one.id)
    if before is not None and before.via != via:
        return "two_paths"
    if before is not None and before.public_key != one.public_key:
        return "other_key"
    if before is None and len(known) >= MOST_KNOWN:
        return "too_many_nodes"
    return None


async def note_error(session: WriteSession, node: str, code: str, detail: str, now: datetime) -> None:
    """What an administrator sees beside this node."""
    values = {"error": code[:40], "error_detail": detail[:500], "error_at": now}
    await session.execute(update(LinkedNode).where(LinkedNode.id == node).values(**values))


async def note_over(session: WriteSession, node: str, code: str) -> None:
    """What this error was about is well again."""
    is_it = (LinkedNode.id == node, LinkedNode.error == code)
    await session.execute(update(LinkedNode).where(*is_it).values(error="", error_detail=""))


async def note_seen(session: WriteSession, node: str, now: datetime) -> None:
    """The link is up: the last error is over."""
    values = {"error": "", "error_detail": "", "seen_at": now}
    await session.execute(update(LinkedNode).where(LinkedNode.id == node).values(**values))
