"""One link as a state machine: who is it, is it alive, and messages both ways. Sans-IO: ``now`` is monotonic seconds.

The lower side dials and speaks first. Both prove to own their node's key by signing both hellos; nothing else is heard
before. Every method may leave texts to send and events: drain ``texts_to_send`` and ``events`` after each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from scheduler.nodes.key import NodeKey, holds
from scheduler.replication.errors import (
    BadProof,
    Ended,
    MalformedFrame,
    NoCommonVersion,
    PeerFault,
    ReplicationError,
    Silent,
    UnknownNode,
    WrongSide,
)
from scheduler.replication.frames import (
    VERSIONS,
    Beat,
    Close,
    Frame,
    Have,
    Hello,
    Nodes,
    Proof,
    Request,
    Tree,
    read_frame,
    to_text,
)

Side = Literal["dialler", "listener"]
LISTS_BURST = 400.0  # lists of nodes, edges and logs: each costs the receiver work on its database
LISTS_PER_S = 20.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    beat_s: float = 1.0
    lost_s: float = 3.0
    hello_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Myself:
    node: str
    name: str
    epoch: int
    key: NodeKey
    versions: tuple[int, int] = VERSIONS


@dataclass(frozen=True, slots=True)
class Peer:
    """A linked node as our registry knows it."""

    id: str
    role: Literal["upper", "lower"]
    public_key: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Up:
    """The other side has proven who it is."""

    peer: Peer
    version: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message that is not the session's own business."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Down:
    """It is over; the texts left to send say why, then the socket closes."""

    error: ReplicationError


Event = Up | Received | Down


class LinkSession:
    """``find``: the linked node of this id, None for an unknown or revoked one."""

    def __init__(
        self,
        side: Side,
        myself: Myself,
        find: Callable[[str], Peer | None],
        challenge: bytes,
        now: float,
        timing: Timing = Timing(),
        at_ms: int = 0,
    ) -> None:
        self.side = side
        self.peer: Peer | None = None
        self.claimed: Hello | None = None  # what the other side says of itself, not proven
        self.version = 0
        self.rtt_ms: int | None = None
        self.clock_offset_ms: int | None = None  # their clock minus ours
        self.is_up = False
        self.is_over = False
        self._myself = myself
        self._find = find
        self._timing = timing
        self._out: list[str] = []
        self._events: list[Event] = []
        self._our_hello = to_text(
            Hello(myself.versions, myself.node, myself.name[:200], myself.epoch, challenge.hex(), at_ms)
        )
        self._their_hello: str | None = None
        self._their_epoch = 0
        self._deadline = now + timing.hello_s
        self._heard_at = now
        self._beat_at = now
        self._count = 0
        self._echo = 0
        self._sent_beats: dict[int, float] = {}
        self._requests = 0
        self._lists = LISTS_BURST
        self._lists_at = now
        if side == "dialler":
            self._out.append(self._our_hello)

    # -- in ---------------------------------------------------------------------------------------------------------

    def receive(self, text: str, now: float, at_ms: int = 0) -> None:
        """A text frame of the other side."""
        if self.is_over:
            return
        try:
            frame = read_frame(text)
            self._heard_at = now
            if not self.is_up:
                self._greet(frame, text, now)
            else:
                self._follow(frame, now, at_ms)
        except ReplicationError as error:
            self._end(error)

    def handle_timeout(self, now: float, at_ms: int = 0) -> None:
        if self.is_over:
            return
        if not self.is_up:
            if now >= self._deadline:
                self._end(Silent("no proof in time"))
            return
        if now - self._heard_at >= self._timing.lost_s:
            self._end(Silent(f"nothing heard for {now - self._heard_at:.1f} s"))
        elif now >= self._beat_at:
            self._beat(now, at_ms)

    def close(self, code: str, detail: str = "") -> None:
        """We end it: ``restarting``, ``revoked``, or the code of an error found outside."""
        if not self.is_over:
            self._out.append(to_text(Close(code[:40], detail[:200])))
            self.is_over = True

    def fail(self, error: PeerFault) -> None:
        """What the other side sent was judged outside, and is its fault."""
        if not self.is_over:
            self._end(error)

    # -- out --------------------------------------------------------------------------------------------------------

    def texts_to_send(self) -> list[str]:
        texts, self._out = self._out, []
        return texts

    def events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def next_timeout(self) -> float:
        if not self.is_up:
            return self._deadline
        return min(self._beat_at, self._heard_at + self._timing.lost_s)

    def send(self, frame: Frame) -> None:
        """A message of the layers above."""
        if self.is_up and not self.is_over:
            self._out.append(to_text(frame))

    def request(self, kind: str, body: dict[str, Any]) -> int:
        """Ask; the number comes back in the reply."""
        self._requests += 1
        self.send(Request(self._requests, kind, body))
        return self._requests

    # -- inside -----------------------------------------------------------------------------------------------------

    def _greet(self, frame: Frame, text: str, now: float) -> None:
        if isinstance(frame, Close):
            raise Ended(frame.code[:40], frame.detail[:200])
        if isinstance(frame, Hello) and self._their_hello is None:
            self._hello(frame, text)
        elif isinstance(frame, Proof) and self._their_hello is not None:
            self._proof(frame, now)
        else:
            raise MalformedFrame(f"{type(frame).__name__} before the proof")

    def _hello(self, frame: Hello, text: str) -> None:
        self.claimed, peer = frame, self._find(frame.node)
        if peer is None or frame.node == self._myself.node:
            raise UnknownNode(f"{frame.node} ({frame.name[:60]})")
        low, high = max(frame.versions[0], self._myself.versions[0]), min(frame.versions[1], self._myself.versions[1])
        self.peer = peer
        if peer.role != ("lower" if self.side == "listener" else "upper"):
            raise WrongSide(f"{peer.name or peer.id} is the {peer.role} one here")
        if low > high:
            ours, theirs = self._myself.versions, frame.versions
            raise NoCommonVersion(f"ours {ours[0]}-{ours[1]}, theirs {theirs[0]}-{theirs[1]}")
        self.version, self._their_epoch, self._their_hello = high, frame.epoch, text
        if self.side == "listener":
            self._out.append(self._our_hello)
        words = self._words(self.side)
        self._out.append(to_text(Proof(self.version, self._myself.key.sign(words))))

    def _words(self, side: Side) -> bytes:
        """What this side signs: both hellos as they went over the wire."""
        ours, theirs = self._our_hello.encode(), (self._their_hello or "").encode("utf-8", "surrogatepass")
        first, second = (ours, theirs) if self.side == "dialler" else (theirs, ours)
        digests = hashlib.sha256(first).hexdigest(), hashlib.sha256(second).hexdigest()
        return "\n".join(("giaoban link", side, str(self.version), *digests)).encode()

    def _proof(self, frame: Proof, now: float) -> None:
        assert self.peer is not None  # noqa: S101 - set with their hello
        other: Side = "listener" if self.side == "dialler" else "dialler"
        if frame.version != self.version or not holds(self.peer.public_key, frame.signature, self._words(other)):
            raise BadProof(self.peer.id)
        self.is_up = True
        self._beat_at = now
        self._events.append(Up(self.peer, self.version, self._their_epoch))

    def _follow(self, frame: Frame, now: float, at_ms: int) -> None:
        if isinstance(frame, Beat):
            self._heard_beat(frame, now, at_ms)
        elif isinstance(frame, Close):
            raise Ended(frame.code[:40], frame.detail[:200])
        elif isinstance(frame, Hello | Proof):
            raise MalformedFrame(f"{type(frame).__name__} again")
        else:
            if isinstance(frame, Nodes | Tree | Have):
                self._count_list(now)
            self._events.append(Received(frame))

    def _count_list(self, now: float) -> None:
        self._lists = min(LISTS_BURST, self._lists + (now - self._lists_at) * LISTS_PER_S) - 1
        self._lists_at = now
        if self._lists < 0:
            raise MalformedFrame("too many lists")

    def _beat(self, now: float, at_ms: int) -> None:
        self._count += 1
        self._sent_beats[self._count] = now
        self._sent_beats.pop(self._count - 20, None)
        self._out.append(to_text(Beat(self._count, self._echo, at_ms)))
        self._beat_at = now + self._timing.beat_s

    def _heard_beat(self, frame: Beat, now: float, at_ms: int) -> None:
        """The echo of a beat of ours waits at the other side for up to a beat: the shortest of late ones is the RTT."""
        is_first = self._echo == 0
        self._echo = frame.count
        if is_first or frame.echo not in self._sent_beats:
            self._offset(frame.at_ms - at_ms)
            return
        waited = now - self._sent_beats.pop(frame.echo)
        self.rtt_ms = min(int(waited * 1000), self.rtt_ms if self.rtt_ms is not None else 2**31)
        self._offset(frame.at_ms - at_ms)

    def _offset(self, measured_ms: int) -> None:
        """Half the way is unknown: small against what matters to people, a clock that is seconds wrong."""
        self.clock_offset_ms = measured_ms

    def _end(self, error: ReplicationError) -> None:
        if isinstance(error, PeerFault):
            self._out.append(to_text(Close(error.code, str(error)[:200])))
        self.is_over = True
        self._events.append(Down(error))
