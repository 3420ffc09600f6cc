"""What a room reports to whoever drives it. Peer and room names are opaque text chosen by the driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sfu.congestion.ladder import Step

Source = Literal["camera", "microphone", "presentation"]
Reason = Literal["left", "consent", "dtls", "removed"]
LinkSide = Literal["lower", "upper"]
LinkState = Literal["connecting", "up", "lost", "closed"]
CaptureCause = Literal["stopped", "time", "size", "left", "disk"]


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """DTLS is done, media can flow."""

    room: str
    peer: str


@dataclass(frozen=True, slots=True)
class PeerDisconnected:
    """The peer is gone, or cannot be reached."""

    room: str
    peer: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class SlotShown:
    """What one slot of a viewer carries now; ``peer`` None: nothing. ``late_ms``: to be played by so much later."""

    mid: str
    peer: str | None
    label: str | None
    source: Source
    paused: bool
    late_ms: int = 0


@dataclass(frozen=True, slots=True)
class SlotsChanged:
    """Who is where in this viewer's slots; always the whole list."""

    room: str
    peer: str
    slots: tuple[SlotShown, ...]


@dataclass(frozen=True, slots=True)
class ProducersChanged:
    """Packets of these sources are really arriving."""

    room: str
    peer: str
    audio: bool
    video: bool
    presentation: bool


@dataclass(frozen=True, slots=True)
class ActiveSpeakerChanged:
    """Who speaks (None: silence so far), and the loudest in order."""

    room: str
    peer: str | None
    loudest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncodingsWanted:
    """Camera layers somebody watches; the sender may switch the others off."""

    room: str
    peer: str
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LadderChanged:
    """How far down a weak line has brought this viewer: a step of ``sfu.congestion.ladder``."""

    room: str
    peer: str
    step: Step


@dataclass(frozen=True, slots=True)
class StillsWanted:
    """Somebody whose line carries no picture wants stills of this peer's camera; or nobody does any more.

    ``label``: of a peer whose camera comes over a link; else empty."""

    room: str
    peer: str
    wanted: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """How a link of this room does; ``side``: ours; ``path``: places from the root to this room."""

    room: str
    link: str
    side: LinkSide
    state: LinkState
    cause: str | None
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureEnded:
    """The packets of this peer are not copied to a file any more; ``bytes`` of the file."""

    room: str
    peer: str
    cause: CaptureCause
    packets: int
    bytes: int


RoomEvent = (
    PeerConnected
    | PeerDisconnected
    | SlotsChanged
    | ProducersChanged
    | ActiveSpeakerChanged
    | EncodingsWanted
    | LadderChanged
    | CaptureEnded
    | StillsWanted
    | LinkChanged
)
