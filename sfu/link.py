"""A Link: one media leg between two rooms, as one of them has it. Sans-IO (docs/decisions/0024).

The other room is a peer here: its slots are the lanes we send in, and the lanes it sends in are producers that belong
to whoever is in them just now. This keeps what the two have told each other, knows whether the other is heard at all,
and ends the link when what it says cannot be. What a room makes of its links is in ``linking/linked.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sfu.errors import BadLink
from sfu.events import LinkSide, LinkState
from sfu.lateness import MOST_TOLD_MS
from sfu.linking.lanes import LANES
from sfu.linking.statement import MOST_KBPS, Shown, Statement, decode
from sfu.linking.talk import Talk
from sfu.linking.terms import Kind, check_path
from sfu.peer import Peer
from sfu.plane.budgets import Budget
from sfu.prices import settled_bitrate
from sfu.producer import Producer, counted
from sfu.slot import Slot

FIRST_LAYERS = (0, 1)  # until the other side says which are watched there
NAMES = list(LANES)
SAID_MORE = 1.25  # of what a layer takes: it may take more in a moment
KEYFRAMES, KEYFRAMES_PER_SECOND = 4.0, 2.0  # of one lane, asked for by the other side


@dataclass(frozen=True, slots=True)
class LinkRules:
    """Seconds."""

    beat_s: float = 1.0
    lost_s: float = 3.0


@dataclass(slots=True)
class Link:
    """``side``: ours. ``slots``: our lanes, smallest layer first; ``producers``: theirs. ``bound``: far peers."""

    name: str
    side: LinkSide
    kind: Kind
    place: str
    peer: Peer
    rules: LinkRules = field(default_factory=LinkRules)
    slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    producers: dict[str, Producer] = field(default_factory=dict)
    labels: frozenset[str] | None = None  # that may come over it; None: any
    follows: bool = True  # a lower side that does not is by itself, though connected
    state: LinkState = "connecting"
    cause: str | None = None
    heard: Statement = field(default_factory=Statement)
    said: Statement = field(default_factory=Statement)
    bound: dict[str, Peer] = field(default_factory=dict)
    talk: Talk = field(init=False)
    _is_connected: bool = False
    _keyframes: dict[str, Budget] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.talk = Talk(self.rules.beat_s)

    @property
    def key(self) -> str:
        return key_of(self.side, self.name)

    @property
    def transport(self) -> int:
        return self.peer.spec.transport

    @property
    def is_open(self) -> bool:
        """Media may go both ways."""
        return self.state == "up" and self.follows and self.heard.follows

    @property
    def rules_us(self) -> bool:
        """The other room's program holds here."""
        return self.is_open and self.side == "lower" and self.kind == "level" and self.heard.program is not None

    def layers_wanted(self, lane: str) -> tuple[int, ...]:
        """Which layers of one of our lanes somebody watches over there."""
        return self.heard.layers.get(lane, FIRST_LAYERS)

    # -- in ---------------------------------------------------------------------------------------------------------

    def connect(self, now: float) -> None:
        """The connection stands, for the first time or again."""
        self._is_connected = True
        self.talk.heard_at = max(self.talk.heard_at, now)

    def receive(self, data: bytes, now: float) -> bool:
        """Take a datagram; True when something is different now."""
        if self.state == "closed":
            return False
        body = self.talk.receive(data, now)
        if body is None:
            return self._revive(now)
        try:
            return self._hear(decode(body), now)
        except BadLink as bad:
            return self.close(bad.cause if bad.cause in ("loop", "too_far") else "protocol")

    def keyframes_asked(self, now: float) -> list[Producer]:
        """Whose keyframes the other side waits for; so many of a lane and no more."""
        found = []
        for number in self.talk.asked():
            slots = self.slots.get(NAMES[number]) if number < len(NAMES) else None
            if slots is not None and slots[0].producer is not None and self._may_ask(NAMES[number], now):
                found.append(slots[0].producer)
        return found

    def _may_ask(self, lane: str, now: float) -> bool:
        budget = self._keyframes.setdefault(lane, Budget())
        return budget.spend(1.0, KEYFRAMES_PER_SECOND, KEYFRAMES, now)

    def handle_timeout(self, now: float) -> bool:
        """True when the other side has not been heard for too long."""
        if self.state == "up" and now - self.talk.heard_at > self.rules.lost_s:
            self.state, self.cause = "lost", "silent"
            return True
        return False

    def close(self, cause: str) -> bool:
        """For good; True when that is new."""
        if self.state == "closed":
            return False
        self.state, self.cause = "closed", cause
        return True

    def measure_lateness(self, now: float) -> None:
        """Of what comes over it, beside what the other side says of its own."""
        self.peer.lateness.measure(counted(self.producers.values()), self.talk.rtt_s, now)
        for name, producer in self.producers.items():
            shown = self.heard.lanes.get(name)
            before = shown.late_ms if shown is not None else 0
            producer.late_ms = min(self.peer.lateness.ms + before, MOST_TOLD_MS)

    # -- out --------------------------------------------------------------------------------------------------------

    def say(self, statement: Statement, now: float) -> None:
        """What holds on our side."""
        if statement != self.said:
            self.said = statement
            self.talk.say(statement.encode(), now)

    def ask_keyframe(self, producer: Producer) -> None:
        """Of a lane of theirs, whose packets go to somebody who waits."""
        self.talk.ask(NAMES.index(producer.line.mid))

    def part(self, cause: str, now: float) -> None:
        """Tell the other side that this is the end."""
        self.say(replace(self.said, path=self.said.path or (self.place,), closing=cause), now)

    def datagrams(self, now: float) -> list[bytes]:
        """What is to go to the other side now."""
        return self.talk.datagrams(now) if self._is_connected else []

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` or ``datagrams`` has something to do."""
        if not self._is_connected or self.state == "closed":
            return None
        due = self.talk.next_timeout()
        return min(due, self.talk.heard_at + self.rules.lost_s + 0.01) if self.state == "up" else due

    # -- inside -----------------------------------------------------------------------------------------------------

    def _hear(self, statement: Statement, now: float) -> bool:
        if statement.closing is not None:
            return self.close("left" if statement.closing == "removed" else statement.closing)
        if self.side == "lower":
            if self.place in statement.path:
                raise BadLink(f"loop: {self.place} is above itself")
            check_path((*statement.path, self.place))
        changed = statement != self.heard
        self._note_stopped(statement)
        self.heard = statement
        return self._revive(now) or changed

    def _note_stopped(self, statement: Statement) -> None:
        """Layers that went out until now and do so no more: others take their place before they are missed."""
        for name, producer in self.producers.items():
            before, now = self.heard.lanes.get(name), statement.lanes.get(name)
            is_same = before is not None and now is not None and before.source == now.source
            for layer, encoding in enumerate(producer.encodings.values()):
                was_active = before is not None and layer in before.active
                is_active = now is not None and layer in now.active
                encoding.is_stopped = is_same and not is_active and (was_active or encoding.is_stopped)

    def _revive(self, now: float) -> bool:
        """The other side lives; the link is up once it has said something."""
        if self.state in ("connecting", "lost") and self.heard.path and now - self.talk.heard_at <= self.rules.lost_s:
            self.state, self.cause = "up", None
            return True
        return False


def key_of(side: LinkSide, name: str) -> str:
    """A link's key in one worker, which may have both its ends."""
    return f"{side} {name}"


def peer_name(key: str) -> str:
    """Under which the other room is a peer here."""
    return f"link {key}"


def link_key(peer: str) -> str:
    """The other way round; empty for other peers."""
    return peer.removeprefix("link ") if peer.startswith("link ") else ""


def lanes_said(link: Link, now: float) -> dict[str, Shown]:
    """What is in our lanes, as the other side is told.

    What it takes is said anew when it has doubled or halved, not each time it is measured.
    """
    found: dict[str, Shown] = {}
    for name, slots in link.slots.items():
        producer = slots[0].producer
        if producer is not None:
            layers = min(len(producer.rids), LANES[name].layers)
            active = tuple(i for i in range(layers) if _goes_out(slots[i], now))
            kbps = _kbps_said(producer, layers, link.said.lanes.get(name), now)
            found[name] = Shown(producer.peer, producer.label, layers, active, producer.late_ms, kbps)
    return found


def _kbps_said(producer: Producer, layers: int, before: Shown | None, now: float) -> tuple[int, ...]:
    said = before.kbps if before is not None and before.source == producer.peer else ()
    found = []
    for layer, rid in enumerate(producer.rids[:layers]):
        encoding = producer.encodings.get(rid)
        kbps = -(-settled_bitrate(encoding, now) // 1000) if encoding is not None else 0
        last = said[layer] if layer < len(said) else 0
        found.append(last if last / 2 <= kbps <= last else min(int(kbps * SAID_MORE), MOST_KBPS))
    return tuple(found)


def _goes_out(slot: Slot, now: float) -> bool:
    encoding = slot.encoding(now)
    return encoding is not None and encoding.is_alive(now)
