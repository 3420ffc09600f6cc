"""MediaNode: listener, plane, transports and rooms of one worker, put together. The only place that knows the clock."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import itertools
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from sfu.admission import Admission
from sfu.answer import LocalTransport, write_answer
from sfu.bandwidth import first_bitrate
from sfu.errors import UnknownPeer, UnknownRoom
from sfu.events import PeerConnected, PeerDisconnected, Reason, RoomEvent
from sfu.negotiation import Negotiated, SlotKind, extensions_of, negotiate, renegotiate_ice
from sfu.overload import Overload, Shed
from sfu.peer import PeerSpec, Sink, View
from sfu.plane.native.loop import LoopPlane
from sfu.plane.plane import (
    Address,
    AddressMoved,
    AudioLevels,
    ExtensionIds,
    FeedbackReceived,
    KeyframeNeeded,
    Plane,
    PlaneEvent,
    RouteTaken,
    UnknownStream,
)
from sfu.program import Program
from sfu.room import Room
from sfu.sdp import parse
from sfu.settings import MediaSettings
from sfu.transport.captures import Captures
from sfu.transport.carried import CarriedListener
from sfu.transport.certificate import new_certificate
from sfu.transport.direct import direct_peer
from sfu.transport.dtls import DtlsTransport, make_context
from sfu.transport.ice import IceAgent
from sfu.transport.legs import Legs
from sfu.transport.listener import Listener, kind_of
from sfu.transport.udp import Batch
from sfu.transport.webrtc import Change, WebRtcTransport
from sfu.transport.whereabouts import Whereabouts

SLOW_TICK_S = 0.25
MIN_TICK_S = 0.002
REASONS: dict[Change, Reason] = {"failed": "dtls", "closed": "left", "vanished": "consent"}


class MediaNode:
    """Everything of one worker but its control connection. Events go to ``on_event`` as they happen."""

    def __init__(self, settings: MediaSettings, plane: Plane, on_event: Callable[[RoomEvent], None]) -> None:
        self.settings = settings
        self.plane = plane
        self.admission = Admission(settings.limits)
        self.overload = Overload(settings.overload)
        self.rooms: dict[str, Room] = {}
        self.transports: dict[int, WebRtcTransport] = {}
        self.listener: Listener | CarriedListener
        if isinstance(plane, LoopPlane):
            self.listener = CarriedListener(settings, plane, self._receive, self._connection_lost)
        else:
            self.listener = Listener(settings, self._receive, self._connection_lost)
        limit = settings.limits.unauthenticated_per_second
        self.whereabouts = Whereabouts(self.transports, self.listener, plane, limit)
        self.legs = Legs(self)
        self.boot = secrets.token_hex(8)
        self._on_event = on_event
        self.captures = Captures(self.listener, plane, self.whereabouts, on_event)
        self._handles = itertools.count(1)
        self._by_peer: dict[str, WebRtcTransport] = {}
        certificate = new_certificate(datetime.datetime.now(datetime.UTC))
        self.fingerprint = certificate.fingerprint
        self._context = make_context(certificate, settings.srtp_profiles)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._slow_at = 0.0

    # -- life -------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the ports and start the clock."""
        await self.listener.open()
        self._arm(time.monotonic())

    async def close(self) -> None:
        """Say good-bye to everybody and close the ports."""
        for name in list(self.rooms):
            self.close_room(name)
        if self._timer is not None:
            self._timer.cancel()
        await self.listener.close()

    # -- commands ---------------------------------------------------------------------------------------------------

    def open_room(self, name: str) -> None:
        if name not in self.rooms:
            self.admission.check_room(len(self.rooms))
            place = f"{self.boot}/{hashlib.sha256(name.encode()).hexdigest()[:16]}"
            self.rooms[name] = Room(name, self.plane, self.new_handle, place)
            self.rooms[name].set_shed(self.overload.step, time.monotonic())

    def close_room(self, name: str) -> None:
        room = self.room(name)
        for link in [link for of_room, link in self.legs.links() if of_room == name]:
            self.legs.close(link.name, link.side)
        for transport in [t for t in self.transports.values() if t.room == name]:
            self._remove(transport, "removed")
        for peer in list(room.peers):
            room.leave(peer, time.monotonic())
        self._drain(time.monotonic())
        del self.rooms[name]

    def join(
        self,
        room_name: str,
        peer: str,
        label: str,
        offer: str,
        may_send: Collection[str],
        start_bps: int | None = None,
        note: str = "",
    ) -> tuple[str, list[tuple[str, SlotKind]]]:
        """Answer a peer's offer. A peer that joins again replaces its earlier connection.

        ``start_bps``: what its line carries, as far as anybody knows; ``note``: what its driver wants to find again."""
        now = time.monotonic()
        room = self.room(room_name)
        here = sum(peer.role != "far" for peer in room.peers.values())
        self.admission.check_join(here, len(self.transports), is_known=peer in self._by_peer)
        plan = negotiate(parse(offer), may_send, self.settings.video_codec, self.new_ssrc)
        if peer in self._by_peer:
            self._remove(self._by_peer[peer], None)
        transport = self._new_transport(room_name, peer, plan, now)
        transport.note = note
        tells = self.settings.estimates_lines and any(slot.extensions.transport_cc for slot in plan.slots)
        first_bps = first_bitrate(start_bps) if tells else None
        spec = PeerSpec(peer, label, transport.number, tuple(plan.sends), tuple(plan.slots), first_bps=first_bps)
        room.join(spec, now)
        self._drain(now)
        return self._answer(transport), [(slot.mid, slot.kind) for slot in plan.slots]

    def restart_ice(self, peer: str, offer: str, note: str | None = None) -> str:
        """New ICE credentials for the same DTLS connection and SSRCs."""
        transport = self._transport_of(peer)
        renegotiate_ice(transport.plan, parse(offer))
        transport.note = transport.note if note is None else note
        self.whereabouts.restart(transport)
        transport.version += 1
        return self._answer(transport)

    def note_of(self, peer: str) -> str:
        """What its driver wrote down for itself; empty: nothing."""
        return self._transport_of(peer).note

    def leave(self, peer: str) -> None:
        self._remove(self._transport_of(peer), "removed")
        self._drain(time.monotonic())

    def set_program(self, room: str, program: Program, audible: Iterable[str]) -> None:
        now = time.monotonic()
        self.room(room).set_program(program, audible, now)
        self._drain(now)

    def set_view(self, peer: str, view: View) -> None:
        now = time.monotonic()
        self.room(self._transport_of(peer).room).set_view(peer, view, now)
        self._drain(now)

    def tell_again(self, peer: str) -> None:
        self.room(self._transport_of(peer).room).tell_again(peer)
        self._drain(time.monotonic())

    def request_keyframe(self, room: str, peer: str) -> None:
        now = time.monotonic()
        self.room(room).request_keyframe(peer, now)
        self._drain(now)

    def refresh(self, room: str, viewer: str) -> None:
        now = time.monotonic()
        self.room(room).refresh(viewer, now)
        self._drain(now)

    def add_virtual_peer(self, room: str, name: str, kinds: list[SlotKind], sink: Sink) -> None:
        """A peer inside this process: its slots deliver to ``sink``."""
        now = time.monotonic()
        self.room(room).join(direct_peer(name, kinds, self.settings.video_codec, self.new_ssrc, sink), now)
        self._drain(now)

    def remove_virtual_peer(self, room: str, name: str) -> None:
        now = time.monotonic()
        self.room(room).leave(name, now)
        self._drain(now)

    def suspend(self, room: str, name: str, suspended: bool) -> None:
        now = time.monotonic()
        self.room(room).suspend(name, suspended, now)
        self._drain(now)

    def start_capture(self, peer: str, path: Path, *, whole: bool, seconds: float, most_bytes: int) -> None:
        """Copy the peer's packets to a pcap file; ``CaptureEnded`` tells of its end."""
        transport = self._transport_of(peer)
        self.captures.start(transport, path, whole=whole, seconds=seconds, most_bytes=most_bytes)

    def stop_capture(self, peer: str) -> None:
        self.captures.stop(self._transport_of(peer), "stopped")

    def measure(self, level: float, now: float) -> bool:
        """How busy the packet thread was; True when more or less is given up from now on."""
        if not self.overload.receive(level, now):
            return False
        self.admission.is_busy = self.overload.step > Shed.NOTHING
        self.admission.is_overloaded = self.overload.step >= Shed.JOINS
        for room in self.rooms.values():
            room.set_shed(self.overload.step, now)
        self._drain(now)
        return True

    def drain_now(self) -> None:
        """After a change from outside."""
        self._drain(time.monotonic())

    # -- look-ups ---------------------------------------------------------------------------------------------------

    def room(self, name: str) -> Room:
        try:
            return self.rooms[name]
        except KeyError:
            raise UnknownRoom(f"no room {name}") from None

    def _transport_of(self, peer: str) -> WebRtcTransport:
        try:
            return self._by_peer[peer]
        except KeyError:
            raise UnknownPeer(f"no peer {peer}") from None

    def new_handle(self) -> int:
        return next(self._handles)

    def new_ssrc(self) -> int:
        return secrets.randbelow(0xFFFFFFFE) + 1

    # -- building and removing --------------------------------------------------------------------------------------

    def _new_transport(self, room: str, peer: str, plan: Negotiated, now: float) -> WebRtcTransport:
        agent = self.whereabouts.new_agent(plan.remote_ufrag)
        return self.add_transport(room, peer, agent, plan, extensions_of(plan), now)

    def add_transport(
        self, room: str, peer: str, agent: IceAgent, plan: Negotiated, ids: ExtensionIds, now: float
    ) -> WebRtcTransport:
        """A connection of somebody in this room, to be made; a link's among them."""
        number = self.new_handle()
        dtls = DtlsTransport(self._context, plan.fingerprints, "client" if plan.is_active else "server")
        transport = WebRtcTransport(number, room, peer, agent, dtls, plan, secrets.randbits(62), now)
        self.transports[number] = transport
        self._by_peer[peer] = transport
        self.whereabouts.add(transport)
        self.plane.add_transport(number)
        self.plane.set_receive_extensions(number, ids)
        return transport

    def _answer(self, transport: WebRtcTransport) -> str:
        agent = transport.agent
        local = LocalTransport(
            agent.ufrag,
            agent.pwd,
            self.fingerprint,
            self.listener.addresses,
            transport.session_id,
            transport.version,
        )
        return write_answer(transport.plan, local)

    def remove(self, transport: WebRtcTransport) -> None:
        """Forget a link's connection; its room has said what there was to say."""
        self._remove(transport, None)

    def _remove(self, transport: WebRtcTransport, reason: Reason | None) -> None:
        """Forget a peer and its connection; ``reason`` None: nobody needs to be told."""
        now = time.monotonic()
        self.room(transport.room).leave(transport.peer, now)
        self._drain(now)  # BYE goes out while there are keys and an address
        transport.dtls.close()
        self.send_dtls(transport)
        self.captures.stop(transport, "left")
        self.plane.remove_transport(transport.number)
        del self.transports[transport.number]
        self._by_peer.pop(transport.peer, None)
        self.whereabouts.remove(transport)
        if reason is not None:
            self._on_event(PeerDisconnected(transport.room, transport.peer, reason))

    # -- packets ----------------------------------------------------------------------------------------------------

    def _receive(self, batch: Batch) -> None:
        now = time.monotonic()
        media: Batch = []
        self.captures.saw_received(batch)
        for item in batch:
            kind = kind_of(item[0])
            if kind == "media":
                media.append((item[0], self.whereabouts.chosen_for(item[1]), item[2]))
            elif kind == "stun":
                self._receive_stun(item[0], item[1], now)
            elif kind == "dtls":
                self._receive_dtls(item[0], item[1], now)
        if media:
            self.plane.receive(media, now)
        self._drain(now)

    def _receive_stun(self, data: bytes, source: Address, now: float) -> None:
        dialled = self.legs.receive_stun(data, source, now)
        transport = dialled or self.whereabouts.receive_stun(data, source, now)
        if transport is None:
            return
        if transport.agent.address is not None and transport.begins(now):
            self.send_dtls(transport)
        if transport.agent.path_changed:
            transport.agent.path_changed = False
            self.room(transport.room).change_path(transport.number, now)

    def _receive_dtls(self, data: bytes, source: Address, now: float) -> None:
        transport = self.whereabouts.owner_of(source)
        if transport is None:
            return
        change = transport.receive_dtls(data, now)
        if change == "connected" and transport.dtls.keys is not None:
            self.plane.set_keys(transport.number, transport.dtls.keys)
        self.send_dtls(transport)
        self.legs.receive_messages(transport, now)
        self._apply(transport, change)

    def send_dtls(self, transport: WebRtcTransport) -> None:
        for datagram in transport.dtls.datagrams_to_send():
            if transport.agent.address is not None:
                self.listener.send(datagram, transport.agent.address)

    def _connection_lost(self, address: Address) -> None:
        self.whereabouts.connection_lost(address)
        self.legs.tcp_lost(address, time.monotonic())

    def _apply(self, transport: WebRtcTransport, change: Change | None) -> None:
        if change is not None and transport.peer in self.legs:
            self.legs.apply(transport, change, time.monotonic())
            return
        if change == "returned":
            self.suspend(transport.room, transport.peer, False)
        if change in ("connected", "returned"):
            self._on_event(PeerConnected(transport.room, transport.peer))
        elif change == "vanished":
            self.suspend(transport.room, transport.peer, True)  # RFC 7675 5.1: no consent, no media
            self._on_event(PeerDisconnected(transport.room, transport.peer, "consent"))
        elif change == "expired":
            self._remove(transport, None)
        elif change is not None:
            self._remove(transport, REASONS[change])

    # -- the plane's reports ----------------------------------------------------------------------------------------

    def _drain(self, now: float) -> None:
        """After every mutation: events up, packets out, timer set."""
        while events := self.plane.events():
            for event in events:
                self._handle(event, now)
        for data, address in self.plane.packets_to_send():
            self.listener.send(data, address)
        self.legs.talk(now)
        for room in self.rooms.values():
            for told in room.events():
                self._on_event(told)
        self._arm(now)

    def _handle(self, event: PlaneEvent, now: float) -> None:
        if isinstance(event, UnknownStream):
            transport = self.transports.get(event.transport)
            if transport is not None:
                self.rooms[transport.room].receive_unknown_stream(event, now)
        elif isinstance(event, FeedbackReceived):
            transport = self.transports.get(event.transport)
            if transport is not None:
                self.rooms[transport.room].receive_feedback(event.transport, event.packets, event.at)
        elif isinstance(event, KeyframeNeeded):
            for room in self.rooms.values():
                room.receive_keyframe_needed(event.encoding, now)
        elif isinstance(event, RouteTaken):
            for room in self.rooms.values():
                room.receive_route_taken(event)
        elif isinstance(event, AudioLevels):
            for room in self.rooms.values():
                room.receive_levels(event.levels, now)
        elif isinstance(event, AddressMoved):
            self.whereabouts.follow(event, now)

    # -- time -------------------------------------------------------------------------------------------------------

    def _arm(self, now: float) -> None:
        due = [self._slow_at or now + SLOW_TICK_S]
        plane_due = self.plane.next_timeout()
        if plane_due is not None:
            due.append(plane_due)
        due += [at for room in self.rooms.values() if (at := room.next_timeout()) is not None]
        if (legs_due := self.legs.next_timeout()) is not None:
            due.append(legs_due)
        when = max(min(due), now + MIN_TICK_S)
        if self._timer is not None:
            if abs(self._timer_at - when) < MIN_TICK_S / 2:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = asyncio.get_running_loop().call_later(when - now, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = time.monotonic()
        self.plane.handle_timeout(now)
        for room in self.rooms.values():
            room.handle_timeout(now)
        self.legs.tick(now)
        if now >= self._slow_at:
            self._slow_at = now + SLOW_TICK_S
            self._slow_tick(now)
        self._drain(now)

    def _slow_tick(self, now: float) -> None:
        self.listener.handle_timeout()
        self.captures.handle_timeout(now)
        for transport in list(self.transports.values()):
            change = transport.handle_timeout(now, self.settings.timeouts)
            self.send_dtls(transport)
            self._apply(transport, change)
