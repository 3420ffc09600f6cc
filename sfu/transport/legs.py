"""Legs: the links of one node's rooms – offers and answers, dialling, and what rooms say to each other inside DTLS.

To the node a leg is a transport like any other; here is what is different about it. ``open`` and ``connect`` are the
lower side's, ``accept`` the upper's.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfu.errors import Full, HasUpper, UnknownLink
from sfu.events import LinkSide
from sfu.link import Link, LinkRules, key_of, link_key, peer_name
from sfu.linking.lanes import Streams, received_ids, slot_lines
from sfu.linking.terms import Answer, Credentials, Kind, Offer, agreed, new_streams, read_answer, read_offer
from sfu.negotiation import Negotiated
from sfu.peer import Peer, PeerSpec
from sfu.plane.plane import Address
from sfu.room import Room
from sfu.transport.dialling import RESPONSE, DiallingAgent
from sfu.transport.ice import IceAgent
from sfu.transport.webrtc import Change, WebRtcTransport

if TYPE_CHECKING:
    from sfu.transport.node import MediaNode

TCP_RETRY_S = 2.0
TCP_CONNECT_S = 5.0
CAUSES: dict[Change, str] = {"failed": "dtls", "closed": "left", "expired": "expired"}


@dataclass(slots=True)
class Leg:
    """One link's connection; ``streams``: what we send in. ``dial``: the TCP addresses still to be tried."""

    link: Link
    room: str
    streams: Streams
    credentials: Credentials
    transport: WebRtcTransport | None = None
    tcp: list[tuple[str, int]] = field(default_factory=list)
    tcp_at: float = math.inf
    dialling: asyncio.Task[None] | None = None


