"""Real Chromiums through the worker: pictures, sounds, switches of the floor, an ICE restart, a viewer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.browser.media.participant import participant
from tests.media.samples import audio_sample, video_sample
from tests.web.media.conftest import LOOPBACK, Media, running_media
from web.media.messages import EncodingsWanted, ProducersChanged, Program

MAIN = "7"  # mid of the first video slot after microphone, camera, presentation, 3 audio and the presentation slot


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
        await media.wait_for(lambda: ProducersChanged("room", "an", True, True, False) in media.events)

        before = {item["mid"]: item["ssrc"] for item in (await binh.report())["inbound"]}

        async def restart(offer: str) -> str:
            return await media.client.restart_ice("binh", offer)

        frames = max(item["decoded"] or 0 for item in (await binh.report())["inbound"])
        await binh.restart_ice(restart)

        async def goes_on() -> bool:
            return max(item["decoded"] or 0 for item in (await binh.report())["inbound"]) > frames + 5

        await binh.wait_for(goes_on, "no pictures after an ICE restart")
        after = {item["mid"]: item["ssrc"] for item in (await binh.report())["inbound"]}
        assert before.items() <= after.items()
        await an.hears(binh.number)

        await media.client.set_program("room", Program(floor="binh"), ["binh"])  # an's microphone closes

        async def silent() -> bool:
            return an.number not in (await binh.tones()).values()

        await binh.wait_for(silent, "a closed microphone is still heard")


async def test_the_floor_switches_the_picture_of_a_viewer_without_camera(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    light = LightPeer(Wanted(video_slots=0, presentation_slots=0, audio_slots=0))
    await light.connect(media.signal("room", "light"))
    light.play("camera", video_sample(77))
    light.play("microphone", audio_sample(33))
    async with participant(tmp_path, 6) as an, participant(tmp_path, 0, camera=False) as viewer:
        await media.client.set_program("room", Program(floor="light"), ["light"])
        await an.join(media.signal("room", "an"), video=0)
        await viewer.join(media.signal("room", "viewer"), send=False, video=1)
        await viewer.sees(77, MAIN)
        await viewer.hears(33)
        for floor, number in (("an", 6), ("light", 77), ("an", 6)):
            await media.client.set_program("room", Program(floor=floor, mode="one_speaker"), [floor])
            await viewer.sees(number, MAIN)
        await viewer.hears(6)
        report = await viewer.report()
        assert not any(item["lost"] for item in report["inbound"])
        await media.client.set_program("room", Program(floor="light", mode="one_speaker"), ["light"])
        await media.wait_for(lambda: any(e.peer == "an" and e.active == ("q",) for e in _encodings(media)))
    await light.close()


async def test_a_room_of_h264(tmp_path: Path) -> None:
    """Two layers of one picture, and the keyframes that switch between them, are found in H.264 too."""
    async with (
        running_media(replace(LOOPBACK, video_codec="h264")) as media,
        participant(tmp_path, 6) as an,
        participant(tmp_path, 0, camera=False) as viewer,
    ):
        await media.client.open_room("room")
        await media.client.set_program("room", Program(floor="an"), ["an"])
        await an.join(media.signal("room", "an"), video=0)
        await viewer.join(media.signal("room", "viewer"), send=False, video=1)

        async def shows(width: int) -> bool:
            pictures = [item for item in (await viewer.report())["inbound"] if item["kind"] == "video"]
            return any(item["codec"] == "video/H264" and (item["width"] or 0) >= width for item in pictures)

        await viewer.sees(6, MAIN)
        await viewer.wait_for(lambda: shows(320), "the larger layer is not shown")


def _encodings(media: Media) -> list[EncodingsWanted]:
    return [event for event in media.events if isinstance(event, EncodingsWanted)]
