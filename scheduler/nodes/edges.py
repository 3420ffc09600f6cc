"""Which meeting stands under which, and on which node each is held; and from that, whose logs cross which link.

The log of a meeting goes to the nodes below that hold a meeting under it, and to the nodes above that hold one over
it: an ancestor's facts go down, a descendant's go up, and a neighbour district's go to nobody beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, or_, select

from scheduler.database import ReadSession, WriteSession
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.registry import Neighbourhood
from scheduler.nodes.tables import MeetingEdge

DEEPEST = 12  # levels of meetings; a longer way is a ring
MOST_EDGES = 20_000


@dataclass(frozen=True, slots=True)
class Edge:
    """``meeting_id``, held on ``node``, stands under ``parent_meeting_id``, held on ``parent_node``."""

    meeting_id: str
    node: str
    parent_meeting_id: str
    parent_node: str


async def load_edges(session: ReadSession | WriteSession, ours: str) -> dict[str, Edge]:
    """Every edge this node knows, by the child: those of its own plans, and those its neighbours told."""
    told = {row.meeting_id: _edge(row) for row in await session.scalars(select(MeetingEdge))}
    return told | {edge.meeting_id: edge for edge in await _planned(session, ours)}


async def _planned(session: ReadSession | WriteSession, ours: str) -> list[Edge]:
    above = or_(Meeting.parent_id.is_not(None), Meeting.remote_parent_id.is_not(None))
    held = select(Meeting.id, Meeting.parent_id, Meeting.remote_parent_id, Meeting.remote_parent_node_id)
    found = [
        Edge(row.id, ours, str(row.parent_id or row.remote_parent_id), row.remote_parent_node_id or ours)
        for row in await session.execute(held.where(above))
    ]
    lent = select(RemoteChild.meeting_id, RemoteChild.node_id, RemoteChild.parent_id)
    answered = await session.execute(lent.where(RemoteChild.meeting_id.is_not(None)))
    return found + [Edge(str(row.meeting_id), row.node_id, row.parent_id, ours) for row in answered]


def _edge(row: MeetingEdge) -> Edge:
    return Edge(row.meeting_id, row.node, row.parent_meeting_id, row.parent_node)


async def put_edge(session: WriteSession, edge: Edge) -> None:
    """A meeting was placed under another (again elsewhere, perhaps)."""
    await session.merge(
        MeetingEdge(
            meeting_id=edge.meeting_id,
            node=edge.node,
            parent_meeting_id=edge.parent_meeting_id,
            parent_node=edge.parent_node,
        )
    )


async def remove_edge(session: WriteSession, meeting_id: str) -> None:
    """It stands under nothing any more."""
    await session.execute(delete(MeetingEdge).where(MeetingEdge.meeting_id == meeting_id))


@dataclass(frozen=True, slots=True)
class Crossing:
    """What crosses one link: meetings whose logs we send, and meetings whose logs we take, each with its origin."""

    out: Mapping[str, str]
    into: Mapping[str, str]
    edges: tuple[Edge, ...]  # what the other side should know of the tree


def crossing(edges: Mapping[str, Edge], nodes: Mapping[str, Neighbourhood], ours: str, neighbour: str) -> Crossing:
    """For the link to this neighbour; ``nodes`` says who is reached through it."""
    is_there = {node.id for node in nodes.values() if node.via == neighbour}
    out: dict[str, str] = {}
    into: dict[str, str] = {}
    told: dict[str, Edge] = {}
    for edge in edges.values():
        way = way_up(edges, edge.meeting_id)
        _sort(way, is_there, (out, into), told)
    return Crossing(out, into, tuple(told.values()))


def way_up(edges: Mapping[str, Edge], meeting_id: str) -> list[Edge]:
    """From this meeting to its root; a ring gives nothing."""
    way: list[Edge] = []
    at = edges.get(meeting_id)
    while at is not None:
        if len(way) >= DEEPEST:
            return []
        way.append(at)
        at = edges.get(at.parent_meeting_id)
    return way


def _sort(
    way: list[Edge], is_there: set[str], sides: tuple[dict[str, str], dict[str, str]], told: dict[str, Edge]
) -> None:
    """One way to the root that crosses the link: what is held there comes, what is held on our side goes."""
    out, into = sides
    places = [(edge.meeting_id, edge.node) for edge in way]
    if way:
        places.append((way[-1].parent_meeting_id, way[-1].parent_node))
    there = [(meeting_id, node) for meeting_id, node in places if node in is_there]
    here = [(meeting_id, node) for meeting_id, node in places if node not in is_there]
    if not there or not here:
        return
    into.update(there)
    out.update(here)
    ours = {meeting_id for meeting_id, _ in here}
    told.update({edge.meeting_id: edge for edge in way if edge.meeting_id in ours})


def check_edges(
    said: Iterable[Edge], known: Mapping[str, Edge], nodes: Mapping[str, Neighbourhood], via: str
) -> tuple[list[Edge], list[Edge]]:
    """What a neighbour says of the tree on its side of the link: (new edges that may be believed, refused ones).

    A lower one may place a meeting of its side under another of its side that hangs on our tree already; an upper one
    may say under what the meeting stands that ours stand under. Where a meeting hangs on one of ours is ours to say.
    """
    taken: list[Edge] = []
    refused: list[Edge] = []
    so_far = dict(known)
    waiting = list(said)
    is_there = {node.id for node in nodes.values() if node.via == via}
    carried = {edge.parent_meeting_id: edge.parent_node for edge in known.values()}
    hangs = _hangs if nodes[via].role == "lower" else _carries
    while waiting:
        rest: list[Edge] = []
        for edge in waiting:
            before = so_far.get(edge.meeting_id)
            holder = before.node if before is not None else carried.get(edge.meeting_id, "")
            if before == edge or (edge.node not in is_there and not holder):
                continue  # known, or of nodes and meetings that we have not heard of
            if before is not None or edge.node not in is_there or edge.parent_node not in is_there:
                refused.append(edge)
            elif hangs(so_far, edge):
                so_far[edge.meeting_id] = edge
                taken.append(edge)
            else:
                rest.append(edge)
        if len(rest) == len(waiting):
            return taken, refused + rest
        waiting = rest
    return taken, refused


def _hangs(known: Mapping[str, Edge], edge: Edge) -> bool:
    parent = known.get(edge.parent_meeting_id)
    if parent is None or parent.node != edge.parent_node or len(known) >= MOST_EDGES:
        return False
    way = way_up(known, edge.parent_meeting_id)
    return bool(way) and len(way) < DEEPEST - 1 and edge.meeting_id not in {one.parent_meeting_id for one in way}


def _carries(known: Mapping[str, Edge], edge: Edge) -> bool:
    """The meeting stands over one we know, on the node we know, and not under one below it."""
    below = [one for one in known.values() if one.parent_meeting_id == edge.meeting_id]
    if not below or any(one.parent_node != edge.node for one in below) or len(known) >= MOST_EDGES:
        return False
    way = way_up({**known, edge.meeting_id: edge}, below[0].meeting_id)
    return bool(way)


def children(edges: Mapping[str, Edge]) -> dict[str, list[Edge]]:
    """The edges below each parent."""
    result: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges.values():
        result[edge.parent_meeting_id].append(edge)
    return dict(result)