class Legs:
    """All links of a node, by key."""

    def __init__(self, node: MediaNode) -> None:
        self._node = node
        self._legs: dict[str, Leg] = {}

    def __contains__(self, peer: str) -> bool:
        return link_key(peer) in self._legs

    def links(self) -> list[tuple[str, Link]]:
        """Room and link."""
        return [(leg.room, leg.link) for leg in self._legs.values()]

    # -- commands ---------------------------------------------------------------------------------------------------

    def open(self, room_name: str, name: str, kind: Kind) -> dict[str, Any]:
        """The offer of a lower room for a link to a room above. Raises HasUpper, Full."""
        room = self._node.room(room_name)
        upper = room.linked.upper
        pending = [leg for leg in self._legs.values() if leg.room == room_name and leg.link.side == "lower"]
        if (upper is not None and upper.name != name) or any(leg.link.name != name for leg in pending):
            raise HasUpper(f"room {room_name} has a link to a room above already")
        self.close(name, "lower", "replaced")
        leg = self._new_leg(room_name, name, "lower", kind, None)
        self._legs[leg.link.key] = leg
        codec = self._node.settings.video_codec
        return Offer(kind, room.linked.place, codec, leg.credentials, leg.streams).to_json()

    def accept(
        self, room_name: str, name: str, kind: Kind, data: object, labels: Collection[str] | None = None
    ) -> dict[str, Any]:
        """The answer of an upper room to an offer. Raises BadLink, Full."""
        node = self._node
        room = node.room(room_name)
        offer = read_offer(data, kind, node.settings.video_codec, room.linked.path)
        others = [one for one in room.linked.links.values() if one.side == "upper" and one.name != name]
        if len(others) >= node.settings.limits.links_per_room:
            raise Full(f"room {room_name} has {len(others)} rooms below, its limit")
        self.close(name, "upper", "replaced")
        leg = self._new_leg(room_name, name, "upper", kind, labels)
        self._legs[leg.link.key] = leg
        self._build(leg, IceAgent(leg.credentials.ufrag, leg.credentials.pwd, offer.credentials.ufrag), offer)
        own, version = leg.credentials, agreed(offer.versions)
        path, codec = room.linked.path, node.settings.video_codec
        return Answer(version, path, codec, own, leg.streams, node.listener.addresses).to_json()

    def connect(self, name: str, data: object) -> None:
        """Dial the room above. Raises BadLink, UnknownLink."""
        node, leg = self._node, self._lower(name)
        if leg.transport is not None:
            raise UnknownLink(f"link {name} waits for no answer")
        answer = read_answer(data, leg.link.place, node.settings.video_codec)
        theirs, own = answer.credentials, leg.credentials
        agent = DiallingAgent(own.ufrag, own.pwd, theirs.ufrag, remote_pwd=theirs.pwd)
        here = set(node.listener.addresses)
        agent.candidates = [(host, port) for host, port, kind in answer.addresses if kind == "udp"]
        if here.intersection(answer.addresses):
            agent.candidates = []  # ourselves: one address cannot be both ends, two connections can
        leg.tcp = [(host, port) for host, port, kind in answer.addresses if kind == "tcp"]
        self._build(leg, agent, answer)
        now = time.monotonic()
        leg.tcp_at = now + (node.settings.timeouts.link_tcp_after_s if agent.candidates else 0.0)
        self.tick(now)

    def follow(self, name: str, follows: bool) -> None:
        leg = self._lower(name)
        if leg.transport is None:
            leg.link.follows = follows
        else:
            self._room(leg).follow(leg.link, follows, time.monotonic())
            self._node.drain_now()

    def limit(self, name: str, labels: Collection[str]) -> None:
        """Upper side: other sites may come from there now."""
        leg = self._legs.get(key_of("upper", name))
        if leg is None:
            raise UnknownLink(f"no link {name}")
        self._room(leg).limit(leg.link, frozenset(labels), time.monotonic())
        self._node.drain_now()

    def close(self, name: str, side: LinkSide, cause: str = "removed") -> None:
        """End a link, tell the other side; nothing when there is none."""
        leg = self._legs.pop(key_of(side, name), None)
        if leg is None:
            return
        now = time.monotonic()
        if leg.dialling is not None:
            leg.dialling.cancel()
        if leg.transport is not None:
            self._room(leg).end_link(leg.link, cause, now)
            self._say(leg, now)
            self._node.remove(leg.transport)

    # -- building ---------------------------------------------------------------------------------------------------

    def _lower(self, name: str) -> Leg:
        try:
            return self._legs[key_of("lower", name)]
        except KeyError:
            raise UnknownLink(f"no link {name}") from None

    def _room(self, leg: Leg) -> Room:
        return self._node.room(leg.room)

    def _new_leg(self, room: str, name: str, side: LinkSide, kind: Kind, labels: Collection[str] | None) -> Leg:
        node = self._node
        times = node.settings.timeouts
        peer = Peer(PeerSpec(peer_name(key_of(side, name)), "", -1, (), ()), role="link")
        rules = LinkRules(times.link_beat_s, times.link_lost_s)
        place = node.room(room).linked.place
        allowed = frozenset(labels) if labels is not None else None
        link = Link(name, side, kind, place, peer, rules, labels=allowed)
        fresh = node.whereabouts.new_agent("")
        own = Credentials(fresh.ufrag, fresh.pwd, ("sha-256", node.fingerprint))
        return Leg(link, room, new_streams(node.new_ssrc), own)

    def _build(self, leg: Leg, agent: IceAgent, theirs: Offer | Answer) -> None:
        """The transport, and the link's place in the room."""
        node, now = self._node, time.monotonic()
        codec = node.settings.video_codec
        own = theirs.credentials
        plan = Negotiated([], own.ufrag, own.pwd, [own.fingerprint], is_active=leg.link.side == "lower")
        transport = node.add_transport(leg.room, leg.link.peer.name, agent, plan, received_ids(), now)
        transport.dtls.listen()
        leg.transport = transport
        lines = [line for lane in slot_lines(leg.streams, codec).values() for line in lane]
        leg.link.peer.spec = PeerSpec(leg.link.peer.name, "", transport.number, (), tuple(lines))
        self._room(leg).add_link(leg.link, theirs.streams, codec, now)
        node.drain_now()

    # -- what the node hands over -----------------------------------------------------------------------------------

    def receive_stun(self, data: bytes, source: Address, now: float) -> WebRtcTransport | None:
        """The link that has its check answered by this, if any."""
        if data[:2] != RESPONSE:
            return None
        for leg in self._legs.values():
            transport = leg.transport
            if transport is None or not isinstance(transport.agent, DiallingAgent):
                continue
            if transport.agent.receive_answer(data, source, now):
                self._node.whereabouts.answered(transport, source)
                return transport
        return None

    def receive_messages(self, transport: WebRtcTransport, now: float) -> None:
        """What the other room said inside DTLS."""
        leg = self._legs.get(link_key(transport.peer))
        if leg is None or leg.transport is not transport:
            return
        room = self._room(leg)
        for message in transport.dtls.messages():
            room.receive_from_link(leg.link, message, now)

    def apply(self, transport: WebRtcTransport, change: Change, now: float) -> None:
        """A link's transport has changed: rooms know by beats whether it lives, so most of that says nothing."""
        leg = self._legs.get(link_key(transport.peer))
        if leg is None:
            return
        if change in ("connected", "returned"):
            leg.link.connect(now)
            self._room(leg).suspend(transport.peer, False, now)
        elif change == "vanished":
            self._room(leg).suspend(transport.peer, True, now)
        else:
            self.close(leg.link.name, leg.link.side, CAUSES[change])

    def tcp_lost(self, address: Address, now: float) -> None:
        """A connection that a link was dialled over ended: dial again."""
        for leg in self._legs.values():
            agent = leg.transport.agent if leg.transport is not None else None
            if isinstance(agent, DiallingAgent) and address in agent.candidates:
                agent.candidates.remove(address)
                agent.hurry()
                leg.tcp_at = now + TCP_RETRY_S

    # -- time -------------------------------------------------------------------------------------------------------

    def talk(self, now: float) -> None:
        """After every change: say what is to be said, and let go of links that have ended."""
        for leg in list(self._legs.values()):
            if leg.transport is None:
                continue
            self._say(leg, now)
            if leg.link.state == "closed":
                self.close(leg.link.name, leg.link.side, leg.link.cause or "closed")

    def _say(self, leg: Leg, now: float) -> None:
        if leg.transport is None:
            return
        for datagram in leg.link.datagrams(now):
            leg.transport.dtls.send(datagram)
        self._node.send_dtls(leg.transport)

    def tick(self, now: float) -> None:
        """Checks that are due; TCP, when UDP does not answer."""
        for leg in self._legs.values():
            agent = leg.transport.agent if leg.transport is not None else None
            if not isinstance(agent, DiallingAgent):
                continue
            for data, address in agent.checks_to_send(now):
                self._node.listener.send(data, address)
            is_silent = agent.address not in agent.candidates
            if is_silent and leg.tcp and now >= leg.tcp_at and leg.dialling is None:
                leg.dialling = asyncio.ensure_future(self._dial(leg, agent))

    def next_timeout(self) -> float | None:
        """When ``tick`` has something to do."""
        agents = [leg.transport.agent for leg in self._legs.values() if leg.transport is not None]
        return min((a.next_check_at() for a in agents if isinstance(a, DiallingAgent)), default=None)

    async def _dial(self, leg: Leg, agent: DiallingAgent) -> None:
        """One TCP connection to the first address that takes one."""
        try:
            for host, port in leg.tcp:
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(TCP_CONNECT_S):
                        agent.candidates.append(await self._node.listener.connect(host, port))
                    agent.hurry()
                    return
        finally:
            leg.dialling = None
            leg.tcp_at = time.monotonic() + TCP_RETRY_S
            self.tick(time.monotonic())
