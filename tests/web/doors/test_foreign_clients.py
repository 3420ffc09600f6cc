"""Encoders and players that are not ours, in a real room: FFmpeg's WHIP muxer, GStreamer and aiortc."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.web.doors.clients import encoder, ffmpeg, gstreamer, player
from tests.web.doors.conftest import OTHER_SITE, SITE, WAIT_S, House

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_an_encoder_is_its_site_and_a_player_gets_the_program(house: House) -> None:
    async with encoder(house, await house.ticket(), 21) as sender:
        assert sender.created.headers["content-type"] == "application/sdp"
        assert house.room.state.sites[SITE].connection_id is not None
        await house.command("grant_floor", site_id=SITE)
        async with player(house, await house.ticket("playback")) as viewer, asyncio.timeout(WAIT_S):
            assert await viewer.sees() == 21
            assert await viewer.hears() == 21
            for connection in house.room.connections:
                await house.is_where_it_is(connection)
            assert (await house.http.delete(viewer.session, headers=_by(viewer))).status_code == 200
    assert len(house.room.connections) == 1


def _by(client: object) -> dict[str, str]:
    return {"authorization": client.created.request.headers["authorization"]}  # type: ignore[attr-defined]


async def test_ffmpeg_sends_into_a_room_of_h264(h264_house: House) -> None:
    house = h264_house
    secret = await house.ticket(site_id=OTHER_SITE)
    async with (
        ffmpeg(house.door("ingest"), secret, 22),
        player(house, await house.ticket("playback")) as viewer,
        asyncio.timeout(WAIT_S),
    ):
        await house.until(lambda: house.room.state.sites[OTHER_SITE].connection_id is not None)
        await house.command("grant_floor", site_id=OTHER_SITE)
        assert await viewer.sees() == 22
        assert await viewer.hears() == 22
    await house.until(lambda: house.room.state.sites[OTHER_SITE].connection_id is None)


async def test_gstreamer_sends_packets_as_long_as_it_likes(house: House, tmp_path: Path) -> None:
    secret = await house.ticket()
    async with (
        gstreamer(tmp_path, house.door("ingest"), secret, 23),
        player(house, await house.ticket("playback")) as viewer,
        asyncio.timeout(WAIT_S),
    ):
        await house.until(lambda: house.room.state.sites[SITE].connection_id is not None)
        await house.command("grant_floor", site_id=SITE)
        assert await viewer.sees() == 23
        assert await viewer.hears() == 23
    await house.until(lambda: house.room.state.sites[SITE].connection_id is None)
