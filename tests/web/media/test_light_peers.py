"""Light peers through the worker, over loopback: real ICE, DTLS and SRTP."""

from __future__ import annotations

import random
import socket
from functools import partial

import pytest

from sfu.errors import HandshakeFailed, PeerError
from sfu.light_peer import LightPeer, Sample, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.plane.plane import SrtpProfile
from sfu.settings import MediaSettings, Timeouts
from tests.web.media.conftest import Media, running_media
from web.media.messages import PeerConnected, PeerDisconnected, Program, SlotsChanged

PROFILES: list[SrtpProfile] = ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]
SAMPLES = {
    sample.name: sample
    for name in ("an", "binh", "chi")
    for sample in (synthetic_video(name), synthetic_audio(f"{name} sound"))
}
WATCHER = Wanted(audio=False, video=False, video_slots=1, presentation_slots=0)


async def join(media: Media, name: str, wanted: Wanted | None = None, **options: object) -> LightPeer:
    """A light peer in the room that recognises everybody's packets."""
    peer = LightPeer(wanted, known=SAMPLES.values(), **options)  # type: ignore[arg-type]
    await peer.connect(media.signal("room", name))
    return peer


def play(peer: LightPeer, name: str) -> None:
    peer.play("camera", SAMPLES[name])
    peer.play("microphone", SAMPLES[f"{name} sound"])


def assert_clean(peer: LightPeer) -> None:
    """Nothing lost, doubled, foreign, or begun without a keyframe."""
    for slot in peer.received.values():
        assert (slot.lost, slot.duplicates, slot.strangers, slot.bad_switches, slot.picture_gaps) == (0, 0, 0, 0, 0)
    assert (peer.unexpected, peer.unopened) == (0, 0)


@pytest.mark.parametrize("profile", PROFILES)
async def test_two_peers_see_and_hear_each_other_in_every_profile(media: Media, profile: SrtpProfile) -> None:
    await media.client.open_room("room")
    an, binh = await join(media, "an", profiles=(profile,)), await join(media, "binh", profiles=(profile,))
    assert an.profile == profile
    play(an, "an")
    play(binh, "binh")
    await media.client.set_program("room", Program(floor="an", chair="binh"), ["an", "binh"])
    await binh.wait_for(lambda: "an" in binh.sources("video") and "an sound" in binh.sources("audio"))
    await an.wait_for(lambda: "binh" in an.sources("video") and "binh sound" in an.sources("audio"))
    assert_clean(an)
    assert_clean(binh)
    await an.close()
    await binh.close()
    await media.wait_for(lambda: PeerDisconnected("room", "an", "left") in media.events)


async def test_the_readable_plane_carries_a_meeting_too() -> None:
    """``GIAOBAN_PLANE=reference``: the same meeting, over TCP and UDP."""
    async with running_media(plane="reference") as media:
        await test_a_peer_over_tcp_and_a_peer_over_udp_meet(media)


async def test_a_peer_over_tcp_and_a_peer_over_udp_meet(media: Media) -> None:
    await media.client.open_room("room")
    an, binh = await join(media, "an", protocol="tcp"), await join(media, "binh")
    play(an, "an")
    play(binh, "binh")
    await media.client.set_program("room", Program(), ["an", "binh"])
    await an.wait_for(lambda: an.sources("video") == {"binh"} and an.sources("audio") == {"binh sound"})
    await binh.wait_for(lambda: binh.sources("video") == {"an"} and binh.sources("audio") == {"an sound"})
    await an.close()
    await binh.close()


@pytest.mark.parametrize("plane", ["native", "reference"])
async def test_over_ipv6_by_udp_and_tcp_as_over_ipv4(plane: str) -> None:
    """Nothing but an IPv6 address is announced: checks, handshakes and media go over it."""
    async with running_media(MediaSettings(host_addresses=("::1",)), plane=plane) as media:
        await test_a_peer_over_tcp_and_a_peer_over_udp_meet(media)


def has_only(watcher: LightPeer, floor: str) -> bool:
    return watcher.sources("video") == {floor} and watcher.sources("audio") >= {f"{floor} sound"}


async def test_the_floor_moves_the_picture_without_a_gap(media: Media) -> None:
    await media.client.open_room("room")
    peers = {name: await join(media, name) for name in ("an", "binh")}
    watcher = await join(media, "watcher", WATCHER)
    for name, peer in peers.items():
        play(peer, name)
    for floor in ("an", "binh", "an", "binh"):
        await media.client.set_program("room", Program(floor=floor, mode="one_speaker"), [floor])
        await watcher.wait_for(partial(has_only, watcher, floor))
    assert_clean(watcher)
    shown = [e for e in media.of(SlotsChanged) if isinstance(e, SlotsChanged) and e.peer == "watcher"][-1]
    assert [(s.peer, s.label) for s in shown.slots if s.source == "camera"] == [("binh", "site binh")]
    for peer in (*peers.values(), watcher):
        await peer.close()


