"""Pairing, registry, introductions, and which edges between meetings are believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scheduler.database import Database
from scheduler.errors import Duplicate, Invalid, NotAllowed, NotFound
from scheduler.nodes import pairing as pairings
from scheduler.nodes.edges import Edge, check_edges, crossing
from scheduler.nodes.key import NodeKey, fingerprint, holds
from scheduler.nodes.pairing import Pairing
from scheduler.nodes.registry import (
    Introduction,
    Neighbourhood,
    add_node,
    linked_nodes,
    neighbourhood,
    revoke_node,
    take_introductions,
    words_of_introduction,
)
from scheduler.permissions import Actor
from scheduler.proceedings.node import Node, identify

NOW = datetime(2026, 11, 23, tzinfo=UTC)
IDS = [f"0000000{n}-0000-7000-8000-000000000000" for n in range(9)]
KEYS = [NodeKey(bytes([n]) * 32) for n in range(9)]


def pairing(number: int) -> Pairing:
    return Pairing(IDS[number], f"Huyện {number}", KEYS[number].public, f"https://d{number}.example:8443")


def introduction(node: int, by: int, signer: int | None = None) -> Introduction:
    words = words_of_introduction(IDS[node], KEYS[node].public, IDS[by])
    signature = KEYS[by if signer is None else signer].sign(words)
    return Introduction(IDS[node], f"Xã {node}", KEYS[node].public, IDS[by], signature)


def test_a_signature_is_of_one_key_and_one_text() -> None:
    signature = KEYS[1].sign(b"x")
    assert holds(KEYS[1].public, signature, b"x")
    assert not holds(KEYS[2].public, signature, b"x")
    assert not holds(KEYS[1].public, signature, b"y")
    assert not holds("zz", signature, b"x") and not holds(KEYS[1].public, "", b"x")
    assert len(fingerprint(KEYS[1].public)) == 24


def test_a_pairing_text_survives_a_letter() -> None:
    text = pairings.to_text(pairing(1))
    assert pairings.from_text("  " + text.replace("\n", "\r\n  ") + "\n") == pairing(1)


@pytest.mark.parametrize("text", ["", "GB1-", "GB1-AAAA", "x" * 30_000, "GB1-" + "é" * 10])
def test_what_is_no_pairing_text(text: str) -> None:
    with pytest.raises(Invalid):
        pairings.from_text(text)


@pytest.mark.parametrize(
    "url", ["http://district.example", "ftp://x", "https://", "https://a:b@x", "https://x/?q=1", "https://x:99999"]
)
def test_addresses_that_are_not_dialled(url: str) -> None:
    with pytest.raises(Invalid):
        pairings.check(replace(pairing(1), url=url))
    pairings.check_url("http://127.0.0.1:8000")


async def test_adding_and_revoking_is_an_administrators(database: Database) -> None:
    administrator = Actor("p", roles=frozenset({("administrator", "u")}))
    async with database.transaction() as session:
        ours = await identify(session, NOW)
        with pytest.raises(NotAllowed):
            await add_node(session, Actor("q"), ours, pairing(1), "lower", NOW)
        await add_node(session, administrator, ours, pairing(1), "lower", NOW)
        with pytest.raises(Duplicate):
            await add_node(session, administrator, ours, pairing(1), "lower", NOW)
        with pytest.raises(Invalid):
            await add_node(session, administrator, Node(IDS[2], 1), pairing(2), "lower", NOW)
        with pytest.raises(NotAllowed):
            await revoke_node(session, Actor("q"), IDS[1], NOW)
        assert IDS[1] in await neighbourhood(session)
        await revoke_node(session, administrator, IDS[1], NOW)
        assert await neighbourhood(session) == {} and len(await linked_nodes(session, revoked=True)) == 1
        with pytest.raises(NotFound):
            await revoke_node(session, administrator, IDS[1], NOW)
        await add_node(session, administrator, ours, replace(pairing(1), public_key=KEYS[5].public), "lower", NOW)
        assert (await neighbourhood(session))[IDS[1]].public_key == KEYS[5].public


async def test_introductions_are_believed_link_by_link(database: Database) -> None:
    async with database.transaction() as session:
        ours = await identify(session, NOW)
        for number in (1, 2):
            await add_node(session, None, ours, pairing(number), "lower", NOW)

        async def doubts(via: int, *introductions: Introduction) -> list[str]:
            return [d.code for d in await take_introductions(session, ours.origin, IDS[via], introductions, NOW)]

        assert await doubts(1, introduction(3, 1), introduction(4, 3)) == []
        assert (await neighbourhood(session))[IDS[4]].via == IDS[1]
        assert await doubts(1, introduction(5, 3, signer=1)) == ["forged_introduction"]
        assert await doubts(1, introduction(5, 2)) == ["forged_introduction"]
        assert await doubts(2, introduction(3, 2)) == ["two_paths"]
        assert await doubts(1, replace(introduction(3, 1), id=ours.origin)) == ["loop"]
        other = words_of_introduction(IDS[3], KEYS[6].public, IDS[1])
        changed = Introduction(IDS[3], "Xã", KEYS[6].public, IDS[1], KEYS[1].sign(other))
        assert await doubts(1, changed) == ["other_key"]


def nodes(**roles: tuple[str, str]) -> dict[str, Neighbourhood]:
    return {name: Neighbourhood(name, role, via, "") for name, (role, via) in roles.items()}  # type: ignore[arg-type]


PROVINCE = nodes(c=("upper", "c"), d1=("lower", "d1"), d2=("lower", "d2"), x1=("lower", "d1"))
EDGES = {
    edge.meeting_id: edge
    for edge in (
        Edge("M", "p", "R", "c"), Edge("M1", "d1", "M", "p"), Edge("M2", "d2", "M", "p"), Edge("K", "x1", "M1", "d1"),
        Edge("N1", "d1", "N", "d1"),
    )
}  # fmt: skip


def test_ancestors_go_down_descendants_go_up_and_nothing_sideways() -> None:
    down = crossing(EDGES, PROVINCE, "p", "d1")
    assert (dict(down.out), dict(down.into)) == ({"M": "p", "R": "c"}, {"M1": "d1", "K": "x1"})
    up = crossing(EDGES, PROVINCE, "p", "c")
    assert dict(up.into) == {"R": "c"}
    assert dict(up.out) == {"M": "p", "M1": "d1", "M2": "d2", "K": "x1"}
    assert {edge.meeting_id for edge in up.edges} == {"M", "M1", "M2", "K"}


def test_edges_of_a_ring_carry_nothing() -> None:
    ring = {"A": Edge("A", "p", "B", "d1"), "B": Edge("B", "d1", "A", "p")}
    assert dict(crossing(ring, PROVINCE, "p", "d1").out) == {}


def test_which_edges_a_lower_node_may_tell() -> None:
    said = [
        Edge("K2", "x1", "M1", "d1"),  # below its own room
        Edge("L", "x1", "K2", "x1"),  # and below that
        Edge("F1", "d1", "M", "p"),  # under a meeting of ours: ours to say
        Edge("F2", "d1", "M2", "d2"),  # under its neighbour's
        Edge("F3", "d1", "nowhere", "d1"),  # hangs on nothing
        Edge("M1", "d1", "K", "x1"),  # already stands elsewhere: two roots
    ]
    taken, refused = check_edges(said, EDGES, PROVINCE, "d1")
    assert [edge.meeting_id for edge in taken] == ["K2", "L"]
    assert {edge.meeting_id for edge in refused} == {"F1", "F2", "F3", "M1"}


def test_an_upper_node_may_only_say_what_stands_above_us() -> None:
    known = {"M1": Edge("M1", "d1", "M", "p")}
    district = nodes(p=("upper", "p"), c=("upper", "p"))
    taken, refused = check_edges([Edge("M", "p", "R", "c"), Edge("Z", "p", "R", "c")], known, district, "p")
    assert [edge.meeting_id for edge in taken] == ["M"] and [edge.meeting_id for edge in refused] == ["Z"]
