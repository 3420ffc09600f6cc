"""Telling: what a room's viewers and senders are told, each thing once, when it changes. Sans-IO."""

from __future__ import annotations

from collections.abc import Iterable

from sfu import sharing
from sfu.events import (
    ActiveSpeakerChanged,
    EncodingsWanted,
    LadderChanged,
    LinkChanged,
    ProducersChanged,
    RoomEvent,
    SlotsChanged,
    Source,
    StillsWanted,
)
from sfu.link import Link
from sfu.peer import Peer
from sfu.program import unique
from sfu.slot import Slot
from sfu.stage import Stage

LAYER_UNUSED_S = 5.0


class Telling:
    """Remembers with each peer what it was told last."""

    def __init__(self, room: str, stage: Stage) -> None:
        self._room = room
        self._stage = stage
        self._events: list[RoomEvent] = []
        self._far_stills: dict[str, str] = {}  # peers beyond links whose stills are wanted, and their labels

    def events(self) -> list[RoomEvent]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    def standing(self) -> list[RoomEvent]:
        """What viewers with a weak line and those who send them stills were told."""
        events: list[RoomEvent] = []
        for peer in self._stage.peers.values():
            if peer.bandwidth.ladder.step != "full" and peer.role == "viewer":
                events.append(LadderChanged(self._room, peer.name, peer.bandwidth.ladder.step))
            if peer.told_stills:
                events.append(StillsWanted(self._room, peer.name, True))
        events += [StillsWanted(self._room, name, True, label) for name, label in self._far_stills.items()]
        return events

    def tell_again(self, peer: Peer) -> None:
        """All that holds for this viewer, whose page may have missed some of it."""
        self._events.append(SlotsChanged(self._room, peer.name, peer.told_slots))
        if peer.told_encodings:
            self._events.append(EncodingsWanted(self._room, peer.name, peer.told_encodings))
        self.tell_step(peer)
        self._events.append(StillsWanted(self._room, peer.name, peer.told_stills))

    def tell_senders(self, slots: Iterable[Slot], now: float) -> None:
        """What arrives from those who send, and which of their layers these slots want."""
        used = self._layers_in_use(slots)
        self._tell_stills()
        for name in unique(producer.peer for producer in self._stage.producers.values()):
            self._tell_producers(self._stage.peers[name], now)
            self._tell_encodings(self._stage.peers[name], used, now)

    def tell_step(self, peer: Peer) -> None:
        """How far down his line has brought this viewer."""
        if peer.role == "viewer":
            self._events.append(LadderChanged(self._room, peer.name, peer.bandwidth.ladder.step))

    def tell_slots(self, peer: Peer) -> None:
        """Who is where in this viewer's slots."""
        shown = tuple(slot.shown() for slot in peer.slots)
        if shown != peer.told_slots:
            peer.told_slots = shown
            if not peer.is_virtual and peer.role == "viewer":
                self._events.append(SlotsChanged(self._room, peer.name, shown))

    def _tell_producers(self, peer: Peer, now: float) -> None:
        sources: tuple[Source, Source, Source] = ("microphone", "camera", "presentation")
        alive = tuple(self._stage.alive(peer.name, source, now) is not None for source in sources)
        state = (alive[0], alive[1], alive[2])
        if state != peer.told_producers:
            peer.told_producers = state
            self._events.append(ProducersChanged(self._room, peer.name, *state))

    def _layers_in_use(self, slots: Iterable[Slot]) -> dict[int, set[str]]:
        """Producer number → layers that slots wish for, arriving or not; only simulcast is asked about."""
        used: dict[int, set[str]] = {}
        if not any(len(producer.rids) > 1 for producer in self._stage.producers.values()):
            return used
        for slot in slots:
            producer = slot.producer
            if producer is not None and producer.source == "camera" and not slot.paused and not slot.is_starved:
                wanted = {slot.layer} if slot.only is not None else producer.asked_for(slot.layer, slot.wish)
                used.setdefault(producer.number, set()).update(wanted)
        return used

    def _tell_encodings(self, peer: Peer, in_use: dict[int, set[str]], now: float) -> None:
        """Layers somebody wants; the smallest always, so that a switch to this camera is quick."""
        camera = peer.producers.get("camera")
        if camera is None or len(camera.rids) < 2:
            return
        for rid in in_use.get(camera.number, ()):
            peer.layer_used_at[rid] = now
        used = {rid for rid, at in peer.layer_used_at.items() if now - at <= LAYER_UNUSED_S} | {camera.rids[0]}
        active = tuple(rid for rid in camera.rids if rid in used)
        camera.ask(active, now)
        if active != peer.told_encodings and camera.is_alive(now):
            peer.told_encodings = active
            if peer.role == "viewer":  # a link tells its other side by itself
                self._events.append(EncodingsWanted(self._room, peer.name, active))

    def _tell_stills(self) -> None:
        """Who is asked for stills: the first camera of everybody whose line has come down to them."""
        wanted = {
            sharing.still_of(peer)
            for peer in self._stage.peers.values()
            if peer.bandwidth.ladder.step == "still" and peer.role == "viewer"
        }
        for peer in self._stage.peers.values():
            if peer.role == "viewer" and (peer.name in wanted) != peer.told_stills:
                peer.told_stills = not peer.told_stills
                self._events.append(StillsWanted(self._room, peer.name, peer.told_stills))
        self._tell_far_stills(wanted)

    def _tell_far_stills(self, wanted: set[str | None]) -> None:
        """Those beyond links come and go without leaving the room, and under a name another may have next."""
        peers = self._stage.peers.values()
        far = {peer.name: peer.spec.label for peer in peers if peer.role == "far" and peer.name in wanted}
        for name, label in self._far_stills.items():
            if far.get(name) != label:
                self._events.append(StillsWanted(self._room, name, False, label))
        for name, label in far.items():
            if self._far_stills.get(name) != label:
                self._events.append(StillsWanted(self._room, name, True, label))
        self._far_stills = far

    def tell_link(self, link: Link, path: tuple[str, ...]) -> None:
        """How a link does."""
        self._events.append(LinkChanged(self._room, link.name, link.side, link.state, link.cause, path))

    def tell_speaker(self) -> None:
        """Who speaks, and the loudest."""
        loudest = tuple(self._stage.speaker.loudest)
        self._events.append(ActiveSpeakerChanged(self._room, self._stage.speaker.dominant, loudest))
