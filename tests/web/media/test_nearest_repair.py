"""What is lost on a leg is sent again by the worker at its upper end, out of its ring: nothing above hears of it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from sfu.light_peer import LightPeer
from sfu.light_peer.receiver import Received
from sfu.plane.plane import ConsumerStats, EncodingStats
from tests.web.media.conftest import Media, running_media
from tests.web.media.test_links import QUICK, enter, link
from web.media.messages import Program

LOST = 8


class Line:
    """A leg that loses every third packet of these streams while ``losing``, LOST of them at most."""

    def __init__(self, ssrcs: set[int]) -> None:
        self.losing = False
        self.dropped = 0
        self._ssrcs = ssrcs
        self._seen = 0

    def loses(self, packet: bytes) -> bool:
        if not self.losing or self.dropped == LOST or int.from_bytes(packet[8:12], "big") not in self._ssrcs:
            return False
        self._seen += 1
        self.dropped += self._seen % 3 == 0
        return self._seen % 3 == 0


def line_to(viewer: LightPeer) -> Line:
    """Between a worker and a viewer."""
    line, peer = Line({slot.ssrc for slot in pictures(viewer)}), cast(Any, viewer)
    receive = peer._receive_media
    peer._receive_media = lambda srtp, packet: None if line.loses(packet) else receive(srtp, packet)
    return line


def line_above(media: Media, room: str) -> Line:
    """Between this worker, of the readable plane, and the one above it."""
    plane, held = cast(Any, media.worker.node.plane), media.worker.node.rooms[room]
    [above] = held.linked.links.values()
    encodings = [e for one in above.producers.values() if one.source == "camera" for e in one.encodings.values()]
    line, receive = Line({one.ssrc for one in encodings}), plane.receive
    plane.receive = lambda batch, now: receive([item for item in batch if not line.loses(item[0])], now)
    return line


def inbound(media: Media, room: str) -> list[EncodingStats]:
    """Of every stream of this room that has come to this worker, from a site or over a link."""
    node = media.worker.node
    stats = [node.plane.encoding_stats(handle) for handle in node.rooms[room]._encodings]
    return [one for one in stats if one.packets]


def asked_up(media: Media, room: str) -> int:
    """How many NACKs this worker has sent to whom it has the room's packets from."""
    return sum(one.nacks_sent for one in inbound(media, room))


def sent_again(media: Media, room: str) -> int:
    """Packets that this worker repeated when asked, to viewers and rooms below."""
    return sum(one.retransmitted for one in outbound(media, room))


def outbound(media: Media, room: str) -> list[ConsumerStats]:
    """Of every slot of every viewer, and of every lane of every link."""
    held = media.worker.node.rooms[room]
    slots = [slot for peer in held.stage.peers.values() for slot in peer.slots]
    slots += [slot for one in held.linked.links.values() for lane in one.slots.values() for slot in lane]
    return [media.worker.node.plane.consumer_stats(handle) for handle in {slot.consumer.handle for slot in slots}]


def repaired(viewer: LightPeer) -> int:
    return sum(slot.repaired for slot in pictures(viewer))


def pictures(viewer: LightPeer) -> list[Received]:
    return [slot for slot in viewer.received.values() if slot.kind == "video"]


@pytest.mark.parametrize("plane", ["native", "reference"])
async def test_a_loss_below_is_repaired_by_the_worker_below(plane: str) -> None:
    async with AsyncExitStack() as stack:
        upper = await stack.enter_async_context(running_media(QUICK))
        lower = await stack.enter_async_context(running_media(QUICK, plane=plane))
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        await enter(upper, "province", "chair", stack)
        viewer = await enter(lower, "district", "commune", stack, plays=False)
        await link(lower, "district", upper, "province")
        await upper.client.set_program("province", Program(chair="chair"), ["chair"])
        await viewer.wait_for(lambda: viewer.sources("video") == {"chair"})
        assert inbound(lower, "district") and outbound(upper, "province")  # the counters below are of something
        line = line_to(viewer)
        before = asked_up(lower, "district"), asked_up(upper, "province"), sent_again(upper, "province")
        again = sent_again(lower, "district")
        line.losing = True
        await viewer.wait_for(lambda: line.dropped == LOST and repaired(viewer) >= LOST)
        assert sum(slot.lost for slot in pictures(viewer)) == 0
        assert sent_again(lower, "district") - again >= LOST
        after = asked_up(lower, "district"), asked_up(upper, "province"), sent_again(upper, "province")
        assert after == before


async def test_a_loss_on_the_link_is_repaired_by_the_worker_above_and_not_by_the_site() -> None:
    async with AsyncExitStack() as stack:
        upper = await stack.enter_async_context(running_media(QUICK))
        lower = await stack.enter_async_context(running_media(QUICK, plane="reference"))
        await upper.client.open_room("province")
        await lower.client.open_room("district")
        await enter(upper, "province", "chair", stack)
        viewer = await enter(lower, "district", "commune", stack, plays=False)
        await link(lower, "district", upper, "province")
        await upper.client.set_program("province", Program(chair="chair"), ["chair"])
        await viewer.wait_for(lambda: viewer.sources("video") == {"chair"})
        line = line_above(lower, "district")
        below, above, again = asked_up(lower, "district"), asked_up(upper, "province"), sent_again(upper, "province")
        line.losing = True
        await viewer.wait_for(lambda: line.dropped == LOST and sent_again(upper, "province") - again >= LOST)
        assert asked_up(lower, "district") > below
        assert asked_up(upper, "province") == above
