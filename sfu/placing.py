"""Placing: who is in which slot of one viewer, and how large. Nobody sees or hears himself. Sans-IO."""

from __future__ import annotations

from sfu.overload import Shed
from sfu.peer import Peer
from sfu.producer import Producer, Wish
from sfu.program import unique
from sfu.slot import Slot, place
from sfu.stage import Look, Stage

HEARD = 4  # one more than the slots, as nobody hears himself


def place_viewer(peer: Peer, stage: Stage, look: Look) -> None:
    """Give this viewer's slots their producers, wishes and pauses."""
    voices = peer.slots_of("audio")
    heard = _heard_first(stage, look) if len(voices) == 1 else look.heard[:HEARD]
    place(voices, [stage.peers[name].producers["microphone"] for name in heard if name != peer.name])
    presentation = _presentation_for(peer, stage, look)
    video_slots = peer.slots_of("video")
    places = peer.slots_of("presentation")
    place(places, [presentation] if presentation else [])
    cameras = [stage.peers[name].producers["camera"] for name in _cameras_for(peer, stage, look)]
    wanted = [presentation, *cameras] if presentation and not places else cameras
    place(video_slots[: max(0, peer.view.max_video)], wanted)
    place(video_slots[max(0, peer.view.max_video) :], [])
    _wish(video_slots, wanted)
    for slot in peer.slots:
        is_picture = slot.line.kind != "audio"
        slot.paused = peer.suspended or (is_picture and (peer.view.paused or is_shed(peer, slot, stage.shed, look)))


def _heard_first(stage: Stage, look: Look) -> list[str]:
    """For a player with one place for sound: who speaks now, so that the chair is heard beside the floor."""
    speaking = stage.speaker.dominant
    return unique([*(name for name in (speaking,) if name in look.heard), *look.heard])


def _presentation_for(peer: Peer, stage: Stage, look: Look) -> Producer | None:
    name = stage.program.presentation
    return stage.alive(name, "presentation", look.now) if name is not None and name != peer.name else None


def _cameras_for(peer: Peer, stage: Stage, look: Look) -> list[str]:
    """The program's people, then whom this viewer pinned, then everybody else."""
    pinned = [name for asked in peer.view.pinned if (name := stage.resolve(asked)) in look.video and name is not None]
    rest = [name for name in look.video if name not in look.background]
    order = unique([*(name for name in stage.leading() if name in look.video), *pinned, *rest])
    return [name for name in order if name != peer.name]


def _wish(slots: list[Slot], wanted: list[Producer]) -> None:
    """The first is shown large, the second middling, the others are thumbnails."""
    wishes: dict[int, Wish] = {}
    ranks = {producer.number: index for index, producer in enumerate(wanted)}
    for index, producer in enumerate(wanted):
        wishes[producer.number] = "high" if index == 0 else "middle" if index == 1 else "low"
    for slot in slots:
        if slot.producer is not None:
            slot.wish = wishes[slot.producer.number]
            slot.rank = ranks[slot.producer.number]


def is_shed(peer: Peer, slot: Slot, shed: Shed, look: Look) -> bool:
    """Whether the worker has given up this picture; a recording keeps everything: it is what remains of the meeting."""
    if shed < Shed.OTHERS or slot.producer is None or peer.is_virtual:
        return False
    if shed == Shed.PICTURES:
        return True
    return slot.producer.source != "presentation" and slot.producer.peer not in look.kept
