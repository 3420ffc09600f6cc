"""Lanes: the fixed streams that each side of a link sends in, as both planes want to hear of them. Sans-IO.

A source is switched into a lane as a producer is switched into a slot. A picture lane has a stream per layer, smallest
first. Numbers are constants of the protocol's version 1: nothing of them is negotiated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfu.events import Source
from sfu.negotiation import CodecName, LineCodec, SendLine, SlotKind, SlotLine
from sfu.plane.plane import ExtensionIds
from sfu.sdp import Codec

OPUS, RED, VIDEO, RTX = 111, 63, 96, 97
SOUND_IDS = ExtensionIds(audio_level=1, transport_cc=3)
PICTURE_IDS = ExtensionIds(transport_cc=3)
RIDS = ("q", "h", "f")
KINDS: dict[Source, SlotKind] = {"microphone": "audio", "camera": "video", "presentation": "presentation"}


@dataclass(frozen=True, slots=True)
class Lane:
    """``is_thumbnail``: small pictures that were asked for, beside the program."""

    name: str
    source: Source
    layers: int = 1
    is_thumbnail: bool = False

    @property
    def rids(self) -> tuple[str, ...]:
        """Of the producer that the other side makes of it."""
        return RIDS[: self.layers] if self.layers > 1 else ()


PICTURES = tuple(Lane(f"v{number}", "camera", layers=3) for number in range(3))
PRESENTATION = Lane("p", "presentation")
VOICES = tuple(Lane(f"a{number}", "microphone") for number in range(3))
THUMBNAILS = tuple(Lane(f"t{number}", "camera", is_thumbnail=True) for number in range(9))
LANES: dict[str, Lane] = {lane.name: lane for lane in (*VOICES, PRESENTATION, *PICTURES, *THUMBNAILS)}

Stream = tuple[int, int | None]  # SSRC, that of its repairs
Streams = Mapping[str, tuple[Stream, ...]]  # by lane, smallest layer first


def slot_lines(streams: Streams, codec: CodecName) -> dict[str, tuple[SlotLine, ...]]:
    """Our lanes as the places that sources are switched through."""
    return {
        name: tuple(_slot_line(LANES[name], layer, stream, codec) for layer, stream in enumerate(of_lane))
        for name, of_lane in streams.items()
    }


def send_line(lane: Lane, codec: CodecName) -> SendLine:
    """A lane of theirs as a source of ours."""
    return SendLine(lane.name, lane.source, _codec(lane, codec), _ids(lane), lane.rids, ())


def received_ids() -> ExtensionIds:
    """Of everything that comes over a link."""
    return SOUND_IDS


def _slot_line(lane: Lane, layer: int, stream: Stream, codec: CodecName) -> SlotLine:
    return SlotLine(f"{lane.name}.{layer}", KINDS[lane.source], _codec(lane, codec), _ids(lane), *stream)


def _ids(lane: Lane) -> ExtensionIds:
    return SOUND_IDS if lane.source == "microphone" else PICTURE_IDS


def _codec(lane: Lane, video: CodecName) -> LineCodec:
    if lane.source == "microphone":
        return LineCodec("opus", 48000, OPUS, None, Codec(OPUS, "opus", 48000, 2), RED)
    return LineCodec(video, 90000, VIDEO, RTX, Codec(VIDEO, video, 90000))
