"""Messages between the web process and a media worker, as in PROTOCOL.md; and their JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

VERSION = 1
Json = dict[str, Any]
Kind = Literal["audio", "video", "presentation"]
LinkSide = Literal["lower", "upper"]
LinkKind = Literal["level", "share"]
RecordAction = Literal["start", "pause", "resume", "stop"]
Step = Literal["full", "medium", "small", "slow", "still", "slides", "audio", "text"]
Mode = Literal["discussion", "one_speaker", "chair_only"]


# -- answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerHello:
    """Who the worker is; a new ``boot_id`` means all earlier peers and keys are gone."""

    version: int
    boot_id: str
    addresses: tuple[tuple[str, int, str], ...]
    fingerprint: str

    @classmethod
    def read(cls, ok: Json) -> WorkerHello:
        addresses = tuple((str(h), int(p), str(t)) for h, p, t in ok["addresses"])
        return cls(int(ok["version"]), str(ok["boot_id"]), addresses, str(ok["fingerprint"]))


@dataclass(frozen=True, slots=True)
class JoinedSlot:
    """A place in the peer's connection: its m-line and what will be shown there."""

    mid: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to an offer."""

    answer: str
    slots: tuple[JoinedSlot, ...]

    @classmethod
    def read(cls, ok: Json) -> Joined:
        return cls(str(ok["answer"]), tuple(JoinedSlot(s["mid"], s["kind"]) for s in ok["slots"]))


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as the worker has it: its peers, its recording (``recording_id, directory, state``) if any, and its links
    (``link, side, state``); ``noted``: peers that something is noted of."""

    peers: tuple[str, ...]
    recording: Json | None
    links: tuple[Json, ...] = ()
    noted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """What a room puts on air, as peer ids."""

    floor: str | None = None
    chair: str | None = None
    presentation: str | None = None
    mode: Mode = "discussion"


@dataclass(frozen=True, slots=True)
class PeerStats:
    """How one peer's line does; bitrates in bits per second, loss 0…1."""

    rtt_ms: float | None = None
    loss_in: float = 0.0
    loss_out: float = 0.0
    bitrate_in: int = 0
    bitrate_out: int | None = None  # not known at the first look
    has_video: bool = False
    has_audio: bool = False
    layers: dict[str, int] = field(default_factory=dict)
    estimate: int | None = None  # of what its line carries towards it; None: it sends no feedback
    queue_ms: int = 0  # how long packets to it stand in a queue on the way
    step: Step = "full"


@dataclass(frozen=True, slots=True)
class LinkStats:
    """How one end of a link does. ``lanes``: who is in which of ours; ``far``: labels of those who come over it."""

    link: str
    room: str
    side: str
    state: str
    rtt_ms: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    loss_out: float = 0.0
    estimate: int | None = None
    queue_ms: int = 0
    lanes: dict[str, str] = field(default_factory=dict)
    far: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MediaStats:
    """Counters of the worker, of each peer and of each link."""

    worker: dict[str, float]
    peers: dict[str, PeerStats]
    links: tuple[LinkStats, ...] = ()

    @classmethod
    def read(cls, ok: Json) -> MediaStats:
        links = tuple(LinkStats(**stats) for stats in ok.get("links", ()))
        return cls(dict(ok["worker"]), {peer: PeerStats(**stats) for peer, stats in ok["peers"].items()}, links)


# -- events ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """DTLS done, media can flow."""

    room: str
    peer: str


@dataclass(frozen=True, slots=True)
class PeerDisconnected:
    """``reason``: left, consent, dtls or removed."""

    room: str
    peer: str
    reason: str


@dataclass(frozen=True, slots=True)
class SlotShown:
    """What one slot shows; ``label`` is the label given at that producer's join (the site id). ``late_ms``: it is to
    be played by so much later, as packets are repaired on their way to the worker."""

    mid: str
    peer: str | None
    label: str | None
    source: str
    paused: bool
    late_ms: int = 0


