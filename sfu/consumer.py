"""A Consumer: the outbound stream of one slot, with SSRCs that stay for the life of the connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sfu.negotiation import SlotLine
from sfu.plane.plane import ConsumerSettings, SinkPacket


@dataclass(slots=True)
class Consumer:
    """``encoding``: the route asked of the plane; ``carried``: what its packets really come from."""

    handle: int
    encoding: int | None = None
    carried: int | None = None


def consumer_settings(
    line: SlotLine, transport: int, cname: str, sink: Callable[[SinkPacket], None] | None
) -> ConsumerSettings:
    """The slot's outbound stream as the plane wants to hear of it."""
    return ConsumerSettings(
        transport=-1 if sink is not None else transport,
        kind="audio" if line.kind == "audio" else "video",
        ssrc=line.ssrc,
        rtx_ssrc=line.rtx_ssrc,
        payload_type=line.codec.payload_type,
        rtx_payload_type=line.codec.rtx_payload_type,
        codec=line.codec.name,
        clock_rate=line.codec.clock_rate,
        extensions=line.extensions,
        cname=cname,
        sink=sink,
        red_payload_type=line.codec.red_payload_type,
    )
