"""Two real Chromiums through the worker: pictures, sounds, switches of the floor, an ICE restart."""

from __future__ import annotations

from pathlib import Path

from tests.browser.media.participant import participant
from tests.web.media.conftest import Media
from web.media.messages import Program


async def test_two_browsers_see_and_hear_each_other(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    async with participant(tmp_path, 5) as an, participant(tmp_path, 9) as binh:
        await media.client.set_program("room", Program(floor="an", chair="binh"), ["an", "binh"])
        await an.join(media.signal("room", "an"))
        await binh.join(media.signal("room", "binh"))
        await binh.sees(an.number)
        await an.sees(binh.number)
        await binh.hears(an.number)
        await an.hears(binh.number)
        print("first frame", await an.first_frame_ms(), await binh.first_frame_ms())
        print(await binh.report())
        print(media.worker.node.plane.stats())
        print([e for e in media.events][-12:])
