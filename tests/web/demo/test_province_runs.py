"""``giaoban demo province`` as a person starts it: three installations in networks of their own, sites in their rooms,
and at Ctrl-C nothing of it is left."""

from __future__ import annotations

import asyncio
import signal
import ssl
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.story import until
from web.demo import network
from web.demo.conference import TITLE
from web.demo.layout import Layout, Place, lay_out
from web.demo.leftovers import marked
from web.demo.linking import log_in

START_S, END_S = 240.0, 60.0  # of a machine that has other work; alone 20 and 3
SITES = 3


@pytest.mark.installation
@pytest.mark.skipif(not network.can_isolate(), reason="network namespaces need root and iproute2")
async def test_it_comes_up_with_sites_in_its_rooms_and_leaves_nothing(tmp_path: Path) -> None:
    layout = lay_out(tmp_path / "demo", isolated=True)
    async with started(layout.folder) as process:
        said = await said_until(process, "Ctrl-C")
        assert f"Điểm cầu vào họp {SITES}/{SITES}" in said
        assert [await health(place) for place in layout.places] == ["ok", "ok", "ok"]
        assert await seen_above(layout.central) == SITES
        assert namespaces(layout) == {place.namespace for place in layout.places}
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(END_S):
            rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
    assert (marked(layout.mark), namespaces(layout)) == ([], set())


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Process]:
    """Whatever becomes of the test, it is asked to end, and waited for."""
    command = ["-m", "web.command", "demo", "province", "--fresh", "--sites", str(SITES), "--folder", str(folder)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(END_S):
                await process.communicate()


async def said_until(process: Process, word: str) -> str:
    assert process.stdout is not None
    said: list[str] = []
    async with asyncio.timeout(START_S):
        while not said or word not in said[-1]:
            line = await process.stdout.readline()
            assert line, "".join(said)
            said.append(line.decode())
    return "".join(said)


async def health(place: Place) -> str:
    trust = ssl.create_default_context(cafile=place.authority)
    async with httpx.AsyncClient(verify=trust) as client:
        return str((await client.get(f"{place.url}/healthz")).json()["status"])


async def seen_above(central: Place) -> int:
    """How many sites of all rooms are in, by the board of the uppermost one."""
    desk = await log_in(central, "thuky.trunguong")

    async def joined() -> int:
        rows = (await desk.get(f"/api/meetings/{meeting['id']}/board"))["rows"]
        return sum(row["state"] == "joined" for row in rows)

    async with aclosing(desk.http):
        meeting = next(one for one in (await desk.get("/api/meetings"))["items"] if one["title"] == TITLE)
        return int(await until(joined, lambda count: count >= SITES, "the sites on the board"))


def namespaces(layout: Layout) -> set[str]:
    """Of this demonstration's."""
    lines = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[0] for line in lines} & {str(place.namespace) for place in layout.places}
