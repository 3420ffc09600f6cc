"""What all links of a room mean for it: the program that holds, far peers, who is asked for below. Sans-IO.

A room has one upper link at most. While that is up and followed, the upper room's program holds; it goes on to lower
rooms as it came, with the names it came with, so that whoever has a source recognises it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sfu.link import Link, lanes_said
from sfu.linking.lanes import LANES, RIDS
from sfu.linking.statement import MOST_AUDIBLE, MOST_THUMBNAILS, NAME, Shown, Statement
from sfu.peer import Peer, PeerSpec
from sfu.producer import Producer
from sfu.program import Program, unique
from sfu.stage import Stage


@dataclass(frozen=True, slots=True)
class OnAir:
    """A program and whose microphones are open, by the names of whoever decided it."""

    program: Program = Program()  # noqa: RUF009  frozen
    audible: tuple[str, ...] = ()

    def names(self) -> set[str]:
        """Everybody in it."""
        program = self.program
        found = {program.floor, program.chair, program.presentation, *self.audible}
        return {name for name in found if name is not None}


class Linked:
    """``place``: this room's name in paths. ``own``: what the control side of this room wants on air."""

    def __init__(self, place: str, stage: Stage) -> None:
        self.place = place
        self.links: dict[str, Link] = {}  # by key
        self.own = OnAir()
        self._stage = stage

    @property
    def upper(self) -> Link | None:
        """The link to the room above; closed ones are gone."""
        return next((link for link in self.links.values() if link.side == "lower"), None)

    @property
    def path(self) -> tuple[str, ...]:
        """Places from the root to this room, as far as we are connected."""
        upper = self.upper
        above = upper.heard.path if upper is not None and upper.state == "up" else ()
        return (*above, self.place)

    def by_transport(self, transport: int) -> Link | None:
        return next((link for link in self.links.values() if link.transport == transport), None)

    # -- what holds -------------------------------------------------------------------------------------------------

    def on_air(self) -> OnAir:
        """Ours, or that of the room above while it rules."""
        upper = self.upper
        if upper is None or not upper.rules_us or upper.heard.program is None:
            return self.own
        return OnAir(upper.heard.program, upper.heard.audible)

    def resolved(self) -> tuple[Program, frozenset[str]]:
        """The same with the names of peers here; voices from above are heard, for that was decided there."""
        on_air, upper = self.on_air(), self.upper
        program = on_air.program
        names = {name: self._stage.resolve(name) or name for name in on_air.names()}
        audible = {names[name] for name in on_air.audible}
        if upper is not None and upper.rules_us:
            audible |= {peer.name for peer in upper.bound.values() if "microphone" in peer.producers}
        found = Program(
            floor=names.get(program.floor or ""),
            chair=names.get(program.chair or ""),
            presentation=names.get(program.presentation or ""),
            mode=program.mode,
        )
        return found, frozenset(audible)

    # -- far peers --------------------------------------------------------------------------------------------------

    def bind(self, now: float) -> None:
        """Give the lanes of all links to whoever is in them, as far as that was asked for."""
        for link in self.links.values():
            self._bind(link, now)
        thumbnails = {
            name
            for link in self.links.values()
            for name, peer in link.bound.items()
            if "camera" in peer.producers and LANES[peer.producers["camera"].line.mid].is_thumbnail
        }
        self._stage.background = frozenset(thumbnails)

    def give_up(self, name: str) -> None:
        """Somebody of this name comes in here: the far one, if any, is nobody from now on."""
        for link in self.links.values():
            peer = link.bound.pop(name, None)
            for producer in peer.producers.values() if peer is not None else ():
                self._stage.producers.pop(producer.number, None)
                producer.peer = producer.label = ""

    def unbind(self, link: Link, now: float) -> None:
        """Nobody comes over this link any more."""
        self._rebind(link, {}, now)

    def _bind(self, link: Link, now: float) -> None:
        wanted: dict[str, dict[str, Shown]] = {}  # name → lane → what is in it
        if link.is_open and link.heard.lanes:
            on_air, thumbnails = self.on_air().names(), set(self.thumbnails_wanted(link))
            for lane, shown in link.heard.lanes.items():
                if self._may_come(link, shown, thumbnails if LANES[lane].is_thumbnail else on_air):
                    wanted.setdefault(shown.source, {})[lane] = shown
        self._rebind(link, wanted, now)

    def _may_come(self, link: Link, shown: Shown, asked: set[str]) -> bool:
        """Asked for, under a name that nobody else has, with a label that may come from there."""
        if shown.source in self._stage.peers and shown.source not in link.bound:
            return False
        if link.labels is not None and shown.label not in link.labels:
            return False
        if link.kind == "share" or link.side == "lower":
            return True
        return shown.source in asked or shown.label in asked

    def _rebind(self, link: Link, wanted: dict[str, dict[str, Shown]], now: float) -> None:
        stage = self._stage
        if wanted or link.bound:
            stage.labels = None
        used = {lane for lanes in wanted.values() for lane in lanes}
        for lane, producer in link.producers.items():
            if lane not in used and producer.peer:
                stage.producers.pop(producer.number, None)
                producer.peer = producer.label = ""
        for name in [name for name in link.bound if name not in wanted]:
            del link.bound[name], stage.peers[name]
            stage.speaker.forget(name)
        for name, lanes in wanted.items():
            self._bind_peer(link, name, lanes, now)

    def _bind_peer(self, link: Link, name: str, lanes: dict[str, Shown], now: float) -> None:
        label = next(iter(lanes.values())).label
        peer = link.bound.get(name)
        if peer is None or peer.spec.label != label:
            told = peer.told_encodings if peer is not None else ()
            peer = Peer(PeerSpec(name, label, link.transport, (), ()), role="far", told_encodings=told)
            link.bound[name] = self._stage.peers[name] = peer
        peer.producers = {}
        for lane in sorted(lanes, key=lambda one: LANES[one].is_thumbnail):
            producer = link.producers[lane]
            if producer.source not in peer.producers:
                peer.producers[producer.source] = producer
            if producer.peer != name:
                _begin(producer, lanes[lane], now)
            for layer, encoding in enumerate(producer.encodings.values()):
                encoding.told = 1000 * lanes[lane].kbps[layer] if layer < len(lanes[lane].kbps) else 0
            producer.peer, producer.label = name, label
            self._stage.producers[producer.number] = producer

    # -- what we say ------------------------------------------------------------------------------------------------

    def tell(self, now: float) -> None:
        """Bring what the other sides know up to date."""
        for link in self.links.values():
            if link.state != "closed":
                link.say(self._statement(link, now), now)

    def _statement(self, link: Link, now: float) -> Statement:
        on_air = self.on_air()
        rules = link.side == "upper" and link.kind == "level"
        below = [name for name in on_air.audible if self._is_below(link, name)]
        return Statement(
            path=self.path,
            follows=link.follows,
            program=_sayable(on_air.program) if rules else None,
            audible=tuple(below[:MOST_AUDIBLE]) if rules else (),
            thumbnails=self.thumbnails_wanted(link),
            lanes=lanes_said(link, now),
            layers=_layers_watched(link),
        )

    def thumbnails_wanted(self, link: Link) -> tuple[str, ...]:
        """Whose small pictures we want over this link: for the room above, and for viewers here who pinned them."""
        if link.side == "lower" and link.kind == "level":
            return ()
        upper = self.upper
        asked = list(upper.heard.thumbnails) if upper is not None and upper is not link and upper.is_open else []
        asked += [name for peer in self._stage.peers.values() for name in peer.view.pinned]
        return tuple(name for name in unique(asked) if self._is_below(link, name))[:MOST_THUMBNAILS]

    def _is_below(self, link: Link, name: str) -> bool:
        """Nobody here, as far as we know, but for who comes over this very link."""
        found = self._stage.resolve(name)
        return len(name) <= NAME and name.isprintable() and (found is None or found in link.bound)


