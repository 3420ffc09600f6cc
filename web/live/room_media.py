"""A room's side of the media: offers, what its worker reports, how the lines do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from scheduler.proceedings.climbing import link_above
from scheduler.proceedings.errors import Refused
from web.live.connection import Connection
from web.live.known_line import start_bps
from web.live.media_driver import Media, View, Wanted
from web.live.program import program_of
from web.live.room_recording import RoomRecording
from web.live.spread import SHARE, Spread, share_name
from web.live.stills import STEP, Stills
from web.media.errors import MediaError, MediaRefused, MediaUnavailable
from web.media.messages import (
    ActiveSpeakerChanged,
    EncodingsWanted,
    Joined,
    LadderChanged,
    LinkChanged,
    LinkSide,
    PeerConnected,
    PeerDisconnected,
    ProducersChanged,
    RecordingChanged,
    RemoteEvent,
    RoomState,
    SlotsChanged,
    StillsWanted,
)

if TYPE_CHECKING:
    from web.live.room import Room

log = structlog.get_logger()
ORPHAN_S = 20.0
"""After a restart of this process: how long the worker keeps peers whose page has not come back."""
REPORT_S = 1.0
CLOCKS_KEPT = 4  # pings
WALL_CLOCK_MS = 1e11  # since 1970; what is less is no time of day
MOST_OFF_MS = 10**12


class RoomMedia:
    def __init__(self, room: Room) -> None:
        self._room = room
        self.peers: set[str] = set()  # that the worker has
        self.noted: tuple[str, ...] = ()  # of these it had something to remember when it was found
        self.spread = Spread(room)
        self.stills = Stills()
        self.is_changed = False  # lines, to be reported
        self.links: dict[str, LinkChanged] = {}  # of this room, as its worker has them; by "side name"
        self.link_ends: dict[str, str] = {}  # why such a link was closed the last time, until somebody asks
        self.on_link: Callable[[LinkChanged], None] = lambda event: None
        self._active_site_id: str | None = None
        self._reported_at = float("-inf")
        self._orphans: dict[str, float] = {}  # peer → when it is sent away
        self._recording = RoomRecording(room)
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def worker(self) -> Media | None:
        """Where the room is; None while it is nowhere."""
        return self._room.driver.worker

    @property
    def boot_id(self) -> str:
        worker = self.worker
        return worker.hello.boot_id if worker and worker.is_up and worker.hello else ""

    # -- what the worker should do ----------------------------------------------------------------------------------

    def wanted(self) -> Wanted:
        """Of the first worker."""
        whole, away = self.wanted_everywhere(), self.spread.at
        return replace(whole, views={peer: view for peer, view in whole.views.items() if peer not in away})

    def wanted_everywhere(self) -> Wanted:
        room = self._room
        recording = "on" if room.state.recording == "interrupted" else room.state.recording
        return Wanted(
            is_open=room.is_live,
            on_air=program_of(room.state, room.connections.values(), has_rooms_below=self.has_rooms_below),
            views=self._views(),
            recording_id=room.state.recording_id,
            recording=recording,
        )

    @property
    def has_rooms_below(self) -> bool:
        return any(link.side == "upper" and not link.link.startswith(SHARE) for link in self.links.values())

    @property
    def follows(self) -> bool:
        """Whether the program of the room above holds here; not while this room has left it, or by itself."""
        above = link_above(self._room.state)
        return above is None or above.status == "open"

    def link_state(self, side: LinkSide, name: str) -> str | None:
        """How one of this room's links does; None: there is none."""
        link = self.links.get(f"{side} {name}")
        return link.state if link is not None else None

    def take_link_end(self, side: LinkSide, name: str) -> str | None:
        """Why this link was closed since this was asked the last time; None: it was not, or was not told why."""
        return self.link_ends.pop(f"{side} {name}", None)

    def _views(self) -> dict[str, View]:
        connections = [c for c in self._room.connections.values() if c.in_media]
        peers = {c.participant.site_id: c.id for c in connections if c.publishes}
        views = {}
        for connection in connections:
            if connection.view is not None:
                pinned, max_video, paused = connection.view
                known = (peers.get(site_id, site_id if self.links else "") for site_id in pinned)
                named = tuple(name for name in known if name)
                views[connection.id] = View(named, max_video, paused)
        return views

    # -- what participants ask --------------------------------------------------------------------------------------

    async def offer(self, connection: Connection, sdp: str) -> dict[str, Any]:
        """Answer a page's offer: its one connection to the worker."""
        answer = await self.join(connection, sdp)
        if self._room.connections.get(connection.id) is not connection:  # it went while the worker answered
            self.leave_soon(connection)
        return answer

    async def join(self, connection: Connection, sdp: str) -> dict[str, Any]:
        """The same for somebody who is about to enter."""
        room = self._room
        room.presence.check_live()
        label = connection.participant.site_id or room.state.home_site_id or "hall"
        try:
            joined = await self._join(connection, label, sdp)
        except MediaError as error:
            raise _refused(error) from error
        self.peers.add(connection.id)
        connection.line.step = "full"
        self._orphans.pop(connection.id, None)
        room.driver.forget_view(connection.id)
        connection.in_media = True
        room.driver.trigger()
        return {"sdp": joined.answer, "slots": [{"mid": slot.mid, "kind": slot.kind} for slot in joined.slots]}

    async def _join(self, connection: Connection, label: str, sdp: str) -> Joined:
        """On the first worker; when that is full, on another one."""
        start = await start_bps(self._room, connection)
        room, worker = self._room, self._there()
        if connection.id in self.spread.at:
            return await self.spread.join(connection, label, sdp, start)
        await worker.open_room(room.meeting_id)
        try:
            joined = await worker.join(
                room.meeting_id, connection.id, label, sdp, connection.may_send, start, connection.note
            )
        except MediaRefused as refused:
            if refused.code != "full":
                raise
            return await self.spread.join(connection, label, sdp, start)
        if self.worker is not worker:
            raise Refused("no_media", detail=f"{worker.name} went away")
        return joined

    async def restart_ice(self, connection: Connection, sdp: str) -> dict[str, Any]:
        try:
            return {"sdp": await self._at(connection.id).restart_ice(connection.id, sdp, connection.note)}
        except MediaError as error:
            raise _refused(error) from error

    def _at(self, peer: str) -> Media:
        return self.spread.at.get(peer) or self._there()

    def is_on(self, worker: Media) -> bool:
        """Whether this worker has the room, or part of it."""
        return self.worker is worker or self.spread.has(worker)

    def _there(self) -> Media:
        if self.worker is None:
            raise MediaUnavailable("the room is on no media worker")
        return self.worker

    def view(self, connection: Connection, pinned: tuple[str, ...], max_video: int, paused: bool) -> None:
        connection.view = (pinned, max_video, paused)
        self._room.driver.trigger()

    def report(self, connection: Connection, loss: float, rtt_ms: int, frozen_ms: int = 0) -> None:
        """A page says how its line does."""
        connection.line.loss, connection.line.rtt_ms = round(loss, 3), rtt_ms
        connection.line.frozen_ms += frozen_ms
        self._room.has.said.reports += 1
        self._room.has.said.frozen_ms += frozen_ms
        self.is_changed = True

    def clock(self, connection: Connection, said_ms: float, now: datetime) -> None:
        """A page says what its clock shows; one that counts from its own start (a foreign client's) says nothing."""
        if said_ms >= WALL_CLOCK_MS:
            off_ms = max(-MOST_OFF_MS, min(MOST_OFF_MS, said_ms - now.timestamp() * 1000))
            connection.line.clock_ms = (*connection.line.clock_ms[1 - CLOCKS_KEPT :], round(off_ms))

    def still(self, connection: Connection, jpeg: str) -> None:
        """A page posts a still of its camera."""
        self.stills.post(connection, jpeg, self._room.connections.values(), self._room.has.monotonic())

    async def tell_again(self, connection: Connection) -> None:
        """A page that comes back with its media kept may have missed what its slots show by now."""
        try:
            await self._at(connection.id).tell_again(connection.id)
        except MediaError as error:
            log.info("a peer was gone already", peer=connection.id, error=str(error))

    async def leave(self, connection: Connection) -> None:
        """Its media peer goes with it."""
        self.stills.forget(connection.id)
        if connection.id in self.peers:
            connection.in_media = False
            await self._send_away(connection.id)

    async def _send_away(self, peer: str) -> None:
        self.peers.discard(peer)
        try:
            worker = self._at(peer)
            self.spread.at.pop(peer, None)
            await worker.leave(peer)
        except MediaError as error:
            log.info("a peer was gone already", peer=peer, error=str(error))

    def leave_soon(self, connection: Connection) -> None:
        task = asyncio.create_task(self.leave(connection))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def note_of(self, peer: str) -> str:
        """What was noted of a peer by the process before this one."""
        return await self._at(peer).note(peer)

    # -- what the worker reports ------------------------------------------------------------------------------------

    async def handle(self, event: RemoteEvent, worker: str = "") -> None:
        """``worker``: the name of the one that says it."""
        room = self._room
        if isinstance(event, RecordingChanged):
            await self._recording.receive(event)
        elif isinstance(event, LinkChanged):
            self._link_changed(event)
        elif isinstance(event, ActiveSpeakerChanged):
            speaker = room.connections.get(event.peer) if event.peer else None
            self._active_site_id = speaker.participant.site_id if speaker else None
            self.is_changed = True
        elif isinstance(event, StillsWanted):
            self._stills_wanted(event, worker)
        elif not hasattr(event, "peer") or event.peer not in room.connections:
            return
        else:
            self._handle_peer(event, room.connections[event.peer])

    def _handle_peer(self, event: RemoteEvent, connection: Connection) -> None:
        if isinstance(event, SlotsChanged):
            slots = [
                {
                    "mid": s.mid,
                    "site_id": s.label if s.peer else None,
                    "source": s.source,
                    "paused": s.paused,
                    "late_ms": s.late_ms,
                }
                for s in event.slots
            ]
            names = self._room.has.names_of(self._room, [s.label for s in event.slots if s.peer and s.label])
            if names is not None:
                connection.outgoing.send(names)
            connection.outgoing.send({"type": "slots", "slots": slots})
        elif isinstance(event, EncodingsWanted):
            connection.outgoing.send({"type": "encodings", "active": list(event.active)})
        elif isinstance(event, LadderChanged):
            connection.line.step = event.step
            connection.outgoing.send({"type": "ladder", "step": event.step})
            if event.step == STEP:
                self.stills.arrive(connection)
        elif isinstance(event, ProducersChanged):
            line = connection.line
            line.audio, line.video, line.presentation = event.audio, event.video, event.presentation
            self.is_changed = True
            self._room.driver.trigger()
        elif isinstance(event, PeerConnected):
            self.peers.add(connection.id)
            connection.in_media = True  # again, when it had been silent for too long
            self._room.driver.trigger()
        elif isinstance(event, PeerDisconnected):
            self.peers.discard(connection.id)
            connection.in_media = False
            line = connection.line
            line.audio = line.video = line.presentation = False
            line.step = "full"
            self.stills.forget(connection.id)
            self.is_changed = True
            self._room.driver.trigger()
        if isinstance(event, PeerConnected | PeerDisconnected) and connection.on_peer is not None:
            connection.on_peer(event)

    def _stills_wanted(self, event: StillsWanted, worker: str) -> None:
        """Of somebody here, on whichever worker he is, or of a site in another room of the tree."""
        connection = self._room.connections.get(event.peer)
        if connection is not None:
            self.stills.ask(connection, event.wanted, worker)
        elif event.label:
            self._room.has.stills_elsewhere(self._room, event.label, worker, event.wanted)

    def _link_changed(self, event: LinkChanged) -> None:
        key = f"{event.side} {event.link}"
        if event.state == "closed":
            self.links.pop(key, None)
            if event.side == "lower" and event.cause:
                self.link_ends[key] = event.cause
        else:
            self.links[key] = event
        how = {"side": event.side, "state": event.state, "cause": event.cause}
        log.info("a link of a room", room=event.room, link=event.link, **how)
        self.on_link(event)
        self._room.driver.trigger()

    async def close(self) -> None:
        """The room is not held any more."""
        if self.worker is not None:
            await self.worker.close_room(self._room.meeting_id)
        await self.spread.close()

    # -- the worker goes and comes ----------------------------------------------------------------------------------

    def lost(self) -> None:
        """The worker is away."""
        if self.worker is not None:
            self.stills.worker_lost(self.worker.name, self._room.connections)
        self._recording.worker_lost()
        self.links = {key: link for key, link in self.links.items() if link.side == "lower" and _is_share(link)}
        self._room.driver.abandon()

    async def placed(self, worker: Media, has: RoomState | None) -> None:
        """This worker has the room now: go on with what it has of it, and have the rest made anew."""
        room = self._room
        here = await self.spread.absorb(worker) if self.spread.has(worker) else []
        self.links.pop(f"lower {share_name(worker)}", None)
        self.peers = {*(has.peers if has else ()), *here, *self.spread.at}
        self._note_links(has)
        self.noted = has.noted if has is not None else ()
        await self._recording.worker_placed(has)
        now = room.has.monotonic()
        self._orphans = {peer: now + ORPHAN_S for peer in self.peers if peer not in room.connections}
        room.driver.adopt(worker, has)
        for connection in room.connections.values():
            connection.in_media = connection.id in self.peers
        self._send_for(one.id for one in room.connections.values() if not one.in_media)

    async def lost_part(self, worker: Media) -> None:
        """A further worker is away: whoever was there comes again."""
        gone = await self.spread.lost(worker)
        self.stills.worker_lost(worker.name, self._room.connections)
        self.links.pop(f"lower {share_name(worker)}", None)
        self.peers.difference_update(gone)
        self._send_for(peer for peer in gone if peer in self._room.connections)

    async def found_part(self, worker: Media, has: RoomState) -> None:
        """After a restart of this process: this worker has part of the room."""
        await self.spread.grow(worker, has)
        self.peers.update(has.peers)
        self.noted += has.noted
        self._note_links(has)
        now = self._room.has.monotonic()
        self._orphans.update({peer: now + ORPHAN_S for peer in has.peers if peer not in self._room.connections})

    def _note_links(self, has: RoomState | None) -> None:
        for link in has.links if has is not None else ():
            self.links[f"{link['side']} {link['link']}"] = _link_of(self._room, link)

    def _send_for(self, peers: Iterable[str]) -> None:
        """These pages have no media connection any more: they make another one."""
        for peer in peers:
            connection = self._room.connections[peer]
            connection.in_media = False
            if connection.is_open and self._room.is_live:
                connection.outgoing.send({"type": "media", "boot_id": self.boot_id})

    # -- time -------------------------------------------------------------------------------------------------------

    async def tick(self, now: float) -> None:
        await self._recording.tick(now)
        for peer in [peer for peer, until in self._orphans.items() if now >= until]:
            del self._orphans[peer]
            if peer not in self._room.connections:
                await self._send_away(peer)
        if self.is_changed and now - self._reported_at >= REPORT_S:
            self.is_changed = False
            self._reported_at = now
            self._room.tell(self.connections_message())

    def connections_message(self) -> dict[str, Any]:
        """How every site's line does."""
        sites = {}
        for connection in self._room.connections.values():
            site_id, line = connection.participant.site_id, connection.line
            if connection.publishes and connection.is_open and site_id:
                sites[site_id] = {
                    "audio": line.audio,
                    "video": line.video,
                    "presentation": line.presentation,
                    "loss": line.loss,
                    "rtt_ms": line.rtt_ms,
                    "quality": line.quality,
                }
        return {"type": "connections", "sites": sites, "active_site_id": self._active_site_id}


def _is_share(link: LinkChanged) -> bool:
    return link.link.startswith(SHARE)


def _link_of(room: Room, link: dict[str, Any]) -> LinkChanged:
    return LinkChanged(room.meeting_id, link["link"], link["side"], link["state"], None, ())


def _refused(error: MediaError) -> Refused:
    if isinstance(error, MediaRefused) and error.code in ("bad_offer", "no_codec", "full"):
        return Refused(error.code, detail=error.message)
    if isinstance(error, MediaRefused) and error.code == "bad_request":
        return Refused("bad_offer", detail=error.message)
    return Refused("no_media", detail=str(error))
