"""One installation of the country: the product's hub and links on a database of its own; sockets are in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.national.media import VirtualMedia
from bench.national.seat import Seat
from scheduler.linked.asking import take_told
from scheduler.linked.messages import Told, ToldSite
from scheduler.linked.remote_child import RemoteChild
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.nodes.edges import Edge, put_edge
from scheduler.nodes.key import NodeKey
from scheduler.nodes.pairing import Pairing
from scheduler.nodes.registry import Role, add_node
from scheduler.organization.level import Level
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.proceedings.facts import Fact
from scheduler.proceedings.node import Node
from scheduler.replication.session import Timing
from scheduler.settings import DatabaseSettings
from tests.databases import opened
from tests.web.link.nodes import Net
from web.link.channel import LinkChannel
from web.link.service import Links, LinkSettings
from web.live.hub import Hub
from web.live.presence import Hello
from web.live.telling import EVERY_S

PATIENT = LinkSettings(Timing(beat_s=2.0, lost_s=60.0))  # sixty-four installations share one core here


def now() -> datetime:
    return datetime.now(UTC)


class Place:
    """``name`` is also that of its meeting and the beginning of its sites' names."""

    links: Links
    secretary: Seat
    chair: Seat

    def __init__(self, name: str, sites: int, database: DatabaseSettings, folder: Path, net: Net) -> None:
        self.name = name
        self.site_ids = [f"{name}-{number}" for number in range(sites)]
        self.url = f"https://{name}.example"
        self.seats: list[Seat] = []
        self.on_floor: Callable[[str], None] = lambda site_id: None
        self.database = opened(database)
        self.media = VirtualMedia(lambda site_id: self.on_floor(site_id))
        self.channel = LinkChannel()
        self.key = NodeKey(name.encode().ljust(32, b"."))
        self._net = net
        self.hub = Hub(
            self.database,
            (self.media,),
            folder / name,
            b"key",
            channel=self.channel,
            on_facts=self._grew,
            tell_every_s=EVERY_S,
        )
        self.media.on_event = lambda event: self.hub.on_media_event(self.media, event)

    def _grew(self, facts: Sequence[Fact]) -> None:
        self.links.grew(facts)

    @property
    def node(self) -> Node:
        return self.hub.node

    async def open(self, above: Place | None = None) -> None:
        """Plant people, sites and the meeting (below the one of ``above``), and start."""
        await self._plant()
        await self.hub.start()
        self.media.return_()
        await self.hub.workers.find_rooms(0)
        self.links = Links(
            database=self.database,
            node=self.node,
            key=self.key,
            name=self.name,
            channel=self.channel,
            lease=lambda: self.hub.lease,
            clock=now,
            settings=PATIENT,
            dial=self._net.dial,
        )
        self._net.at[self.url] = self  # type: ignore[assignment]
        self.links.listen_facts(self.hub.opening.heard)
        self.hub.opening.start()
        await self.links.start()
        if above is not None:
            await self._hang_below(above)

    async def close(self) -> None:
        for seat in self.seats:
            seat.end()
        await self.links.stop()
        await self.hub.stop()
        await self.database.dispose()

    async def enter(self, actor: Actor) -> Seat:
        """Somebody comes in, a site with camera and microphone."""
        room, connection = await self.hub.enter(self.name, actor, "vi", Hello())
        seat = Seat(room, connection)
        if connection.publishes:
            await room.media.offer(connection, "v=0\r\n")
        self.seats.append(seat)
        return seat

    # -- planting ---------------------------------------------------------------------------------------------------

    async def _plant(self) -> None:
        async with self.database.transaction() as session:
            session.add(Level(id="level", rank=0, code="district", name="huyện"))
            for person_id in ("chair", "secretary"):
                session.add(Person(id=person_id, name=person_id, sort_name=person_id, email=None, phone=None))
            await session.flush()
            for order, site_id in enumerate(self.site_ids):
                session.add(_unit(site_id, order))
            await session.flush()
            for order, site_id in enumerate(self.site_ids):
                session.add(Site(id=site_id, unit_id=f"unit-{site_id}", name="Phòng họp", protocol_order=order))
            await session.flush()
            session.add(self._meeting())
            await session.flush()
            for order, site_id in enumerate(self.site_ids):
                session.add(Attendee(meeting_id=self.name, site_id=site_id, role="required" if order else "chair"))

    def _meeting(self) -> Meeting:
        host = f"unit-{self.site_ids[0]}"
        return Meeting(
            id=self.name,
            stage="sent",
            title=f"Hội nghị {self.name}",
            search_title=f"hoi nghi {self.name}",
            starts_at=now(),
            ends_at=now() + timedelta(hours=2),
            host_unit_id=host,
            issuing_unit_id=host,
            chair_person_id="chair",
            chair_site_id=self.site_ids[0],
            secretary_person_id="secretary",
            created_by="secretary",
            created_at=now(),
            sent_at=now(),
            record=False,
        )

    async def _hang_below(self, above: Place) -> None:
        edge = Edge(self.name, self.node.origin, above.name, above.node.origin)
        for one, other, role in ((self, above, "upper"), (above, self, "lower")):
            await one._knows(other, role)  # type: ignore[arg-type]
            async with one.database.transaction() as session:
                await put_edge(session, edge)
        async with self.database.transaction() as session:
            meeting = await session.get_one(Meeting, self.name)
            meeting.remote_parent_id, meeting.remote_parent_node_id = above.name, above.node.origin
        async with above.database.transaction() as session:
            session.add(_unit(self.name, 0))
            await session.flush()
            child = RemoteChild(parent_id=above.name, unit_id=f"unit-{self.name}", node_id=self.node.origin)
            child.meeting_id = self.name
            session.add(child)
            await session.flush()
            await take_told(session, child, self._told(), now())
        for one in (above, self):
            await one.links.look_at_registry()
            one.links.tree_changed()

    def _told(self) -> Told:
        """As it would have told of itself when it was asked for."""
        sites = tuple(ToldSite(site_id, "Phòng họp", site_id, "district") for site_id in self.site_ids)
        return Told("sent", self.name, now().isoformat(), now().isoformat(), sites=sites)

    async def _knows(self, other: Place, role: Role) -> None:
        pairing = Pairing(other.node.origin, other.name, other.key.public, other.url)
        async with self.database.transaction() as session:
            await add_node(session, None, self.node, pairing, role, now())


def _unit(name: str, order: int) -> Unit:
    return Unit(
        id=f"unit-{name}",
        level_id="level",
        name=name,
        kind="xã",
        search_name=name,
        organ_name="ỦY BAN NHÂN DÂN",
        notation="UBND",
        protocol_order=order,
    )
