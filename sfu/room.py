"""A Room: peers, the program, and the decision who is seen and heard in which slot of whom. Sans-IO.

Takes joins, the program, views and what the plane reports; gives commands to the plane (routes, pauses, keyframe
requests) and events to its driver. Program first, then pinned, then who spoke last. Nobody sees or hears himself.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from sfu.active_speaker import ActiveSpeaker
from sfu.consumer import Consumer, consumer_settings
from sfu.errors import UnknownPeer
from sfu.events import ActiveSpeakerChanged, EncodingsWanted, ProducersChanged, RoomEvent, SlotsChanged, Source
from sfu.overload import Shed
from sfu.peer import Peer, PeerSpec, View
from sfu.plane.plane import Plane, RouteTaken, UnknownStream
from sfu.producer import Encoding, Producer, Wish
from sfu.program import Program, unique
from sfu.slot import Slot, place

POLL_S = 0.5
LAYER_UNUSED_S = 5.0
HEARD = 4  # one more than the slots, as nobody hears himself
PLI_SENDER_SSRC = 1


class Room:
    """One room on one plane. ``new_handle`` gives numbers unique in the worker."""

    def __init__(self, name: str, plane: Plane, new_handle: Callable[[], int]) -> None:
        self.name = name
        self.peers: dict[str, Peer] = {}
        self.program = Program()
        self.audible: frozenset[str] = frozenset()
        self.speaker = ActiveSpeaker()
        self._shed = Shed.NOTHING
        self._kept: frozenset[str] = frozenset()  # whose pictures are shown although others are given up
        self._plane = plane
        self._new_handle = new_handle
        self._by_transport: dict[int, Peer] = {}
        self._producers: dict[int, Producer] = {}  # by number, in order of arrival: viewers are many, these are few
        self._encodings: dict[int, tuple[Producer, Encoding]] = {}
        self._consumers: dict[int, Slot] = {}
        self._events: list[RoomEvent] = []
        self._poll_at: float | None = None
        self._placed: object = None  # what the places of all viewers were last decided by

    # -- commands ---------------------------------------------------------------------------------------------------

    def join(self, spec: PeerSpec, now: float) -> None:
        """Take a peer in; its transport is known to the plane already."""
        peer = Peer(spec)
        for line in spec.slots:
            handle = self._new_handle()
            self._plane.add_consumer(handle, consumer_settings(line, spec.transport, "giaoban", spec.sink))
            slot = Slot(line, Consumer(handle))
            peer.slots.append(slot)
            self._consumers[handle] = slot
        for send in spec.sends:
            producer = Producer(self._new_handle(), spec.peer, spec.label, spec.transport, send)
            peer.producers[send.source] = self._producers[producer.number] = producer
            for ssrc, rtx_ssrc in send.declared:
                self._add_encoding(producer, "", ssrc, rtx_ssrc)
        self.peers[spec.peer] = peer
        if not peer.is_virtual:
            self._by_transport[spec.transport] = peer
        camera = peer.producers.get("camera")
        peer.told_encodings = camera.rids if camera else ()
        self._poll_at = self._poll_at if self._poll_at is not None else now + POLL_S
        self._update(now, peer)  # whoever comes has sent nothing yet

    def leave(self, name: str, now: float) -> None:
        """Forget a peer; its viewers get BYE from the plane."""
        peer = self._peer(name)
        del self.peers[name]
        self._by_transport.pop(peer.spec.transport, None)
        for producer in peer.producers.values():
            del self._producers[producer.number]
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
        forgotten = self.speaker.forget(name)
        if forgotten:
            self._tell_speaker()
        if forgotten or peer.producers:
            self._update(now)

    def set_program(self, program: Program, audible: Iterable[str], now: float) -> None:
        """What is on air, and whose microphone is open."""
        self.program = program
        self.audible = frozenset(audible)
        for name, peer in self.peers.items():
            microphone = peer.producers.get("microphone")
            if microphone is not None:
                for encoding in microphone.encodings.values():
                    self._set_paused(encoding, name not in self.audible)
            if name not in self.audible and self.speaker.forget(name):
                self._tell_speaker()
        self._update(now)

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
        if shed != self._shed:
            self._shed = shed
            self._update(now)

    def request_keyframe(self, name: str, now: float) -> None:
        """Ask this peer's picture sources for a keyframe."""
        for source, producer in self._peer(name).producers.items():
            if source != "microphone" and producer.encodings:
                self._ask_keyframe(producer, next(iter(producer.encodings.values())).ssrc, now)

    def refresh(self, name: str, now: float) -> None:
        """Ask for a keyframe of every picture this viewer is shown."""
        for slot in self._peer(name).slots:
            if slot.producer is not None and slot.line.kind != "audio" and slot.consumer.encoding in self._encodings:
                self._ask_keyframe(slot.producer, self._encodings[slot.consumer.encoding][1].ssrc, now)

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
        elif event.payload_type == producer.line.codec.payload_type:
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
        heard = {peer: level for peer, level in by_peer.items() if peer in self.audible}
        if self.speaker.receive_levels(heard, now):
            self._tell_speaker()
            self._update(now)

    def receive_keyframe_needed(self, handle: int, now: float) -> None:
        """The plane has somebody waiting for this encoding."""
        if handle in self._encodings:
            producer, encoding = self._encodings[handle]
            self._ask_keyframe(producer, encoding.ssrc, now)

    def receive_route_taken(self, event: RouteTaken) -> None:
        """The switch has happened."""
        if event.consumer in self._consumers:
            self._consumers[event.consumer].consumer.carried = event.encoding

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
        for producer in self._producers.values():
            if producer.pli_due_at is not None and now >= producer.pli_due_at:
                self._ask_keyframe(producer, producer.pli_ssrc, now)
        if self._poll_at is not None and now >= self._poll_at:
            self._poll_at = now + POLL_S
            self._poll(now)

    def next_timeout(self) -> float | None:
        """When ``handle_timeout`` wants to be called."""
        due = [producer.pli_due_at for producer in self._producers.values() if producer.pli_due_at is not None]
        if self._poll_at is not None:
            due.append(self._poll_at)
        return min(due, default=None)

    def events(self) -> list[RoomEvent]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

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
        if producer.source == "microphone":
            self._set_paused(encoding, producer.peer not in self.audible)
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
        if producer.want_keyframe(ssrc, now):
            self._plane.send_rtcp(producer.transport, struct.pack("!BBHII", 0x81, 206, 2, PLI_SENDER_SSRC, ssrc))

    def _poll(self, now: float) -> None:
        for _, encoding in self._encodings.values():
            packets = self._plane.encoding_stats(encoding.handle).packets
            if packets != encoding.packets:
                encoding.packets, encoding.seen_at = packets, now
        if self._situation(now) == self._placed:
            self._tell_senders(self._consumers.values(), now)
        else:
            self._update(now)

    # -- who is where -----------------------------------------------------------------------------------------------

    def _update(self, now: float, only: Peer | None = None) -> None:
        """Decide anew and tell what changed: for everybody, or for one whose wishes alone have changed."""
        video = self._video_order(now)
        heard = self._heard(now)
        self._kept = self._important(video)
        for peer in self.peers.values() if only is None else (only,):
            self._place(peer, video, heard, now)
            for slot in peer.slots:
                self._route_slot(peer, slot, now)
            self._tell_slots(peer)
        if only is None:
            self._placed = self._situation(now)
        self._tell_senders(self._consumers.values() if only is None else only.slots, now)

    def _situation(self, now: float) -> object:
        """Everything that decides the places of viewers, but for their own wishes."""
        chosen = [(p.number, p.is_alive(now), p.choices(now)) for p in self._producers.values()]
        return (self._video_order(now), self._heard(now), self.program, self.speaker.dominant, chosen)

    def _tell_senders(self, slots: Iterable[Slot], now: float) -> None:
        """What arrives from those who send, and which of their layers these slots want."""
        used = self._layers_in_use(slots)
        for name in unique(producer.peer for producer in self._producers.values()):
            self._tell_producers(self.peers[name], now)
            self._tell_encodings(self.peers[name], used, now)

    def _alive(self, name: str, source: Source, now: float) -> Producer | None:
        peer = self.peers.get(name)
        producer = peer.producers.get(source) if peer else None
        return producer if producer is not None and producer.is_alive(now) else None

    def _senders(self, source: Source) -> list[str]:
        """Peers that may send this, in order of arrival."""
        return [producer.peer for producer in self._producers.values() if producer.source == source]

    def _video_order(self, now: float) -> list[str]:
        """Everybody with a picture, the program's people first, then who was last the speaker, then by arrival."""
        spoke = self.speaker.dominant_since
        rest = sorted(self._senders("camera"), key=lambda name: -spoke.get(name, 0.0))
        names = unique([*self.program.leading(self.speaker.dominant), *rest])
        return [name for name in names if self._alive(name, "camera", now)]

    def _heard(self, now: float) -> list[str]:
        """Open microphones, most important first."""
        names = unique([*self.program.heard_first(), *self.speaker.loudest, *self._senders("microphone")])
        return [name for name in names if name in self.audible and self._alive(name, "microphone", now)]

    def _place(self, peer: Peer, video: list[str], heard: list[str], now: float) -> None:
        microphones = [self.peers[name].producers["microphone"] for name in heard[:HEARD] if name != peer.name]
        place(peer.slots_of("audio"), microphones)
        presentation = self._presentation_for(peer, now)
        video_slots = peer.slots_of("video")
        places = peer.slots_of("presentation")
        place(places, [presentation] if presentation else [])
        cameras = [self.peers[name].producers["camera"] for name in self._video_for(peer, video)]
        wanted = [presentation, *cameras] if presentation and not places else cameras
        place(video_slots[: max(0, peer.view.max_video)], wanted)
        place(video_slots[max(0, peer.view.max_video) :], [])
        self._wish(video_slots, wanted)

    def _presentation_for(self, peer: Peer, now: float) -> Producer | None:
        name = self.program.presentation
        return self._alive(name, "presentation", now) if name is not None and name != peer.name else None

    def _video_for(self, peer: Peer, video: list[str]) -> list[str]:
        leading = self.program.leading(self.speaker.dominant)
        pinned = [name for name in peer.view.pinned if name in video]
        order = unique([*(name for name in leading if name in video), *pinned, *video])
        return [name for name in order if name != peer.name]

    def _wish(self, slots: list[Slot], wanted: list[Producer]) -> None:
        """The first is shown large, the second middling, the others are thumbnails."""
        wishes: dict[int, Wish] = {}
        for index, producer in enumerate(wanted):
            wishes[producer.number] = "high" if index == 0 else "middle" if index == 1 else "low"
        for slot in slots:
            if slot.producer is not None:
                slot.wish = wishes[slot.producer.number]

    def _route_slot(self, peer: Peer, slot: Slot, now: float) -> None:
        is_picture = slot.line.kind != "audio"
        slot.paused = peer.suspended or (is_picture and (peer.view.paused or self._is_shed(peer, slot)))
        if slot.producer is None or slot.paused:
            self._route(slot, None)
            return
        wish: Wish = "high" if slot.line.kind == "presentation" else slot.wish
        self._route(slot, slot.producer.handle_for(wish, now))

    def _important(self, video: list[str]) -> frozenset[str]:
        """Whose pictures stay when others are given up: the program's, or the first of all where there is none."""
        leading = self.program.leading(self.speaker.dominant) or video[:1]
        return frozenset(leading if self._shed < Shed.ALL_BUT_ONE else leading[:1])

    def _is_shed(self, peer: Peer, slot: Slot) -> bool:
        """A recording keeps everything: it is what remains of the meeting."""
        if self._shed < Shed.OTHERS or slot.producer is None or peer.is_virtual:
            return False
        if self._shed == Shed.PICTURES:
            return True
        return slot.producer.source != "presentation" and slot.producer.peer not in self._kept

    def _route(self, slot: Slot, encoding: int | None) -> None:
        if slot.consumer.encoding != encoding:
            slot.consumer.encoding = encoding
            slot.consumer.carried = slot.consumer.carried if encoding is not None else None
            self._plane.set_route(slot.consumer.handle, encoding)

    # -- telling ----------------------------------------------------------------------------------------------------

    def _tell_slots(self, peer: Peer) -> None:
        shown = tuple(slot.shown() for slot in peer.slots)
        if shown != peer.told_slots:
            peer.told_slots = shown
            if not peer.is_virtual:
                self._events.append(SlotsChanged(self.name, peer.name, shown))

    def _tell_producers(self, peer: Peer, now: float) -> None:
        sources: tuple[Source, Source, Source] = ("microphone", "camera", "presentation")
        alive = tuple(self._alive(peer.name, source, now) is not None for source in sources)
        state = (alive[0], alive[1], alive[2])
        if state != peer.told_producers:
            peer.told_producers = state
            self._events.append(ProducersChanged(self.name, peer.name, *state))

    def _layers_in_use(self, slots: Iterable[Slot]) -> dict[int, set[str]]:
        """Producer number → layers that slots wish for, arriving or not; only simulcast is asked about."""
        used: dict[int, set[str]] = {}
        if not any(len(producer.rids) > 1 for producer in self._producers.values()):
            return used
        for slot in slots:
            producer = slot.producer
            if producer is not None and producer.source == "camera" and not slot.paused:
                used.setdefault(producer.number, set()).add(producer.ideal_rid(slot.wish))
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
        if active != peer.told_encodings and camera.is_alive(now):
            peer.told_encodings = active
            self._events.append(EncodingsWanted(self.name, peer.name, active))

    def _tell_speaker(self) -> None:
        loudest = tuple(self.speaker.loudest)
        self._events.append(ActiveSpeakerChanged(self.name, self.speaker.dominant, loudest))
