"""A Room: peers, the program, and the decision who is seen and heard in which slot of whom. Sans-IO.

Takes joins, the program, views and what the plane reports; gives commands to the plane (routes, pauses, keyframe
requests) and events to its driver. Who is shown to whom is decided in stage.py and placing.py, how large in sharing.py;
telling.py says what changed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence

from sfu import sharing
from sfu.congestion.estimator import Packet
from sfu.consumer import Consumer, consumer_settings
from sfu.errors import UnknownPeer
from sfu.events import RoomEvent
from sfu.known_lines import KnownLines
from sfu.link import Link, link_key
from sfu.linking.lanes import LANES, Streams, send_line
from sfu.linking.linked import Linked, OnAir
from sfu.linking.placing import place_link
from sfu.negotiation import CodecName
from sfu.overload import Shed
from sfu.peer import Peer, PeerSpec, View
from sfu.placing import place_viewer
from sfu.plane.plane import Plane, RouteTaken, UnknownStream
from sfu.prices import Prices
from sfu.producer import Encoding, Producer
from sfu.program import Program
from sfu.slot import Slot
from sfu.stage import Stage
from sfu.telling import Telling

POLL_S, WATCH_S = 0.5, 0.2
PLI_SENDER_SSRC = 1


class Room:
    """One room on one plane. ``new_handle`` gives numbers unique in the worker."""

    def __init__(self, name: str, plane: Plane, new_handle: Callable[[], int], place: str | None = None) -> None:
        self.name = name
        self.stage = Stage()
        self.linked = Linked(place or name, self.stage)
        self._plane = plane
        self._new_handle = new_handle
        self._by_transport: dict[int, Peer] = {}
        self._encodings: dict[int, tuple[Producer, Encoding]] = {}
        self._consumers: dict[int, Slot] = {}
        self._telling = Telling(name, self.stage)
        self._lines = KnownLines()
        self._poll_at: float | None = None  # with ``_watch_at``: None until somebody is here
        self._watch_at: float | None = None
        self._placed: object = None  # what the places of all viewers were last decided by

    @property
    def peers(self) -> dict[str, Peer]:
        return self.stage.peers

    # -- commands ---------------------------------------------------------------------------------------------------

    def join(self, spec: PeerSpec, now: float) -> None:
        """Take a peer in; its transport is known to the plane already."""
        peer = Peer(spec, bandwidth=self._lines.begin(spec, now))
        sharing.set_pace(peer, self._plane)
        for send in spec.sends:
            producer = Producer(self._new_handle(), spec.peer, spec.label, spec.transport, send, missing=send.paused)
            peer.producers[send.source] = self.stage.producers[producer.number] = producer
            for ssrc, rtx_ssrc in send.declared:
                self._add_encoding(producer, "", ssrc, rtx_ssrc)
        camera = peer.producers.get("camera")
        peer.told_encodings = camera.rids if camera else ()
        self._admit(peer, now)
        if self._is_named(peer):
            self._update(now)
        else:
            self._update(now, peer)  # whoever comes has sent nothing yet

    def _admit(self, peer: Peer, now: float) -> None:
        spec = peer.spec
        self.linked.give_up(spec.peer)
        for line in spec.slots:
            handle = self._new_handle()
            self._plane.add_consumer(handle, consumer_settings(line, spec.transport, "giaoban", spec.sink))
            slot = Slot(line, Consumer(handle))
            peer.slots.append(slot)
            self._consumers[handle] = slot
        self.peers[spec.peer] = peer
        self.stage.labels = None
        if not peer.is_virtual:
            self._by_transport[spec.transport] = peer
        if self._poll_at is None:
            self._poll_at, self._watch_at = now + POLL_S, now + WATCH_S

    def _is_named(self, peer: Peer) -> bool:
        """Somebody who is on air by his site comes in; or a name of ours that a far peer had."""
        return bool(self.linked.links) and {peer.name, peer.spec.label} & self.linked.on_air().names() != set()

    def leave(self, name: str, now: float) -> None:
        """Forget a peer; its viewers get BYE from the plane."""
        peer = self._peer(name)
        self._lines.end(peer.spec, peer.bandwidth, now)
        if (link := self.linked.links.pop(link_key(name), None)) is not None:
            self._unlink(link, now)
        del self.peers[name]
        self.stage.labels = None
        self._by_transport.pop(peer.spec.transport, None)
        for producer in peer.producers.values():
            del self.stage.producers[producer.number]
            for other in self.peers.values():
                for slot in other.slots:
                    if slot.producer is producer:
                        slot.producer = None
                        self._route(slot, None)
            for encoding in list(producer.encodings.values()):
                self._remove_encoding(producer, encoding)
        for slot in peer.slots:
            self._plane.remove_consumer(slot.consumer.handle)
            del self._consumers[slot.consumer.handle]
        forgotten = self.stage.speaker.forget(name)
        if forgotten:
            self._telling.tell_speaker()
        if forgotten or peer.producers or link is not None:
            self._update(now)

    def set_program(self, program: Program, audible: Iterable[str], now: float) -> None:
        """What is on air, and whose microphone is open; while a room above rules, it is what holds after that."""
        self.linked.own = OnAir(program, tuple(audible))
        self._update(now)

    def _put_on_air(self) -> None:
        """See that the program which holds now, ours or that of the room above, is the one that is on air."""
        program, audible = self.linked.resolved()
        self.stage.program = program
        if audible == self.stage.audible:
            return
        self.stage.audible = audible
        for name, peer in self.peers.items():
            microphone = peer.producers.get("microphone")
            if microphone is not None and peer.role == "viewer":
                for encoding in microphone.encodings.values():
                    self._set_paused(encoding, name not in audible)
            if name not in audible and self.stage.speaker.forget(name):
                self._telling.tell_speaker()

    def set_view(self, name: str, view: View, now: float) -> None:
        """What this viewer asks for."""
        peer = self._peer(name)
        peer.view = view
        self._update(now, peer)

    def suspend(self, name: str, suspended: bool, now: float) -> None:
        """Stop or resume everything towards a peer."""
        peer = self._peer(name)
        peer.suspended = suspended
        self._update(now, peer)

    def set_shed(self, shed: Shed, now: float) -> None:
        """What the worker gives up: pictures, the least important first."""
        if shed != self.stage.shed:
            self.stage.shed = shed
            self._update(now)

    def request_keyframe(self, name: str, now: float) -> None:
        """Ask this peer's picture sources for a keyframe."""
        for source, producer in self._peer(name).producers.items():
            if source != "microphone" and producer.encodings:
                self._ask_keyframe(producer, next(iter(producer.encodings.values())).ssrc, now)

    def tell_again(self, name: str) -> None:
        """What this viewer was told, once more."""
        if (peer := self._peer(name)).role == "viewer":
            self._telling.tell_again(peer)

    def refresh(self, name: str, now: float) -> None:
        """Ask for a keyframe of every picture this viewer is shown."""
        for slot in self._peer(name).slots:
            if slot.producer is not None and slot.line.kind != "audio" and slot.consumer.encoding in self._encodings:
                self._ask_keyframe(slot.producer, self._encodings[slot.consumer.encoding][1].ssrc, now)

    # -- links ------------------------------------------------------------------------------------------------------

    def add_link(self, link: Link, streams: Streams, codec: CodecName, now: float) -> None:
        """Take another room in; ``streams``: what it sends in. Its transport is known to the plane already."""
        self._admit(link.peer, now)
        slots = {slot.line.mid: slot for slot in link.peer.slots}
        for name, lane in LANES.items():
            link.slots[name] = tuple(slots[f"{name}.{layer}"] for layer in range(lane.layers))
            for layer, slot in enumerate(link.slots[name]):
                slot.only = layer
            producer = Producer(self._new_handle(), "", "", link.transport, send_line(lane, codec))
            for rid, stream in zip(producer.rids, streams[name], strict=True):
                self._add_encoding(producer, rid, *stream)
            link.producers[name] = producer
        self.linked.links[link.key] = link
        self._telling.tell_link(link, self.linked.path)
        self._update(now)

    def _unlink(self, link: Link, now: float) -> None:
        self.linked.unbind(link, now)
        for producer in link.producers.values():
            for encoding in list(producer.encodings.values()):
                self._remove_encoding(producer, encoding)

    def receive_from_link(self, link: Link, data: bytes, now: float) -> None:
        """What the other room says."""
        before = (link.state, link.heard.path)
        if link.receive(data, now):
            self._update(now)
        if (link.state, link.heard.path) != before:
            self._telling.tell_link(link, self.linked.path)
        for producer in link.keyframes_asked(now):
            if encoding := next(iter(producer.encodings.values()), None):
                self._ask_keyframe(producer, encoding.ssrc, now)

    def end_link(self, link: Link, cause: str, now: float) -> None:
        """For good, and the other side is told why; ``leave`` then takes it out."""
        if link.close(cause):
            self._update(now)
            self._telling.tell_link(link, self.linked.path)
        link.part(link.cause or cause, now)

    def follow(self, link: Link, follows: bool, now: float) -> None:
        """Whether the room above rules while it is there."""
        if link.follows != follows:
            link.follows = follows
            self._update(now)

    def limit(self, link: Link, labels: frozenset[str] | None, now: float) -> None:
        """Whose pictures and voices may come over it, from now on."""
        if link.labels != labels:
            link.labels = labels
            self._update(now)

    # -- what the plane reports -------------------------------------------------------------------------------------

    def receive_unknown_stream(self, event: UnknownStream, now: float) -> None:
        """A new SSRC of one of our peers: an encoding, or its repair stream."""
        peer = self._by_transport.get(event.transport)
        rid = event.rid or event.repaired_rid
        producer = peer.producer_for(event.mid, event.payload_type, rid) if peer else None
        if peer is None or producer is None or (producer.line.rids and rid is None):
            return
        key = rid if producer.line.rids and rid is not None else ""
        if key not in producer.rids:
            return
        if event.repaired_rid is not None or event.payload_type == producer.line.codec.rtx_payload_type:
            self._add_repair(producer, key, event.ssrc)
        elif event.payload_type in producer.line.codec.media_payload_types:
            old = producer.encodings.get(key)
            if old is not None:
                if not producer.may_change(now):
                    return
                self._remove_encoding(producer, old)
            encoding = self._add_encoding(producer, key, event.ssrc, producer.repair.get(key))
            encoding.seen_at = now
            peer.layer_used_at.setdefault(key, now)
            self._update(now)

    def receive_levels(self, levels: dict[int, int], now: float) -> None:
        """Loudness by encoding; those who may not be heard do not count."""
        by_peer = {
            self._encodings[handle][0].peer: level for handle, level in levels.items() if handle in self._encodings
        }
        heard = {peer: level for peer, level in by_peer.items() if peer in self.stage.audible}
        if self.stage.speaker.receive_levels(heard, now):
            self._telling.tell_speaker()
            self._update(now)

    def receive_feedback(self, transport: int, packets: Sequence[Packet], now: float) -> None:
        """What became of packets to one viewer; a line that got much worse is not waited for."""
        peer = self._by_transport.get(transport)
        if peer is not None and peer.bandwidth.receive_feedback(packets, now):
            self._share_now(peer, now)

    def change_path(self, transport: int, now: float) -> None:
        """An ICE restart has brought this peer to another address."""
        peer = self._by_transport.get(transport)
        if peer is not None:
            peer.bandwidth.change_path(now)
            self._share(peer, Prices(now), now)

    def receive_keyframe_needed(self, handle: int, now: float) -> None:
        """The plane has somebody waiting for this encoding."""
        if handle in self._encodings:
            producer, encoding = self._encodings[handle]
            self._ask_keyframe(producer, encoding.ssrc, now)

    def receive_route_taken(self, event: RouteTaken) -> None:
        """The switch has happened."""
        if event.consumer in self._consumers:
            slot = self._consumers[event.consumer]
            slot.consumer.carried = event.encoding
            sharing.set_temporal(slot, self._plane)

    def owns_encoding(self, handle: int) -> bool:
        return handle in self._encodings

    def label_of(self, handle: int) -> str | None:
        """The label of the peer that sends this encoding; None when it is gone."""
        return self._encodings[handle][0].label if handle in self._encodings else None

    def owns_consumer(self, handle: int) -> bool:
        return handle in self._consumers

    def slot_of(self, handle: int) -> Slot:
        """The slot behind a consumer's handle."""
        return self._consumers[handle]

    # -- time and output --------------------------------------------------------------------------------------------

    def handle_timeout(self, now: float) -> None:
        """Look which streams are alive, and send keyframe requests that had to wait."""
        for producer in self.stage.producers.values():
            if producer.pli_due_at is not None and now >= producer.pli_due_at:
                self._ask_keyframe(producer, producer.pli_ssrc, now)
        for link in self.linked.links.values():
            if link.handle_timeout(now):
                self._update(now)
                self._telling.tell_link(link, self.linked.path)
        if self._watch_at is not None and now >= self._watch_at:
            self._watch_at = now + WATCH_S
            for peer in self._by_transport.values():
                if sharing.watch(peer, self._plane, now):
                    self._share_now(peer, now)
        if self._poll_at is not None and now >= self._poll_at:
            self._poll_at = now + POLL_S
            self._poll(now)

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` wants to be called."""
        due = [producer.pli_due_at for producer in self.stage.producers.values() if producer.pli_due_at is not None]
        due += [at for at in (self._poll_at, self._watch_at) if at is not None]
        due += [at for link in self.linked.links.values() if (at := link.next_timeout()) is not None]
        return min(due, default=None)

    def events(self) -> list[RoomEvent]:
        """What happened since the last call."""
        return self._telling.events()

    def standing(self) -> list[RoomEvent]:
        """What a driver that has forgotten everything is told again."""
        for link in self.linked.links.values():
            self._telling.tell_link(link, self.linked.path)
        return [*self._telling.standing(), *self._telling.events()]

    # -- streams ----------------------------------------------------------------------------------------------------

    def _peer(self, name: str) -> Peer:
        try:
            return self.peers[name]
        except KeyError:
            raise UnknownPeer(f"no peer {name} in room {self.name}") from None

    def _add_encoding(self, producer: Producer, rid: str, ssrc: int, rtx_ssrc: int | None) -> Encoding:
        encoding = Encoding(self._new_handle(), rid, ssrc, rtx_ssrc)
        producer.encodings[rid] = encoding
        self._encodings[encoding.handle] = (producer, encoding)
        self._plane.add_encoding(encoding.handle, producer.settings_of(encoding))
        if producer.source == "microphone" and producer.peer:
            self._set_paused(encoding, producer.peer not in self.stage.audible)
        return encoding

    def _add_repair(self, producer: Producer, rid: str, ssrc: int) -> None:
        producer.repair[rid] = ssrc
        encoding = producer.encodings.get(rid)
        if encoding is not None and encoding.rtx_ssrc != ssrc:
            encoding.rtx_ssrc = ssrc
            self._plane.set_rtx_ssrc(encoding.handle, ssrc)

    def _remove_encoding(self, producer: Producer, encoding: Encoding) -> None:
        for slot in self._consumers.values():
            if slot.consumer.encoding == encoding.handle:
                self._route(slot, None)
        producer.encodings.pop(encoding.rid, None)
        self._encodings.pop(encoding.handle, None)
        self._plane.remove_encoding(encoding.handle)

    def _set_paused(self, encoding: Encoding, paused: bool) -> None:
        if encoding.paused != paused:
            encoding.paused = paused
            self._plane.pause_encoding(encoding.handle, paused)

    def _ask_keyframe(self, producer: Producer, ssrc: int, now: float) -> None:
        """One PLI serves all layers and all who wait: a browser answers with keyframes on every layer."""
        if not producer.want_keyframe(ssrc, now):
            return
        link = self.linked.by_transport(producer.transport) if self.linked.links else None
        if link is not None:
            link.ask_keyframe(producer)
        else:
            self._plane.send_rtcp(producer.transport, struct.pack("!BBHII", 0x81, 206, 2, PLI_SENDER_SSRC, ssrc))

    def _poll(self, now: float) -> None:
        for _, encoding in self._encodings.values():
            encoding.measure(self._plane.encoding_stats(encoding.handle), now)
        self._measure_lateness(now)
        limited = [peer for peer in self.peers.values() if peer.bandwidth.estimator is not None]
        for peer in limited:
            sharing.help_sound(peer, self._plane)
            sharing.help_repair(peer, self._plane)
        sharing.report_loss(limited, self._encodings, self._plane)
        if self.stage.situation(now) != self._placed:
            self._update(now)
            return
        prices = Prices(now)
        for peer in limited:
            self._share(peer, prices, now)
        self._telling.tell_senders(self._consumers.values(), now)
        self.linked.tell(now)

    def _measure_lateness(self, now: float) -> None:
        """How late what is lost on its way here comes, and tell viewers when that is different now."""
        before = [producer.late_ms for producer in self.stage.producers.values()]
        for link in self.linked.links.values():
            link.measure_lateness(now)
        for peer in self.peers.values():
            if peer.role == "viewer" and peer.producers:
                sharing.measure_lateness(peer, self._plane, now)
        if [producer.late_ms for producer in self.stage.producers.values()] != before:
            for peer in self.peers.values():
                self._telling.tell_slots(peer)

    # -- who is where -----------------------------------------------------------------------------------------------

    def _update(self, now: float, only: Peer | None = None) -> None:
        """Decide anew and tell what changed: for everybody, or for one whose wishes alone have changed."""
        if only is None:
            self.linked.bind(now)
            self._put_on_air()
        look, prices = self.stage.look(now), Prices(now)
        for peer in self.peers.values() if only is None else (only,):
            if peer.role == "viewer":
                place_viewer(peer, self.stage, look)
            elif peer.role == "link":
                place_link(self.linked.links[link_key(peer.name)], self.stage, look)
            self._share(peer, prices, now)
        if only is None:
            self._placed = self.stage.situation(now)
        self._telling.tell_senders(self._consumers.values() if only is None else only.slots, now)
        self.linked.tell(now)

    def _share(self, peer: Peer, prices: Prices, now: float) -> None:
        """Give the viewer's slots what his line has room for, and tell him."""
        if sharing.divide(peer, prices, now):
            self._telling.tell_step(peer)
        for slot in peer.slots:
            encoding = slot.encoding(now)
            self._route(slot, encoding.handle if encoding is not None else None)
            sharing.set_temporal(slot, self._plane)
        self._telling.tell_slots(peer)

    def _share_now(self, peer: Peer, now: float) -> None:
        """The same between two looks, when the line has become another."""
        self._share(peer, Prices(now), now)
        if peer.role == "link":
            self.linked.tell(now)

    def _route(self, slot: Slot, encoding: int | None) -> None:
        if slot.consumer.encoding != encoding:
            slot.consumer.encoding = encoding
            slot.consumer.carried = slot.consumer.carried if encoding is not None else None
            self._plane.set_route(slot.consumer.handle, encoding)
