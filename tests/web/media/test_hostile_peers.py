"""One peer, or somebody outside, misbehaves in a meeting of two others, over real ICE, DTLS and SRTP.

The two notice nothing: every packet that reaches the viewer is checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from sfu.light_peer import LightPeer, Sample, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.plane.budgets import Budgets
from sfu.plane.native.loop import WORKER, LoopPlane
from sfu.plane.plane import Plane
from sfu.plane.reference import ReferencePlane
from sfu.producer import CHANGES, CHANGES_PER_SECOND
from sfu.rtp.rtcp import (
    FullIntraRequest,
    Nack,
    PictureLoss,
    ReceiverEstimate,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    TransportFeedback,
)
from sfu.settings import MediaSettings, Timeouts
from sfu.transport.certificate import new_certificate
from sfu.transport.dtls import DtlsTransport, make_context
from sfu.transport.whereabouts import MAX_ADDRESSES
from tests.web.media.conftest import Media, running_media
from tests.web.media.hostile import Hostile, Stranger
from web.media.messages import PeerConnected, PeerDisconnected, Program

CAMERA, MICROPHONE = synthetic_video("an", fps=30), synthetic_audio("an sound", frame_ms=20)
VIEWER = Wanted(audio=False, video=False, audio_slots=3, video_slots=2)
SENDER = Wanted(audio_slots=0, video_slots=1, presentation_slots=0)


@dataclass
class Scene:
    """An sends picture and sound, Binh watches, and there is a third."""

    media: Media
    an: LightPeer
    binh: LightPeer
    hostile: Hostile

    def counter(self, name: str) -> int:
        return self.media.worker.node.plane.stats().extra.get(name, 0)

    @property
    def came(self) -> dict[str, int]:
        """Packets of An's that Binh has, by sample."""
        found: dict[str, int] = {}
        for slot in self.binh.received.values():
            for name, packets in slot.by_source.items():
                found[name] = found.get(name, 0) + packets
        return found

    async def goes_on(self) -> None:
        """Binh gets more of An's picture and sound, and what he got so far is whole and in order."""
        before = self.came
        await self.binh.wait_for(
            lambda: all(self.came.get(name, 0) > before.get(name, 0) + 10 for name in ("an", "an sound")), 30
        )
        for slot in self.binh.received.values():
            if {"an", "an sound"} & slot.by_source.keys():
                assert (slot.lost, slot.duplicates, slot.strangers, slot.bad_switches) == (0, 0, 0, 0), slot


def make(plane: str, budgets: Budgets) -> Plane:
    if plane == "reference":
        return ReferencePlane(budgets=budgets)
    return LoopPlane(settings=replace(WORKER, budgets=budgets))


@contextlib.asynccontextmanager
async def meeting(plane: str = "native", budgets: Budgets | None = None) -> AsyncIterator[Scene]:
    async with running_media(plane=make(plane, budgets or Budgets())) as media:
        await media.client.open_room("room")
        an, binh = LightPeer(SENDER), LightPeer(VIEWER, known=(CAMERA, MICROPHONE))
        hostile = Hostile(SENDER, known=(CAMERA, MICROPHONE))
        for name, peer in (("an", an), ("binh", binh), ("hostile", hostile)):
            await peer.connect(media.signal("room", name))
        hostile.arm(media)
        an.play("camera", CAMERA)
        an.play("microphone", MICROPHONE)
        await media.client.set_program("room", Program(floor="an"), ["an", "hostile"])
        scene = Scene(media, an, binh, hostile)
        await scene.goes_on()
        yield scene
        for peer in (an, binh, hostile):
            await peer.close()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with meeting() as made:
        yield made


@pytest.mark.parametrize("plane", ["native", "reference"])
async def test_valid_packets_beyond_any_sensible_rate(plane: str) -> None:
    """Picture and sound of somebody who may speak: others get a budget's worth, and An's untouched."""
    async with meeting(plane, Budgets(audio_packets=100, video_packets=100)) as scene:
        await flood_with_media(scene)
        await scene.goes_on()


async def flood_with_media(scene: Scene) -> None:
    hostile = scene.hostile
    picture, sound = hostile.camera("1", 71), hostile.microphone("0", 72)
    async with asyncio.timeout(30):
        while sum(slot.strangers > 0 for slot in scene.binh.received.values()) < 2:
            await hostile.flood([*picture(100), sound()])
    began = time.monotonic()
    await hostile.flood(packet for _ in range(800) for packet in [*picture(100), sound()])
    seconds = time.monotonic() - began
    assert scene.counter("media_over_budget") >= 1600 - 200 * (1 + seconds)


