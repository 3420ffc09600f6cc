"""A real Firefox and a real Chromium in one room: each sends its layers, sees and hears the other; ICE is restarted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfu.settings import MediaSettings
from tests.browser.media.participant import Participant, firefox_participant, participant
from tests.media.firefox import openh264
from tests.web.media.conftest import running_media
from web.media.messages import Program

EVERY_ADDRESS = MediaSettings()  # Firefox does not reach 127.0.0.1 from its others


async def test_firefox_and_chromium_see_and_hear_each_other(tmp_path: Path) -> None:
    async with (
        running_media(EVERY_ADDRESS) as media,
        firefox_participant(tmp_path, 5) as fox,
        participant(tmp_path, 9) as chrome,
    ):
        await media.client.open_room("room")
        await media.client.set_program("room", Program(floor="fox", chair="chrome"), ["fox", "chrome"])
        await fox.join(media.signal("room", "fox"))
        await chrome.join(media.signal("room", "chrome"))
        await chrome.sees(fox.number)
        await fox.sees(chrome.number)
        await chrome.hears(fox.number)
        await hears_something(fox)
        await sends_layers(fox)
        await sends_layers(chrome)
        before = await streams(fox)
        await fox.restart_ice(lambda offer: media.client.restart_ice("fox", offer))
        await goes_on(fox)
        assert await streams(fox) == before, "the path is another, the streams are the same"


@pytest.mark.skipif(openh264() is None, reason="Firefox has no OpenH264 here; MOZ_GMP_PATH names its folder")
async def test_a_firefox_with_its_openh264_in_a_room_of_h264(tmp_path: Path) -> None:
    async with (
        running_media(replace(EVERY_ADDRESS, video_codec="h264")) as media,
        firefox_participant(tmp_path, 5, openh264()) as fox,
        participant(tmp_path, 9) as chrome,
    ):
        await media.client.open_room("room")
        await media.client.set_program("room", Program(floor="fox", chair="chrome"), ["fox", "chrome"])
        await fox.join(media.signal("room", "fox"))
        await chrome.join(media.signal("room", "chrome"))
        await chrome.sees(fox.number)
        await fox.sees(chrome.number)
        await sends_layers(fox)
        for viewer in (fox, chrome):
            shown = [item for item in (await viewer.report())["inbound"] if item.get("decoded")]
            assert {item["codec"] for item in shown} == {"video/H264"}


async def sends_layers(sender: Participant) -> None:
    """More than the smallest picture leaves the browser."""

    async def several() -> bool:
        sent = (await sender.report())["outbound"]
        return sum(bool(item["packets"]) for item in sent if item["kind"] == "video") >= 2

    await sender.wait_for(several, f"{sender.number} sends one layer")


async def hears_something(viewer: Participant) -> None:
    """Sound is decoded; which tone it is cannot be asked of a Firefox without a loudspeaker."""

    async def sound() -> bool:
        return any((item.get("energy") or 0) > 0.01 for item in (await viewer.report())["inbound"])

    await viewer.wait_for(sound, f"{viewer.number} hears nothing")


async def goes_on(viewer: Participant) -> None:
    """Pictures are decoded from now on."""
    frames = await decoded(viewer)

    async def more() -> bool:
        return await decoded(viewer) > frames + 5

    await viewer.wait_for(more, "no pictures after an ICE restart")


async def decoded(viewer: Participant) -> int:
    return max(item.get("decoded") or 0 for item in (await viewer.report())["inbound"])


async def streams(one: Participant) -> tuple[set[int], set[int]]:
    """SSRCs of what comes in, as far as packets do, and of all that may go out."""
    report = await one.report()
    coming = {item["ssrc"] for item in report["inbound"] if item.get("packets")}
    return coming, {item["ssrc"] for item in report["outbound"]}