@dataclass(frozen=True, slots=True)
class SlotsChanged:
    """To be passed on to ``peer``; always the whole list."""

    room: str
    peer: str
    slots: tuple[SlotShown, ...]


@dataclass(frozen=True, slots=True)
class ProducersChanged:
    """Packets are really arriving, or stopped."""

    room: str
    peer: str
    audio: bool
    video: bool
    presentation: bool


@dataclass(frozen=True, slots=True)
class ActiveSpeakerChanged:
    """Who speaks, and the loudest in order."""

    room: str
    peer: str | None
    loudest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncodingsWanted:
    """Camera layers of ``peer`` that somebody watches."""

    room: str
    peer: str
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LadderChanged:
    """How far down a weak line has brought this viewer."""

    room: str
    peer: str
    step: Step


@dataclass(frozen=True, slots=True)
class StillsWanted:
    """Stills of this peer's camera are wanted for those whose line carries no picture, or no longer.

    ``label``: the site of a peer whose camera comes over a link; else empty."""

    room: str
    peer: str
    wanted: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """``state``: on, paused, interrupted or off; ``at`` RFC 3339; ``cause`` only when interrupted."""

    room: str
    recording_id: str
    state: str
    at: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """How a link does: ``state`` connecting, up, lost or closed; ``side``: ours, lower or upper."""

    room: str
    link: str
    side: str
    state: str
    cause: str | None
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureEnded:
    """The capture of this peer's packets is over: ``stopped``, ``time``, ``size``, ``left`` or ``disk``."""

    room: str
    peer: str
    cause: str
    packets: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the worker is: ``level`` is the share of a core that its busiest thread uses, 0…1."""

    level: float = 0.0
    packets_per_s: int = 0  # in and out
    takes_rooms: bool = True  # neither full nor draining nor overloaded
    shed: str = "nothing"  # what is given up: see ``sfu.overload``
    memory_bytes: int = 0  # of the process
    ring_bytes: int = 0  # packets kept, at most GIAOBAN_MEDIA_MEMORY


@dataclass(frozen=True, slots=True)
class WorkerUp:
    """The client is connected. ``is_new``: another boot id than before, so every peer must offer again."""

    hello: WorkerHello
    is_new: bool


@dataclass(frozen=True, slots=True)
class WorkerDown:
    """The connection to the worker is lost; the client keeps trying."""


RemoteEvent = (
    PeerConnected
    | PeerDisconnected
    | SlotsChanged
    | ProducersChanged
    | ActiveSpeakerChanged
    | EncodingsWanted
    | LadderChanged
    | StillsWanted
    | LinkChanged
    | RecordingChanged
    | CaptureEnded
    | Load
)
MediaEvent = RemoteEvent | WorkerUp | WorkerDown

EVENT_NAMES: dict[str, type[RemoteEvent]] = {
    "peer_connected": PeerConnected,
    "peer_disconnected": PeerDisconnected,
    "slots": SlotsChanged,
    "producers": ProducersChanged,
    "active_speaker": ActiveSpeakerChanged,
    "encodings": EncodingsWanted,
    "ladder": LadderChanged,
    "stills": StillsWanted,
    "link": LinkChanged,
    "recording": RecordingChanged,
    "capture_ended": CaptureEnded,
    "load": Load,
}
NAMES_OF_EVENTS = {kind: name for name, kind in EVENT_NAMES.items()}


def event_to_json(event: RemoteEvent) -> Json:
    """The event as it goes over the socket."""
    return {"event": NAMES_OF_EVENTS[type(event)], **asdict(event)}


def event_from_json(message: Json) -> RemoteEvent | None:
    """The event of a message; None for a name we do not know yet (a newer worker)."""
    fields = dict(message)
    kind = EVENT_NAMES.get(fields.pop("event"))
    if kind is None:
        return None
    if kind is SlotsChanged:
        fields["slots"] = tuple(SlotShown(**slot) for slot in fields["slots"])
    for name in ("loudest", "active", "path"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return kind(**fields)