def _begin(producer: Producer, shown: Shown, now: float) -> None:
    """Somebody else is in this lane: only the layers that come just now count as alive."""
    lane = LANES[producer.line.mid]
    rids = RIDS[: shown.layers] if lane.layers > 1 and shown.layers > 1 else lane.rids[:1]
    if rids != producer.line.rids:
        producer.line = replace(producer.line, rids=rids)
    for layer, encoding in enumerate(producer.encodings.values()):
        encoding.seen_at = now if layer in shown.active or layer == 0 else float("-inf")
        encoding.bitrate, encoding.began_at, encoding.temporal = 0, now, ()


def _layers_watched(link: Link) -> dict[str, tuple[int, ...]]:
    """By lane; nothing of lanes whose layers nobody has looked at yet."""
    found = {}
    for lane, producer in link.producers.items():
        peer = link.bound.get(producer.peer)
        if LANES[lane].layers > 1 and peer is not None and peer.told_encodings:
            found[lane] = tuple(i for i, rid in enumerate(RIDS) if rid in peer.told_encodings)
    return found


def _sayable(program: Program) -> Program:
    """Without names that the other side would not take."""
    names: Iterable[str | None] = (program.floor, program.chair, program.presentation)
    floor, chair, presentation = (name if name and len(name) <= NAME and name.isprintable() else None for name in names)
    return Program(floor, chair, presentation, program.mode)
