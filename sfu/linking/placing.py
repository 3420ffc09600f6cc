"""Who goes into which lane of a link: the program, the loudest, and small pictures that were asked for. Sans-IO.

Nothing goes back where it came from, so the other room shows its nearest copy and nobody there sees or hears himself.
"""

from __future__ import annotations

from sfu.link import Link
from sfu.linking.lanes import LANES, PICTURES, PRESENTATION, THUMBNAILS, VOICES, Lane
from sfu.linking.statement import NAME
from sfu.placing import is_shed
from sfu.producer import Producer
from sfu.program import unique
from sfu.slot import Slot, place
from sfu.stage import Look, Stage

RANKS = {lane.name: rank for rank, lane in enumerate((PRESENTATION, *PICTURES, *THUMBNAILS))}
THUMBNAIL_RANK = 100  # after all layers of all else


def place_link(link: Link, stage: Stage, look: Look) -> None:
    """Put sources into our lanes; into none while the link is not open."""
    leading = [name for name in stage.leading() if _may_go(link, stage, name)] if link.is_open else []
    heard = [name for name in look.heard if _may_go(link, stage, name)] if link.is_open else []
    _place(link, VOICES, [stage.peers[name].producers["microphone"] for name in heard])
    _place(link, (PRESENTATION,), _presented(link, stage, look))
    pictures = _alive(stage, leading, look)[: len(PICTURES)]
    _place(link, PICTURES, pictures)
    _place(link, THUMBNAILS, [one for one in _asked_for(link, stage, look) if one not in pictures])
    for name, slots in link.slots.items():
        _fill(link, LANES[name], slots, stage, look)


def _may_go(link: Link, stage: Stage, name: str) -> bool:
    """Not where it came from; and only under a name that can be said."""
    peer = stage.peers.get(name)
    return peer is not None and name not in link.bound and max(len(name), len(peer.spec.label)) <= NAME


def _presented(link: Link, stage: Stage, look: Look) -> list[Producer]:
    name = stage.program.presentation if link.is_open else None
    if name is None or not _may_go(link, stage, name):
        return []
    found = stage.alive(name, "presentation", look.now)
    return [found] if found is not None else []


def _asked_for(link: Link, stage: Stage, look: Look) -> list[Producer]:
    asked = [stage.resolve(name) for name in link.heard.thumbnails] if link.is_open else []
    return _alive(stage, [name for name in asked if name is not None and _may_go(link, stage, name)], look)


def _alive(stage: Stage, names: list[str], look: Look) -> list[Producer]:
    found = [stage.alive(name, "camera", look.now) for name in unique(names)]
    return [producer for producer in found if producer is not None]


def _place(link: Link, lanes: tuple[Lane, ...], wanted: list[Producer]) -> None:
    place([link.slots[lane.name][0] for lane in lanes], wanted)


def _fill(link: Link, lane: Lane, slots: tuple[Slot, ...], stage: Stage, look: Look) -> None:
    """The layers of a lane show what its first shows, as far as there are such and somebody watches them."""
    producer, wanted = slots[0].producer, link.layers_wanted(lane.name)
    layers = len(producer.rids) if producer is not None else 0
    for layer, slot in enumerate(slots):
        if layer > 0:
            slot.producer = producer if layer in wanted and layer < layers else None
        slot.rank = THUMBNAIL_RANK + RANKS[lane.name] if lane.is_thumbnail else 10 * layer + RANKS.get(lane.name, 0)
        is_picture = slot.line.kind != "audio"
        slot.paused = link.peer.suspended or (is_picture and is_shed(link.peer, slot, stage.shed, look))
