"""Sharing: looks after viewers' lines – pace, probes, what slots get, extra sound where packets are lost. Sans-IO.

The numbers are decided in bandwidth.py and congestion/; here they become commands to the plane.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from sfu.bandwidth import sound_cost
from sfu.peer import Peer
from sfu.plane.plane import Plane
from sfu.prices import Prices
from sfu.producer import Encoding, Producer, counted
from sfu.slot import Slot

# Of earlier sound in each packet: how much, from which loss on, until which, and what the line must carry at least.
RED = ((1, 0.02, 0.01, 50_000), (1, 0.006, 0.003, 300_000), (2, 0.10, 0.06, 120_000))
# One in so many of what is sent again is lost again, and a picture waits for it by two round trips more.
COPIES_FROM, COPIES_UNTIL, COPIES_LEAST_BPS = 0.006, 0.003, 200_000
REPORTED_FROM, REPORTED_MOST, REPORTED_STEP = 0.02, 0.3, 0.05


def watch(peer: Peer, plane: Plane, now: float) -> bool:
    """Several times a second: pace, and a probe when it is time for one. True when the slots are to be divided anew."""
    bandwidth = peer.bandwidth
    is_sending = not bandwidth.is_overdue(now) or _goes_out(peer, plane)
    if bandwidth.gives_up(now, is_sending=is_sending):
        plane.set_pace(peer.spec.transport, None)
        return True
    if bandwidth.gets_stuck(now, is_sending=is_sending):
        return True
    probe = bandwidth.handle_timeout(now, is_sending=is_sending)
    if probe is not None:
        plane.probe(peer.spec.transport, *probe)
    set_pace(peer, plane)
    return False


def set_pace(peer: Peer, plane: Plane) -> None:
    """At which pictures leave."""
    if peer.bandwidth.estimator is not None and (rate := peer.bandwidth.pace()) is not None:
        plane.set_pace(peer.spec.transport, rate)


def _goes_out(peer: Peer, plane: Plane) -> bool:
    """Whether packets went to this viewer since the last look: without any, no feedback is due."""
    before = peer.bandwidth.sent_packets
    peer.bandwidth.sent_packets = sum(plane.consumer_stats(slot.consumer.handle).packets for slot in peer.slots)
    return before is not None and peer.bandwidth.sent_packets > before


def divide(peer: Peer, prices: Prices, now: float) -> bool:
    """Give this viewer's slots what his line has room for; True when the step of his ladder changed."""
    heard = [(s.redundancy, s.encoding(now)) for s in peer.slots_of("audio")]
    sound = sum(sound_cost(voice.bitrate, levels) for levels, voice in heard if voice is not None)
    return peer.bandwidth.divide(peer.slots, sound, prices, now)


def set_temporal(slot: Slot, plane: Plane) -> None:
    """Leave out the temporal layers that the slot was not granted; another layer than granted goes out whole.

    A larger one that goes on until the keyframe of a smaller one comes is thinned out as far as it can be.
    """
    temporal = None
    if slot.grant is not None and slot.producer is not None:
        known = {encoding.handle: rid for rid, encoding in slot.producer.encodings.items()}
        carried, order = known.get(slot.consumer.carried or 0, slot.grant.rid), slot.producer.rids
        if order.index(carried) > order.index(slot.grant.rid):
            temporal = 0
        elif known.get(slot.consumer.encoding or 0) == slot.grant.rid:
            temporal = slot.grant.temporal
    if temporal != slot.temporal:
        slot.temporal = temporal
        plane.set_temporal(slot.consumer.handle, temporal)


def measure_lateness(peer: Peer, plane: Plane, now: float) -> None:
    """Of the pictures this viewer sends, whose packets are lost on the way here; his voice keeps step with them."""
    stats = (plane.consumer_stats(slot.consumer.handle) for slot in peer.slots)
    times = [one.rtt_ms for one in stats if one.rtt_ms is not None]
    peer.lateness.measure(counted(peer.producers.values()), min(times) / 1000 if times else None, now)
    for producer in peer.producers.values():
        producer.late_ms = peer.lateness.ms


def still_of(peer: Peer) -> str | None:
    """Whose still this viewer wants: of the first of those he would see."""
    cameras = [
        (s.rank, s.producer.peer) for s in peer.slots if s.producer is not None and s.producer.source == "camera"
    ]
    return min(cameras)[1] if cameras else None


def help_repair(peer: Peer, plane: Plane) -> None:
    """Send pictures' packets again twice at once to a viewer who loses many."""
    loss, bitrate = peer.bandwidth.loss, peer.bandwidth.bitrate
    for slot in peer.slots:
        if slot.line.kind == "audio":
            continue
        limit = COPIES_UNTIL if slot.repair_copies == 2 else COPIES_FROM
        copies = 2 if loss >= limit and bitrate >= COPIES_LEAST_BPS else 1
        if copies != slot.repair_copies:
            slot.repair_copies = copies
            plane.set_repair_copies(slot.consumer.handle, copies)


def help_sound(peer: Peer, plane: Plane) -> None:
    """Repeat sound in later packets for a viewer who loses some."""
    for slot in peer.slots_of("audio"):
        if slot.line.codec.red_payload_type is None:
            continue
        levels = redundancy(slot.redundancy, peer.bandwidth.loss, peer.bandwidth.bitrate)
        if levels != slot.redundancy:
            slot.redundancy = levels
            plane.set_redundancy(slot.consumer.handle, levels)


def redundancy(before: int, loss: float, bitrate: float) -> int:
    """How many earlier packets ride along."""
    return max(
        (
            levels
            for levels, begin, end, least in RED
            if loss >= (end if before >= levels else begin) and bitrate >= least
        ),
        default=0,
    )


def report_loss(peers: Iterable[Peer], encodings: Mapping[int, tuple[Producer, Encoding]], plane: Plane) -> None:
    """Tell each microphone the worst loss of its listeners: its Opus encoder then adds what they mend by."""
    worst: dict[int, float] = {}
    for peer in peers:
        if peer.bandwidth.loss < REPORTED_FROM:
            continue
        for slot in peer.slots_of("audio"):
            if slot.consumer.encoding is not None:
                worst[slot.consumer.encoding] = max(worst.get(slot.consumer.encoding, 0.0), peer.bandwidth.loss)
    for handle, (producer, encoding) in encodings.items():
        if producer.source == "microphone":
            loss = worst.get(handle)
            floor = None if loss is None else min(math.ceil(loss / REPORTED_STEP) * REPORTED_STEP, REPORTED_MOST)
            if floor != encoding.reported_loss:
                encoding.reported_loss = floor
                plane.set_reported_loss(handle, floor)
