"""Light peers through the worker, over loopback: real ICE, DTLS and SRTP."""

from __future__ import annotations

import pytest

from sfu.light_peer import LightPeer, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.plane.plane import SrtpProfile
from tests.web.media.conftest import Media
from web.media.messages import Program

PROFILES: list[SrtpProfile] = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]
SAMPLES = [synthetic_video("an"), synthetic_audio("an sound"), synthetic_video("binh"), synthetic_audio("binh sound")]


async def join(media: Media, name: str, wanted: Wanted | None = None, **options: object) -> LightPeer:
    peer = LightPeer(wanted, known=SAMPLES, **options)  # type: ignore[arg-type]
    await peer.connect(media.signal("room", name))
    return peer


def play(peer: LightPeer, name: str) -> None:
    peer.play("camera", next(s for s in SAMPLES if s.name == name))
    peer.play("microphone", next(s for s in SAMPLES if s.name == f"{name} sound"))


@pytest.mark.parametrize("profile", PROFILES)
async def test_two_peers_see_and_hear_each_other(media: Media, profile: SrtpProfile) -> None:
    await media.client.open_room("room")
    an, binh = await join(media, "an", profiles=(profile,)), await join(media, "binh", profiles=(profile,))
    assert an.profile == profile
    play(an, "an")
    play(binh, "binh")
    await media.client.set_program("room", Program(floor="an", chair="binh"), ["an", "binh"])
    await binh.wait_for(lambda: "an" in binh.sources("video") and "an sound" in binh.sources("audio"))
    await an.wait_for(lambda: "binh" in an.sources("video") and "binh sound" in an.sources("audio"))
    await an.close()
    await binh.close()
