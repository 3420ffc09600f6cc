"""The life of a meeting, in real browsers: the chair, the secretary and two communes at Chromium, ten light peers.

One commune sits at another computer (a network namespace) and comes over https. Each camera shows a machine-readable
number, each microphone sounds a tone: what a browser decodes must be the one who has the floor.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.at_browser import AtBrowser, at_browser
from tests.installation import Installation
from tests.media.chromium import EXECUTABLE
from tests.namespace import namespace
from tests.site_in_room import SiteInRoom
from tests.story import Planned, log_in, plan_and_send
from web.certificate import make_certificate

CHAIR, NEAR, FAR = 30, 1, 2


@pytest.mark.xdist_group("machine")
async def test_a_district_meets_its_communes(tmp_path: Path) -> None:
    asyncio.get_running_loop().set_debug(False)  # debugging every timer of ten light peers would take a core by itself
    async with AsyncExitStack() as stack:
        far_away = stack.enter_context(namespace())
        files = make_certificate(tmp_path / "tls", [far_away.here])
        trust = ssl.create_default_context(cafile=str(files.authority))
        installation = Installation(tmp_path / "data", host=far_away.here)
        installation.environment |= {
            "GIAOBAN_HOST": "0.0.0.0",  # noqa: S104 - the other computer must reach it
            "GIAOBAN_TLS_CERTIFICATE": str(files.certificate),
            "GIAOBAN_TLS_KEY": str(files.key),
            "GIAOBAN_PUBLIC_URL": f"https://{far_away.here}:{installation.port}",
        }
        await stack.enter_async_context(installation)
        planner = await log_in(installation, "thuky.quanba", trust)
        stack.push_async_callback(planner.http.aclose)
        planned = await plan_and_send(planner)

        url = installation.url
        secretary = await stack.enter_async_context(at_browser(url, tmp_path))
        chair = await stack.enter_async_context(at_browser(url, tmp_path, CHAIR))
        near = await stack.enter_async_context(at_browser(url, tmp_path, NEAR))
        wrapped = str(far_away.wrapper(tmp_path, EXECUTABLE))
        far = await stack.enter_async_context(at_browser(url, tmp_path, FAR, executable=wrapped))

        await the_secretary_opens_the_room(secretary, planned, installation.password)
        await everybody_comes_in(chair, near, far, planned, installation.password)
        light = [
            await stack.enter_async_context(SiteInRoom(url, planned.links[site["site_id"]], planned.id, number, trust))
            for number, site in enumerate(planned.sites[2:12], 3)
        ]
        assert light
        await the_roll_is_called(secretary, near, planned)
        await the_floor_goes_round(secretary, chair, near, far, planned)
        for person in (secretary, chair, near, far):
            assert person.complaints == []


async def the_secretary_opens_the_room(secretary: AtBrowser, planned: Planned, password: str) -> None:
    await secretary.logs_in("thuky.quanba", password)
    await secretary.opens(f"/meetings/{planned.id}")
    await secretary.click("open-room")
    await secretary.enters_room()
    if await secretary.at("open-testing").count():
        await secretary.click("open-testing")
    await secretary.stage_is("testing")


async def everybody_comes_in(
    chair: AtBrowser, near: AtBrowser, far: AtBrowser, planned: Planned, password: str
) -> None:
    await chair.logs_in("chutich.quanba", password)
    await chair.opens(f"/rooms/{planned.id}")
    await chair.enters_room()
    for person, site in ((near, planned.sites[0]), (far, planned.sites[1])):
        await person.opens(planned.links[site["site_id"]])
        await person.click("site-join")
        await person.enters_room()
        await person.sees(CHAIR)


async def the_roll_is_called(secretary: AtBrowser, near: AtBrowser, planned: Planned) -> None:
    await near.tool("people")
    await near.fill("head-count", "3")
    await secretary.tool("roll")
    await secretary.click("call-roll")


async def the_floor_goes_round(
    secretary: AtBrowser, chair: AtBrowser, near: AtBrowser, far: AtBrowser, planned: Planned
) -> None:
    await chair.click("convene")
    for person in (secretary, chair, near, far):
        await person.stage_is("convened")
