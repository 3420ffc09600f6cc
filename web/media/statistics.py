"""How busy the worker is and how each peer's line does, from the plane's counters."""

from __future__ import annotations

import math
import os
import resource
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sfu.link import Link
from sfu.peer import Peer
from sfu.plane.native.loop import LoopPlane
from sfu.plane.plane import ConsumerStats, EncodingStats, Plane
from sfu.transport.node import MediaNode
from web.media.messages import LinkStats, Load, PeerStats

LEAST_S = 0.5  # between two looks that say something of a rate


@dataclass(slots=True)
class LoadMeter:
    """What the worker did since the last look; its busiest thread counts: 1 is all that a thread can do."""

    cpu_s: float = field(default_factory=time.process_time)
    carrying_s: float = 0.0
    packets: int = 0
    at: float = field(default_factory=time.monotonic)

    def read(self, node: MediaNode, now: float) -> Load:
        seconds = max(now - self.at, 1e-3)
        cpu_s, carrying_s, packets = time.process_time(), packet_seconds(node), _packets(node)
        carried = carrying_s - self.carrying_s
        used = max(carried, cpu_s - self.cpu_s - carried) / seconds
        load = Load(
            level=round(max(0.0, min(1.0, used)), 3),
            packets_per_s=int((packets - self.packets) / seconds),
            takes_rooms=node.admission.takes_rooms(len(node.rooms), len(node.transports)),
            shed=node.overload.step.name.lower(),
            memory_bytes=_resident_bytes(),
            ring_bytes=node.plane.stats().extra.get("ring_bytes", 0),
        )
        self.cpu_s, self.carrying_s, self.packets, self.at = cpu_s, carrying_s, packets, now
        return load


@dataclass(slots=True)
class BusyMeter:
    """Share of the time since the last look that the packet thread did not wait for packets."""

    idle_s: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def read(self, node: MediaNode, now: float) -> float:
        if not isinstance(node.plane, LoopPlane):
            return 0.0  # the readable plane has no thread to watch
        idle_s, seconds = node.plane.idle_seconds(), now - self.at
        waited, self.idle_s, self.at = idle_s - self.idle_s, idle_s, now
        return max(0.0, min(1.0, 1 - waited / seconds)) if seconds > 0 else 0.0


def _packets(node: MediaNode) -> int:
    stats = node.plane.stats()
    return stats.datagrams_in + stats.datagrams_out


def packet_seconds(node: MediaNode) -> float:
    """CPU time of the thread that carries packets, where there is one."""
    return node.plane.cpu_seconds() if isinstance(node.plane, LoopPlane) else 0.0


@dataclass(slots=True)
class Rates:
    """Outgoing bit rates, from the bytes between two looks; looks too close together see the same rate."""

    seen: dict[str, tuple[float, int, int | None]] = field(default_factory=dict)

    def rate(self, peer: str, sent: int, now: float) -> int | None:
        """None at the first look."""
        at, before, rate = self.seen.get(peer, (-math.inf, sent, None))
        if now - at >= LEAST_S:
            rate = int(max(0, sent - before) * 8 / (now - at)) if at > -math.inf else None
            self.seen[peer] = (now, sent, rate)
        return rate


def worker_stats(node: MediaNode) -> dict[str, float]:
    """Counters of the process and its plane."""
    stats = node.plane.stats()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "packets_cpu_s": packet_seconds(node),
        "rss_bytes": _resident_bytes(),
        "ring_limit_bytes": node.plane.settings.ring_bytes if isinstance(node.plane, LoopPlane) else 0,
        "rooms": len(node.rooms),
        "peers": len(node.transports),
        "packets_in": stats.datagrams_in,
        "packets_out": stats.datagrams_out,
        "dropped_unauthenticated": stats.dropped_unauthenticated,
        "dropped_replay": stats.dropped_replay,
        "dropped_unknown_address": stats.dropped_unknown_address,
        "stun_refused": node.whereabouts.ice.refused,
        "shed": node.overload.step,
        **node.listener.dropped,
        **stats.extra,
    }


def peer_stats(plane: Plane, peer: Peer, rates: Rates, now: float) -> dict[str, Any]:
    """One peer's line."""
    sent = [plane.consumer_stats(slot.consumer.handle) for slot in peer.slots]
    received = {
        f"{producer.source}{':' + rid if rid else ''}": plane.encoding_stats(encoding.handle)
        for producer in peer.producers.values()
        for rid, encoding in producer.encodings.items()
    }
    estimator = peer.bandwidth.estimator
    times = [stats.rtt_ms for stats in sent if stats.rtt_ms is not None]
    return asdict(
        PeerStats(
            rtt_ms=min(times, default=None),
            loss_in=_loss_in(list(received.values())),
            loss_out=_loss_out(sent),
            bitrate_in=sum(stats.bitrate for stats in received.values()),
            bitrate_out=rates.rate(peer.name, sum(stats.bytes for stats in sent), now),
            has_video=peer.told_producers[1],
            has_audio=peer.told_producers[0],
            layers={name: stats.bitrate for name, stats in received.items()},
            estimate=estimator.bitrate if estimator else None,
            queue_ms=int(estimator.backlog.delay_s * 1000) if estimator else 0,
            step=peer.bandwidth.ladder.step,
        )
    )


def link_stats(plane: Plane, room: str, link: Link) -> dict[str, Any]:
    """One link, as this side of it has it."""
    sent = [plane.consumer_stats(slot.consumer.handle) for slot in link.peer.slots]
    received = [plane.encoding_stats(e.handle) for p in link.producers.values() for e in p.encodings.values()]
    estimator = link.peer.bandwidth.estimator
    return asdict(
        LinkStats(
            link=link.name,
            room=room,
            side=link.side,
            state=link.state,
            rtt_ms=round(link.talk.rtt_s * 1000, 1) if link.talk.rtt_s is not None else None,
            bytes_in=sum(stats.bytes for stats in received),
            bytes_out=sum(stats.bytes for stats in sent),
            loss_out=_loss_out(sent),
            estimate=estimator.bitrate if estimator else None,
            queue_ms=int(estimator.backlog.delay_s * 1000) if estimator else 0,
            lanes={lane: shown.source for lane, shown in link.said.lanes.items()},
            far=sorted(peer.spec.label for peer in link.bound.values()),
        )
    )


def _loss_in(received: list[EncodingStats]) -> float:
    lost, got = sum(max(0, s.lost) for s in received), sum(s.packets for s in received)
    return round(lost / (lost + got), 4) if lost + got else 0.0


def _loss_out(sent: list[ConsumerStats]) -> float:
    return round(max((stats.fraction_lost for stats in sent if stats.packets), default=0.0), 4)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
