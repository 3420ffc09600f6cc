"""The Stage: what there is to see and hear in a room, the same for everybody. Sans-IO.

Program first, then who spoke last, then who came first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sfu.active_speaker import ActiveSpeaker
from sfu.events import Source
from sfu.overload import Shed
from sfu.peer import Peer
from sfu.producer import Producer
from sfu.program import Program, unique


@dataclass(slots=True)
class Stage:
    """Kept up to date by the room. ``producers`` by number, in order of arrival: viewers are many, these are few."""

    peers: dict[str, Peer] = field(default_factory=dict)
    producers: dict[int, Producer] = field(default_factory=dict)
    speaker: ActiveSpeaker = field(default_factory=ActiveSpeaker)
    program: Program = field(default_factory=Program)
    audible: frozenset[str] = frozenset()
    shed: Shed = Shed.NOTHING
    background: frozenset[str] = frozenset()  # far peers whose small pictures are for those who asked
    labels: dict[str, str] | None = None  # → peer; made when it is needed, None when somebody came or went

    def resolve(self, name: str) -> str | None:
        """The peer of this name, else one with this label who sends: of other rooms only the site may be known."""
        if name in self.peers:
            return name
        if self.labels is None:
            senders = [peer for peer in self.peers.values() if peer.producers]
            senders.sort(key=lambda peer: "microphone" in peer.producers)
            self.labels = {peer.spec.label: peer.name for peer in senders}
        return self.labels.get(name)

    def alive(self, name: str, source: Source, now: float) -> Producer | None:
        """This peer's source, when packets of it arrive."""
        peer = self.peers.get(name)
        producer = peer.producers.get(source) if peer else None
        return producer if producer is not None and producer.is_alive(now) else None

    def senders(self, source: Source) -> list[str]:
        """Peers that may send this, in order of arrival."""
        return [producer.peer for producer in self.producers.values() if producer.source == source]

    def leading(self) -> list[str]:
        """Whom the program shows first."""
        return self.program.leading(self.speaker.dominant)

    def video_order(self, now: float) -> list[str]:
        """Everybody with a picture, most important first."""
        spoke = self.speaker.dominant_since
        rest = sorted(self.senders("camera"), key=lambda name: -spoke.get(name, 0.0))
        names = unique([*self.leading(), *rest])
        return [name for name in names if self.alive(name, "camera", now)]

    def heard(self, now: float) -> list[str]:
        """Open microphones, most important first."""
        names = unique([*self.program.heard_first(), *self.speaker.loudest, *self.senders("microphone")])
        return [name for name in names if name in self.audible and self.alive(name, "microphone", now)]

    def look(self, now: float) -> Look:
        """All of it at once, for placing many viewers."""
        video = self.video_order(now)
        return Look(now, video, self.heard(now), self._kept(video), self.background)

    def situation(self, now: float) -> object:
        """Everything that decides the places of viewers, but for their own wishes."""
        chosen = [(p.number, p.is_alive(now), p.choices(now)) for p in self.producers.values()]
        placed = (self.video_order(now), self.heard(now), self.program, self.speaker.dominant)
        return (*placed, self.background, chosen)

    def _kept(self, video: list[str]) -> frozenset[str]:
        """Whose pictures stay when others are given up: the program's, or the first of all where there is none."""
        leading = self.leading() or video[:1]
        return frozenset(leading if self.shed < Shed.ALL_BUT_ONE else leading[:1])


@dataclass(frozen=True, slots=True)
class Look:
    """The stage at one moment; ``kept``: whose pictures are shown although others are given up."""

    now: float
    video: list[str]
    heard: list[str]
    kept: frozenset[str]
    background: frozenset[str] = frozenset()