@pytest.mark.parametrize("plane", ["native", "reference"])
async def test_replayed_packets(plane: str) -> None:
    """All that was sent once, again: from the same address, and from another."""
    async with meeting(plane) as scene:
        await replay_everything(scene)
        await scene.goes_on()


async def replay_everything(scene: Scene) -> None:
    hostile = scene.hostile
    picture = hostile.camera("1", 71)
    await hostile.flood(packet for _ in range(100) for packet in picture(100))
    await hostile.flood([hostile.control(PictureLoss(1, 1)), hostile.control(ReceiverEstimate(1, 1, (1,)))])
    before, again = scene.media.worker.node.plane.stats().dropped_replay, list(hostile.sent)
    await hostile.flood(again)
    assert scene.media.worker.node.plane.stats().dropped_replay - before == len(again)
    with Stranger(scene.media.worker.node) as stranger:
        for number, data in enumerate(again):
            stranger.send(data)
            if number % 25 == 0:
                await hostile.settled()
        assert stranger.read() == []


async def test_feedback_that_lies_and_asks_in_a_loop(scene: Scene) -> None:
    """An is asked for few keyframes, what goes out again is bounded, Binh and An's own sending are untouched."""
    hostile = scene.hostile
    mid = hostile.mids("video")[0]
    await hostile.wait_for(lambda: hostile.received[mid].packets > 30)
    slot, plis, began = hostile.received[mid], scene.an.plis, time.monotonic()
    block = ReportBlock(slot.ssrc, 255, -(2**23), 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1)
    for turn in range(15):
        highest = slot.highest or 0
        everything = tuple(sorted({highest - back & 0xFFFF for back in range(200)}))
        never_sent = tuple(highest + ahead & 0xFFFF for ahead in range(5000, 60_000, 500))
        await hostile.flood(
            [
                hostile.control(PictureLoss(1, slot.ssrc), FullIntraRequest(1, ((slot.ssrc, turn),) * 20)),
                hostile.control(Nack(1, slot.ssrc, everything)),
                hostile.control(Nack(1, slot.ssrc, tuple(sorted(never_sent)))),
                hostile.control(ReceiverReport(1, (block,) * 31)),
                hostile.control(SenderReport(71, 2**64 - 1, 0, 1, 2, (block,))),
                hostile.control(ReceiverEstimate(1, 2**60, (slot.ssrc,))),
                hostile.control(TransportFeedback(1, slot.ssrc, b"\xff\xf0\x00\x07\xff\xff\xff\x01\xd5\x55\xff\xff")),
            ]
        )
    seconds = time.monotonic() - began
    await scene.goes_on()
    assert scene.an.plis - plis <= 1 + seconds / 0.5 and scene.an.plis - plis <= 5 + seconds / 4
    assert scene.counter("keyframes_over_budget") > 100
    stats = scene.media.worker.node.plane.stats()
    consumer = scene.media.worker.node.room("room").peers["hostile"].slots[0].consumer.handle
    repaired = scene.media.worker.node.plane.consumer_stats(consumer).retransmitted
    assert repaired * 900 < (seconds + 1) * Budgets().repair_bytes
    assert stats.dropped_unauthenticated == 0


async def test_a_picture_that_changes_its_ssrc_all_the_time(scene: Scene) -> None:
    """Each change makes the room decide anew: only so many are followed."""
    hostile, node = scene.hostile, scene.media.worker.node
    cameras = [hostile.camera("1", 100 + number) for number in range(40)]
    first, began = node.new_handle(), time.monotonic()
    await hostile.flood(packet for _ in range(10) for camera in cameras for packet in camera(60))
    followed, seconds = node.new_handle() - first - 1, time.monotonic() - began
    assert 1 < followed <= 1 + CHANGES + CHANGES_PER_SECOND * (seconds + 1)
    await scene.goes_on()


async def test_one_peer_at_many_addresses(scene: Scene) -> None:
    """Good checks from sixty sockets: a few are remembered, all are forgotten with the peer."""
    hostile, node = scene.hostile, scene.media.worker.node
    with contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(Stranger(node)) for _ in range(60)]
        for stranger in strangers:
            stranger.send(hostile.check(nominates=False))
            await stranger.answered()
            assert stranger.bytes_out <= stranger.bytes_in
        transport = node._by_peer["hostile"]
        assert len(transport.addresses) <= MAX_ADDRESSES
        assert len(node.whereabouts.by_address) <= MAX_ADDRESSES + 2
        picture = hostile.camera("1", 71)
        for number in range(1000):  # media from all of them
            for packet in picture(80):
                strangers[number % len(strangers)].send(packet)
            if number % 25 == 0:
                await hostile.settled()
        await scene.goes_on()
    await scene.media.client.leave("hostile")
    assert len(node.whereabouts.by_address) == 2


