"""Facts go where the tree says: up from those below, down from those above, whole, once, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from scheduler.database import ReadSession
from scheduler.proceedings import chain
from scheduler.proceedings.chain import Head
from scheduler.proceedings.facts import LogId
from scheduler.replication import store
from scheduler.replication.frames import FRAME_BYTES
from scheduler.replication.sending import WINDOW_BYTES
from tests.web.link.conftest import Opening
from tests.web.link.nodes import Net, link, until_up

ROOT, CHILD, GRANDCHILD, OTHER = (f"0000000{n}-0000-7000-8000-000000000000" for n in range(1, 5))


async def test_a_district_and_its_province_exchange_their_logs(opened: Opening) -> None:
    province, district = await opened("province"), await opened("district")
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
    await province.chat(ROOT, "một", "hai")
    await district.chat(CHILD, "ba")
    await link(district, province)
    down, up = await district.has(ROOT, 2), await province.has(CHILD, 1)
    assert down == await province.facts(ROOT)
    assert up == await district.facts(CHILD)
    assert chain.verify(down) == []
    await province.chat(ROOT, "bốn")  # while the link is up
    await district.chat(CHILD, "năm")
    assert len(await district.has(ROOT, 3)) == 3
    assert len(await province.has(CHILD, 2)) == 2


async def test_three_levels_and_only_the_meetings_own_tree(opened: Opening) -> None:
    central, province, district = await opened("central"), await opened("province"), await opened("district")
    await link(province, central)
    await link(district, province)
    await until_up(province, central)
    await until_up(province, district)
    await central.place(CHILD, province.id, ROOT, central.id)
    for node in (province,):
        await node.place(CHILD, province.id, ROOT, central.id)
        await node.place(GRANDCHILD, district.id, CHILD, province.id)
    await district.place(GRANDCHILD, district.id, CHILD, province.id)
    await district.chat(OTHER, "nội bộ")  # a meeting of its own, under nothing
    await district.chat(GRANDCHILD, "xin chào")
    await central.chat(ROOT, "chào các tỉnh")
    assert await central.has(GRANDCHILD, 1) == await district.facts(GRANDCHILD)
    assert await district.has(ROOT, 1) == await central.facts(ROOT)
    assert await central.facts(OTHER) == await province.facts(OTHER) == []


async def test_a_cut_loses_nothing_and_doubles_nothing(opened: Opening, net: Net) -> None:
    province, district = await opened("province"), await opened("district")
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
    await link(district, province)
    await until_up(district, province)
    for round_number in range(4):
        await district.chat(CHILD, *(f"{round_number} {n}" for n in range(10)))
        await net.cut(province.url)
        await district.chat(CHILD, f"{round_number} cut")
        await province.chat(ROOT, f"{round_number} cut")
        net.restore(province.url)
        await until_up(district, province)
    assert await province.has(CHILD, 44) == await district.facts(CHILD)
    assert await district.has(ROOT, 4) == await province.facts(ROOT)


async def test_a_fact_made_while_the_link_looks_what_crosses_is_sent(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both rooms say that they are linked again in the very moment in which they are."""
    province, district = await opened("province"), await opened("district")
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
    await province.chat(ROOT, "một")
    heads_of, said = store.heads_of, list[str]()

    async def slow(session: ReadSession, meetings: Mapping[str, str]) -> dict[LogId, Head]:
        found = await heads_of(session, meetings)
        if meetings == {ROOT: province.id} and found and not said:
            said.append("hai")
            await province.chat(ROOT, "hai")
        return found

    await link(district, province)
    await district.has(ROOT, 1)
    monkeypatch.setattr(store, "heads_of", slow)
    province.links.tree_changed()
    assert len(await district.has(ROOT, 2)) == 2
    assert said == ["hai"]


async def test_facts_of_one_moment_cross_the_link_together_and_the_first_at_once(opened: Opening, net: Net) -> None:
    """Sites of a province come in: the one above stores and acknowledges handfuls, not each of their facts."""
    province, district = await opened("province"), await opened("district")
    for node in (province, district):
        node.settings = node.links.settings = replace(node.settings, gather_s=0.5)
        await node.place(CHILD, district.id, ROOT, province.id)
    await link(district, province)
    await until_up(district, province)
    (_, line) = net.open[-1]
    await district.chat(CHILD, "một")
    assert len(await province.has(CHILD, 1)) == 1
    before = len(line.sent)
    for number in range(40):
        await district.chat(CHILD, str(number))
    assert len(await province.has(CHILD, 41)) == 41
    batches = [text for text in line.sent[before:] if text.startswith('{"type":"batch"')]
    assert len(batches) < 10, len(batches)


async def test_the_facts_of_weeks_come_behind_what_people_do_now(opened: Opening, net: Net) -> None:
    """A district was away: what it missed fills the gaps, a request waits for one batch at most."""
    province, district = await opened("province"), await opened("district")
    for node in (province, district):
        await node.place(CHILD, district.id, ROOT, province.id)
        await node.place(GRANDCHILD, district.id, OTHER, province.id)
    for _ in range(4):
        await province.chat(ROOT, *("x" * 100 for _ in range(250)))

    async def echo(node: str, kind: str, body: dict[str, object]) -> dict[str, object]:
        return body

    district.channel.on("board.echo", echo)
    await link(district, province)
    await until_up(province, district)
    out = net.answering[-1]
    out.gate = asyncio.Semaphore(0)  # a slow line: what goes out is let out one by one
    sending = province.links.connections[district.id].replicator
    assert sending is not None
    asked, before, furthest = 0, len(out.sent), 0
    log_id = province.node.log_of(ROOT)
    while log_id not in sending.sending.logs or sending.sending.logs[log_id].acked < 1000:
        request = asyncio.create_task(province.channel.request(district.id, "board.echo", {"number": asked}))
        asked += 1
        if asked == 3:
            await province.chat(OTHER, "bây giờ")  # nor does a new fact wait for the old ones
        while not request.done():
            furthest = max(furthest, sending.sending.bytes_on_the_way)
            out.gate.release()
            await asyncio.sleep(0.002)
    out.gate = None
    kinds = [text[9:14] for text in out.sent[before:]]
    between = "".join("r" if kind == "reque" else "b" for kind in kinds if kind in ("reque", "batch")).split("r")
    assert asked > 5 and max(map(len, between)) <= 2, between  # one on its way, one after
    assert furthest <= WINDOW_BYTES + FRAME_BYTES
    (now,) = await district.has(OTHER, 1)
    assert await district.has(ROOT, 1000) == await province.facts(ROOT)
    batches = [text for text in out.sent if text.startswith('{"type":"batch"')]
    assert now.id not in batches[-1]  # it overtook the backlog
