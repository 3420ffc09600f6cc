"""A hostile installation over a real link: what it slips in is refused, named at the operator's page, and the rest of
the tree goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from scheduler.nodes.registry import revoke_node
from scheduler.proceedings.chain import hash_of
from scheduler.proceedings.facts import Fact, LogId
from scheduler.proceedings.wire import fact_to_json
from scheduler.replication import frames as fr
from scheduler.replication.receiving import words_of_seal
from tests.web.link.conftest import Opening
from tests.web.link.nodes import NOW, Installation, link, until_up
from tests.web.link.test_contained import CHILD, GRANDCHILD, ROOT, says


@dataclass
class Tree:
    """``hostile`` and ``beside`` are below the province, each with a room and one fact that is everywhere."""

    province: Installation
    hostile: Installation
    beside: Installation

    async def known(self) -> Fact:
        (fact,) = await self.province.facts(CHILD)
        return fact

    def sends(self, log_id: LogId, facts: list[Fact], **seal: Any) -> None:
        """By its own key, whatever it is."""
        last = facts[-1]
        made = fr.Seal(last.seq, last.hash, self.hostile.key.sign(words_of_seal(log_id, last.seq, last.hash)))
        batch = fr.Batch(log_id, tuple(fact_to_json(fact) for fact in facts), replace(made, **seal))
        self.hostile.links.connections[self.province.id].send(batch)

    async def others_go_on(self) -> None:
        before = len(await self.province.facts(GRANDCHILD))
        await self.beside.chat(GRANDCHILD, "vẫn họp")
        await self.province.chat(ROOT, "vẫn họp")
        assert len(await self.province.has(GRANDCHILD, before + 1)) == before + 1
        assert await self.beside.has(ROOT, 2) == await self.province.facts(ROOT)


@pytest.fixture
async def tree(opened: Opening) -> Tree:
    made = Tree(await opened("province"), await opened("hostile"), await opened("beside"))
    links = made.hostile.links
    links.settings = replace(links.settings, fault_pause_s=0.5)  # the page's words stand until the link is up again
    for lower, meeting_id in ((made.hostile, CHILD), (made.beside, GRANDCHILD)):
        for node in (made.province, lower):
            await node.place(meeting_id, lower.id, ROOT, made.province.id)
        await link(lower, made.province)
        await until_up(made.province, lower)
        await lower.chat(meeting_id, "một")
        await made.province.has(meeting_id, 1)
    await made.province.chat(ROOT, "một")
    for lower in (made.hostile, made.beside):
        await lower.has(ROOT, 1)
    return made


def after(fact: Fact, log_id: LogId | None = None, seq: int | None = None, **part: str) -> Fact:
    """A fact that could follow this one, whole by itself."""
    following = replace(
        fact, id=f"{fact.id[:-4]}ffff", log=log_id or fact.log, seq=seq or fact.seq + 1, prev_hash=fact.hash
    )
    following = replace(following, **part)  # type: ignore[arg-type]
    return following if "hash" in part else replace(following, hash=hash_of(following))


Slipped = tuple[LogId, list[Fact], dict[str, str]]
SLIPPED: dict[str, Callable[[Fact, Fact, Fact], Slipped]] = {
    "foreign_origin": lambda own, root, other: (root.log, [after(root)], {}),
    "foreign_origin of one beside": lambda own, root, other: (other.log, [after(other)], {}),
    "foreign_origin hidden in a batch of its own": lambda own, root, other: (own.log, [after(own, root.log)], {}),
    "broken_chain": lambda own, root, other: (own.log, [after(own, hash="0" * 64)], {}),
    "bad_seal": lambda own, root, other: (own.log, [after(own)], {"signature": "0" * 128}),
    "gap": lambda own, root, other: (own.log, [after(own, seq=7)], {}),
    "forked": lambda own, root, other: (own.log, [after(own, seq=1)], {}),
    "forked by its chain": lambda own, root, other: (own.log, [after(own, prev_hash="1" * 64)], {}),
}


@pytest.mark.parametrize("name", SLIPPED)
async def test_what_it_slips_in_is_refused_and_said(tree: Tree, name: str) -> None:
    logs = [(await tree.province.facts(one)) for one in (CHILD, ROOT, GRANDCHILD)]
    log_id, facts, seal = SLIPPED[name](*(log[0] for log in logs))
    tree.sends(log_id, facts, **seal)
    assert await says(tree.province, tree.hostile, name.split()[0])
    assert [(await tree.province.facts(one)) for one in (CHILD, ROOT, GRANDCHILD)] == logs
    await tree.others_go_on()


async def test_replayed_facts_are_known_already(tree: Tree) -> None:
    fact = await tree.known()
    for _ in range(3):
        tree.sends(fact.log, [fact])
    await tree.hostile.chat(CHILD, "hai")  # and the link goes on
    assert [one.seq for one in await tree.province.has(CHILD, 2)] == [1, 2]
    assert (await tree.province.error(tree.hostile))[0] == ""
    await tree.others_go_on()


async def test_an_unknown_node_is_told_so_and_hears_nothing(tree: Tree, opened: Opening) -> None:
    stranger = await opened("stranger")
    await stranger.knows(tree.province, "upper")
    await stranger.links.look_at_registry()
    await says(stranger, tree.province, "said_unknown_node")
    (called,) = tree.province.links.refused.values()
    assert (called.node, called.name) == (stranger.id, "stranger"), "for the operator's page of the one called, too"
    assert not tree.province.channel.is_up(stranger.id) and await stranger.facts(ROOT) == []
    await tree.others_go_on()


async def test_a_revoked_node_is_cut_off_at_once_and_comes_in_no_more(tree: Tree) -> None:
    async with tree.province.database.transaction() as session:
        await revoke_node(session, None, tree.hostile.id, NOW)
    await tree.province.links.look_at_registry()
    await tree.hostile.chat(CHILD, "hai")
    await says(tree.hostile, tree.province, "said_unknown_node")
    assert list(tree.province.links.refused) == [tree.hostile.id]
    assert not tree.province.channel.is_up(tree.hostile.id)
    await tree.others_go_on()
    assert len(await tree.province.facts(CHILD)) == 1, "what came before stays, and no more comes"
    assert len(await tree.hostile.facts(ROOT)) == 1