async def test_a_check_that_claims_somebody_elses_address(scene: Scene) -> None:
    """With a forged source address: as if it came from Binh's own socket. It is not answered and moves nobody."""
    node, binh = scene.media.worker.node, scene.binh
    transport, refused = node._by_peer["binh"], node.whereabouts.ice.refused
    there = transport.agent.address
    assert there is not None
    for _ in range(5):
        binh._send(scene.hostile.check())
    await scene.media.wait_for(lambda: node.whereabouts.ice.refused == refused + 5)
    assert node.whereabouts.by_address[there] == transport.number and node._by_peer["hostile"].agent.address != there
    await scene.goes_on()


async def test_strangers_get_nothing_and_nobody_loses_consent(scene: Scene) -> None:
    """Every kind of packet from many sockets of the peers' own host: not a byte comes back before a good check."""
    node, hostile = scene.media.worker.node, scene.hostile
    certificate = new_certificate(datetime.now(UTC))
    client = DtlsTransport(make_context(certificate, ("AEAD_AES_128_GCM",)), [], "client")
    client.start()
    (hello,) = client.datagrams_to_send()
    with contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(Stranger(node)) for _ in range(40)]
        for stranger in strangers:
            for data in (hello, hostile.check(password="w" * 24), b"\x80\x60" + bytes(90), b"\x80\xc9" + bytes(60)):
                for _ in range(5):
                    stranger.send(data)
            await hostile.settled()
        for stranger in strangers:
            stranger.send(hello)
        await hostile.settled()
        assert [stranger.read() for stranger in strangers] == [[]] * len(strangers)
        host, port, _ = node.listener.addresses[1]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(len(hello).to_bytes(2, "big") + hello)
        await hostile.settled()
        assert not reader._buffer  # type: ignore[attr-defined]
        writer.close()
    scene.binh._checks.due_at = 0.0
    answered = scene.binh._checks.answered_at
    await scene.binh.wait_for(lambda: scene.binh._checks.answered_at != answered)
    await scene.goes_on()


async def test_after_a_good_check_no_more_comes_back_than_was_sent() -> None:
    """The answer to a check is no longer than the check; the rest of a handshake goes to a peer that is there."""
    async with meeting() as scene:
        with Stranger(scene.media.worker.node) as stranger:
            for _ in range(20):
                stranger.send(scene.hostile.check(nominates=False))
                await stranger.answered()
            assert 0 < stranger.bytes_out <= stranger.bytes_in


async def test_a_tcp_peer_that_does_not_read() -> None:
    """It is cut off when too much waits for it; the others get theirs in time."""
    heavy = Sample("heavy", "vp8", 90000, synthetic_video("heavy", fps=60, frames=60, size=20_000).frames)
    async with meeting() as scene:
        slow = LightPeer(VIEWER, protocol="tcp")
        await slow.connect(scene.media.signal("room", "slow"))
        assert slow._wire is not None
        made: socket.socket = slow._wire._transport.get_extra_info("socket")  # type: ignore[attr-defined]
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow._wire._transport.pause_reading()  # type: ignore[attr-defined]
        await scene.media.client.set_view("binh", [], 1, False)  # An only
        scene.hostile.play("camera", heavy)
        await scene.media.wait_for(lambda: scene.counter("tcp_cut_off") == 1, 60)
        scene.hostile.stop_playing()
        await scene.goes_on()
        slow.vanish()


async def test_who_consents_no_more_gets_nothing_more() -> None:
    """RFC 7675: media stops when checks stop, not when the peer is forgotten a minute later."""
    quick = MediaSettings(host_addresses=("127.0.0.1",), timeouts=Timeouts(consent_s=1.0))
    async with running_media(quick) as media:
        await media.client.open_room("room")
        an, binh = LightPeer(SENDER), LightPeer(VIEWER, known=(CAMERA,))
        for name, peer in (("an", an), ("binh", binh)):
            await peer.connect(media.signal("room", name))
        an.play("camera", CAMERA)
        await media.client.set_program("room", Program(), ["an"])
        await binh.wait_for(lambda: binh.sources("video") == {"an"})
        binh._checks.due_at = float("inf")
        await media.wait_for(lambda: PeerDisconnected("room", "binh", "consent") in media.events)
        slots = media.worker.node.room("room").peers["binh"].slots
        assert all(slot.consumer.encoding is None for slot in slots)
        media.events.clear()
        binh._checks.due_at = 0.0  # it is back before it is forgotten, and so is the picture
        await media.wait_for(lambda: PeerConnected("room", "binh") in media.events)
        keyframes = sum(slot.keyframes for slot in binh.received.values())
        await binh.wait_for(lambda: sum(slot.keyframes for slot in binh.received.values()) > keyframes)
        for peer in (an, binh):
            await peer.close()
