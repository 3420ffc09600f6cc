"""Linked installations, for the installation's administrator: our pairing text, those above and below, their state."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from scheduler.database import ReadSession, WriteSession
from scheduler.nodes import pairing as pairings
from scheduler.nodes.key import fingerprint
from scheduler.nodes.registry import add_node, linked_nodes, neighbourhood, revoke_node
from scheduler.nodes.tables import LinkedNode
from scheduler.replication.store import facts_held
from web.api.administration import administrator
from web.api.call import Body, Json, SessionCall, Somebody
from web.link.start import our_pairing
from web.link_measures import legs_by_node

router = APIRouter(tags=["nodes"])


class PairingIn(Body):
    text: Annotated[str, Field(max_length=20_000)]


class NodeIn(PairingIn):
    role: Literal["upper", "lower"]
    unit_id: Annotated[str, Field(max_length=36)] | None = None


@router.get("/nodes")
async def list_nodes(call: Somebody) -> Json:
    """This installation as others need it, those it is linked with (revoked ones last), who was not let in."""
    async with call.database.reading() as session:
        await administrator(call, session)
        rows = await linked_nodes(session, revoked=True)
        held = await facts_held(session)
        behind = [node.via for node in (await neighbourhood(session)).values() if node.id != node.via]
        this = await _this(session, call)
    ordered = sorted(rows, key=lambda row: row.revoked_at is not None)
    legs = legs_by_node(call.services.hub.rooms, await call.services.hub.workers.statistics())
    items = [{**_shape(row, call, held, behind.count(row.id)), "media": legs.get(row.id)} for row in ordered]
    links, known = call.services.node_links, {row.id: row.name for row in rows}
    refused = [
        {"id": one.node, "name": known.get(one.node, one.name), "at": one.at, "is_revoked": one.node in known}
        for one in reversed(list(links.refused.values()) if links is not None else [])
    ]
    return {"this": this, "items": items, "refused": refused}


@router.post("/nodes/check")
async def check(body: PairingIn, call: Somebody) -> Json:
    """What a pairing text says, before it is believed: its fingerprint is compared by telephone."""
    async with call.database.reading() as session:
        await administrator(call, session)
    pairing = pairings.from_text(body.text)
    return {
        "id": pairing.id,
        "name": pairing.name,
        "url": pairing.url,
        "fingerprint": fingerprint(pairing.public_key),
        "is_this": pairing.id == call.services.hub.node.origin,
    }


@router.post("/nodes", status_code=201)
async def add(body: NodeIn, call: Somebody) -> Json:
    async with call.database.transaction() as session:
        actor = await administrator(call, session)
        pairing = pairings.from_text(body.text)
        ours = call.services.hub.node
        row = await add_node(session, actor, ours, pairing, body.role, call.now, body.unit_id, call.address)
    await _look_again(call)
    return _shape(row, call, {}, 0)


@router.delete("/nodes/{node_id}", status_code=204)
async def revoke(node_id: str, call: Somebody) -> Response:
    """Its link ends at once."""
    async with call.database.transaction() as session:
        actor = await administrator(call, session)
        await revoke_node(session, actor, node_id, call.now, call.address)
    await _look_again(call)
    return Response(status_code=204)


async def _look_again(call: SessionCall) -> None:
    if call.services.node_links is not None:
        await call.services.node_links.look_at_registry()


async def _this(session: ReadSession | WriteSession, call: SessionCall) -> dict[str, Any]:
    ours = call.services.hub.node
    pairing = await our_pairing(session, call.services.settings, ours.origin)
    return {
        "id": pairing.id,
        "name": pairing.name,
        "url": pairing.url,
        "epoch": ours.epoch,
        "fingerprint": fingerprint(pairing.public_key),
        "pairing_text": pairings.to_text(pairing),
    }


def _shape(row: LinkedNode, call: SessionCall, held: dict[str, tuple[int, int]], behind: int) -> dict[str, Any]:
    links = call.services.node_links
    status = links.status(row.id) if links is not None else None
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "unit_id": row.unit_id,
        "url": row.url,
        "fingerprint": fingerprint(row.public_key),
        "added_at": row.added_at,
        "revoked_at": row.revoked_at,
        "seen_at": row.seen_at,
        "is_up": bool(status and status.is_up),
        "since": status.since if status else None,
        "rtt_ms": status.rtt_ms if status else None,
        "clock_offset_ms": status.clock_offset_ms if status else None,
        "version": status.version if status else None,
        "facts_waiting": status.facts_waiting if status else 0,
        "facts_held": held.get(row.id, (0, 0))[1],
        "nodes_behind": behind,
        "error": row.error,
        "error_detail": row.error_detail,
        "error_at": row.error_at,
    }
