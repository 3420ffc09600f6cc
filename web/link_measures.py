"""Gauges of the links between installations: the socket that carries facts, and the media legs beside it.

They are read when somebody asks, so a link that is gone is gone from them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from web.media.messages import LinkStats, MediaStats

if TYPE_CHECKING:
    from web.link.service import LinkStatus
    from web.live.room import Room

_NODE = {
    "up": "Whether the installation is linked now",
    "rtt_ms": "Round trip of the link's socket",
    "facts_waiting": "Facts it has not acknowledged",
    "clock_offset_ms": "Its clock, minus ours",
}
_LEG = {
    "up": "Whether the media leg between two rooms carries",
    "rtt_ms": "Round trip of the leg",
    "loss_out": "Share of our packets lost on the way",
    "estimate": "Bits per second that the leg carries towards the other side",
}


@dataclass(frozen=True, slots=True)
class NodeLink:
    id: str
    role: str
    status: LinkStatus


class LinkMeasures:
    """A collector of prometheus_client: ``note`` before the text is made."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._nodes: list[NodeLink] = []
        self._media: Mapping[str, MediaStats] = {}
        registry.register(self)

    def note(self, nodes: Iterable[NodeLink], media: Mapping[str, MediaStats]) -> None:
        self._nodes, self._media = list(nodes), media

    def collect(self) -> Iterator[Metric]:
        yield from self._of_nodes()
        yield from self._of_legs()

    def _of_nodes(self) -> Iterator[Metric]:
        gauges = {
            name: GaugeMetricFamily(f"giaoban_link_{name}", what, labels=["node", "role"])
            for name, what in _NODE.items()
        }
        sent = CounterMetricFamily("giaoban_link_bytes", "Bytes over the link's socket", labels=["node", "role", "way"])
        for node in self._nodes:
            labels, status = [node.id, node.role], node.status
            gauges["up"].add_metric(labels, float(status.is_up))
            gauges["facts_waiting"].add_metric(labels, status.facts_waiting)
            for name, value in (("rtt_ms", status.rtt_ms), ("clock_offset_ms", status.clock_offset_ms)):
                if value is not None:
                    gauges[name].add_metric(labels, value)
            sent.add_metric([*labels, "in"], status.bytes_in)
            sent.add_metric([*labels, "out"], status.bytes_out)
        yield from (*gauges.values(), sent)

    def _of_legs(self) -> Iterator[Metric]:
        labels = ["worker", "link", "side"]
        gauges = {
            name: GaugeMetricFamily(f"giaoban_media_link_{name}", what, labels=labels) for name, what in _LEG.items()
        }
        sent = CounterMetricFamily("giaoban_media_link_bytes", "Bytes over the leg", labels=[*labels, "way"])
        for worker, stats in self._media.items():
            for leg in stats.links:
                named = [worker, leg.link, leg.side]
                gauges["up"].add_metric(named, float(leg.state == "up"))
                gauges["loss_out"].add_metric(named, leg.loss_out)
                for name, value in (("rtt_ms", leg.rtt_ms), ("estimate", leg.estimate)):
                    if value is not None:
                        gauges[name].add_metric(named, value)
                sent.add_metric([*named, "in"], leg.bytes_in)
                sent.add_metric([*named, "out"], leg.bytes_out)
        yield from (*gauges.values(), sent)


def legs_by_node(rooms: Mapping[str, Room], media: Mapping[str, MediaStats]) -> dict[str, dict[str, float]]:
    """By installation: how the media legs to its rooms do together; the upper end names a leg "node/room", the lower
    end by its own room."""
    found: dict[str, list[LinkStats]] = {}
    for leg in (leg for stats in media.values() for leg in stats.links):
        room = rooms.get(leg.link)
        above = room.planned.above if room is not None and leg.side == "lower" else None
        node = leg.link.partition("/")[0] if leg.side == "upper" and "/" in leg.link else above and above.node_id
        if node:
            found.setdefault(node, []).append(leg)
    return {
        node: {
            "legs": len(legs),
            "legs_up": sum(leg.state == "up" for leg in legs),
            "loss_out": max(leg.loss_out for leg in legs),
            "rtt_ms": max(leg.rtt_ms or 0.0 for leg in legs),
            "bytes_in": sum(leg.bytes_in for leg in legs),
            "bytes_out": sum(leg.bytes_out for leg in legs),
        }
        for node, legs in found.items()
    }
