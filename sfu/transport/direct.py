"""A virtual peer: slots that end in this process instead of a network, for the recorder."""

from __future__ import annotations

from collections.abc import Callable

from sfu.negotiation import CodecName, LineCodec, SlotKind, SlotLine
from sfu.peer import PeerSpec, Sink
from sfu.plane.plane import ExtensionIds
from sfu.sdp import Codec

OPUS, VIDEO = 111, 96


def direct_peer(
    name: str, kinds: list[SlotKind], codec: CodecName, new_ssrc: Callable[[], int], sink: Sink
) -> PeerSpec:
    """A peer whose slots, in the order of ``kinds`` and with mids "0", "1" …, deliver to ``sink``."""
    slots = tuple(_line(str(index), kind, codec, new_ssrc()) for index, kind in enumerate(kinds))
    return PeerSpec(peer=name, label=name, transport=-1, sends=(), slots=slots, sink=sink)


def _line(mid: str, kind: SlotKind, codec: CodecName, ssrc: int) -> SlotLine:
    if kind == "audio":
        line = LineCodec("opus", 48000, OPUS, None, Codec(OPUS, "opus", 48000, 2))
    else:
        line = LineCodec(codec, 90000, VIDEO, None, Codec(VIDEO, codec, 90000))
    return SlotLine(mid, kind, line, ExtensionIds(), ssrc, None)