async def test_an_ice_restart_keeps_keys_and_ssrcs(media: Media) -> None:
    await media.client.open_room("room")
    an, binh = await join(media, "an"), await join(media, "binh")
    play(an, "an")
    await media.client.set_program("room", Program(), ["an"])
    await binh.wait_for(lambda: binh.sources("video") == {"an"})

    async def restart(offer: str) -> str:
        return await media.client.restart_ice("binh", offer)

    before, packets = binh.ssrcs, sum(slot.packets for slot in binh.received.values())
    await binh.restart_ice(restart)
    await binh.wait_for(lambda: sum(slot.packets for slot in binh.received.values()) > packets + 20)
    assert binh.ssrcs == before and binh.unexpected == 0
    await an.close()
    await binh.close()


async def test_a_wrong_fingerprint_is_refused_and_told(media: Media) -> None:
    await media.client.open_room("room")
    peer = LightPeer()
    signal = media.signal("room", "forger")

    async def forge(offer: str) -> str:
        digest = offer.partition("a=fingerprint:sha-256 ")[2][:95]
        return await signal(offer.replace(digest, ":".join(["00"] * 32)))

    with pytest.raises(HandshakeFailed):
        await peer.connect(forge)
    await media.wait_for(lambda: PeerDisconnected("room", "forger", "dtls") in media.events)
    assert not any(isinstance(event, PeerConnected) for event in media.events)
    peer.vanish()


async def test_a_peer_that_vanishes_is_told_and_forgotten_later() -> None:
    quick = MediaSettings(host_addresses=("127.0.0.1",), timeouts=Timeouts(consent_s=0.6, vanished_s=0.6))
    async with running_media(quick) as media:
        await media.client.open_room("room")
        peer = await join(media, "an")
        peer.vanish()
        await media.wait_for(lambda: PeerDisconnected("room", "an", "consent") in media.events)
        await media.wait_for(lambda: not media.worker.node.transports)
        assert (await media.client.state())["room"].peers == ()


async def test_garbage_at_the_port_disturbs_nobody(media: Media) -> None:
    await media.client.open_room("room")
    an, binh = await join(media, "an"), await join(media, "binh")
    play(an, "an")
    await media.client.set_program("room", Program(), ["an"])
    noise, (host, port, _) = random.Random(3), media.worker.node.listener.addresses[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(2000):
            stranger.sendto(noise.randbytes(noise.randint(0, 400)), (host, port))
    with socket.create_connection(media.worker.node.listener.addresses[1][:2]) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
    await binh.wait_for(lambda: binh.sources("video") == {"an"} and binh.sources("audio") == {"an sound"})
    assert_clean(binh)
    await an.close()
    await binh.close()


async def test_joining_again_replaces_the_earlier_connection(media: Media) -> None:
    await media.client.open_room("room")
    first = await join(media, "an")
    second = await join(media, "an")
    await first.wait_for(lambda: first.closed_by_server)
    assert (await media.client.state())["room"].peers == ("an",)
    await second.close()
    first.vanish()


async def test_simulcast_layers_are_chosen_and_fallen_back_to(media: Media) -> None:
    await media.client.open_room("room")
    layers = {rid: Sample(rid, "vp8", 90000, synthetic_video(f"layer {rid}").frames) for rid in ("q", "h", "f")}
    an = await join(media, "an", Wanted(rids=("q", "h", "f")))
    watcher = LightPeer(WATCHER, known=layers.values())
    await watcher.connect(media.signal("room", "watcher"))
    an.play("camera", layers["q"], rid="q")
    await media.client.set_program("room", Program(floor="an"), [])
    await watcher.wait_for(lambda: watcher.sources("video") == {"q"})
    an.play("camera", layers["f"], rid="f")
    await watcher.wait_for(lambda: watcher.sources("video") == {"f"})
    assert_clean(watcher)
    await an.close()
    await watcher.close()


async def test_an_answer_without_the_protocol_asked_for_is_said() -> None:
    async with running_media(MediaSettings(host_addresses=("127.0.0.1",), tcp=False)) as media:
        await media.client.open_room("room")
        peer = LightPeer(protocol="tcp")
        with pytest.raises(PeerError, match="no tcp candidate"):
            await peer.connect(media.signal("room", "an"))
