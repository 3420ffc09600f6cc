"""A peer whose source address changes while it sends is followed at once: it answers our check, its own is not due."""

from __future__ import annotations

from functools import partial

from sfu.light_peer import LightPeer
from sfu.light_peer.offer import Wanted
from tests.media.samples import audio_sample
from tests.web.media.conftest import Media
from web.media.messages import Program

WANTED = Wanted(audio_slots=2, presentation_slots=0, video_slots=0)


async def test_media_follows_a_peer_that_moves_before_its_next_check(media: Media) -> None:
    await media.client.open_room("room")
    mover, other = LightPeer(WANTED), LightPeer(WANTED)
    for name, peer in (("mover", mover), ("other", other)):
        await peer.connect(media.signal("room", name))
        peer.play("microphone", audio_sample(7))
    await media.client.set_program("room", Program(chair="mover"), ["mover", "other"])

    def received(peer: LightPeer) -> int:
        return sum(slot.packets for slot in peer.received.values())

    def has_more(peer: LightPeer, than: int) -> bool:
        return received(peer) > than

    await mover.wait_for(lambda: received(mover) > 10)
    await other.wait_for(lambda: received(other) > 10)
    mover._checks.due_at = float("inf")
    transport = next(t for t in media.worker.node.transports.values() if t.peer == "mover")
    for _ in range(2):
        address, before, heard = transport.agent.address, received(mover), received(other)
        await mover.roam()
        await mover.wait_for(partial(has_more, mover, before + 10))
        await other.wait_for(partial(has_more, other, heard + 10))
        assert transport.agent.address != address and transport.state == "connected"
    await mover.close()
    await other.close()
