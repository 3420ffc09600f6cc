"""A room on a plane that only remembers: peers join and are watched; what each sees and hears is asked in words."""

from __future__ import annotations

import itertools

from sfu.negotiation import LineCodec, SendLine, SlotKind, SlotLine
from sfu.peer import PeerSpec
from sfu.plane.plane import ExtensionIds, UnknownStream
from sfu.program import Program
from sfu.room import Room
from sfu.sdp import Codec
from tests.sfu.fake_plane import FakePlane

OPUS = LineCodec("opus", 48000, 111, None, Codec(111, "opus", 48000, 2))
VP8 = LineCodec("vp8", 90000, 96, 97, Codec(96, "vp8", 90000))
RIDS = ("q", "h", "f")
IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, audio_level=1, transport_cc=3)


class Story:
    """A room with named peers and a clock of its own."""

    def __init__(self) -> None:
        self.plane = FakePlane()
        self.numbers = itertools.count(1)
        self.room = Room("room", self.plane, lambda: next(self.numbers))
        self.transports: dict[str, int] = {}
        self.now = 100.0
        self.ssrcs = itertools.count(1000)
        self.told: list[object] = []

    def join(
        self,
        name: str,
        *,
        audio: int = 3,
        video: int = 4,
        presentation: int = 1,
        sends: bool = True,
        first_bps: int | None = None,
        label: str | None = None,
    ) -> None:
        transport = self.transports[name] = next(self.numbers)
        lines = (
            SendLine("0", "microphone", OPUS, IDS, (), ()),
            SendLine("1", "camera", VP8, IDS, RIDS, ()),
            SendLine("2", "presentation", VP8, IDS, (), ()),
        )
        kinds: list[SlotKind] = ["audio"] * audio + ["presentation"] * presentation + ["video"] * video  # type: ignore[assignment]
        slots = tuple(
            SlotLine(str(3 + i), kind, OPUS if kind == "audio" else VP8, IDS, next(self.ssrcs), next(self.ssrcs))
            for i, kind in enumerate(kinds)
        )
        spec = PeerSpec(name, label or f"site {name}", transport, lines if sends else (), slots, first_bps=first_bps)
        self.room.join(spec, self.now)

    def stream(self, name: str, mid: str, rid: str | None = None, *, rtx: bool = False) -> int:
        """Packets of a new SSRC arrive; the SSRC."""
        ssrc = next(self.ssrcs)
        payload_type = 97 if rtx else 111 if mid == "0" else 96
        rids = (None, rid) if rtx else (rid, None)
        event = UnknownStream(self.transports[name], ssrc, payload_type, mid, *rids)
        self.room.receive_unknown_stream(event, self.now)
        return ssrc

    def start(self, name: str, rids: tuple[str, ...] = RIDS) -> None:
        """Microphone and camera send."""
        self.stream(name, "0")
        for rid in rids:
            self.stream(name, "1", rid)

    def pass_time(self, seconds: float, *, silent: tuple[str, ...] = (), silent_rids: tuple[str, ...] = ()) -> None:
        """Time goes by while packets of all but the silent arrive."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.5
            for handle, (producer, encoding) in self.room._encodings.items():
                if producer.peer not in silent and encoding.rid not in silent_rids:
                    self.plane.packets[handle] = self.plane.packets.get(handle, 0) + 10
            self.room.handle_timeout(self.now)

    def pictures_of(self, name: str) -> set[str]:
        """Whose cameras are really sent to this viewer."""
        slots = [slot for slot in self.room.peers[name].slots if slot.line.kind == "video" and slot.producer]
        return {slot.producer.peer for slot in slots if slot.producer and not slot.paused and slot.consumer.encoding}

    def program(self, audible: list[str], **program: str) -> None:
        self.room.set_program(Program(**program), audible, self.now)  # type: ignore[arg-type]

    def seen(self, viewer: str) -> list[str]:
        """``peer:rid`` of routed video slots, in slot order."""
        return self._routed(viewer, "video")

    def heard(self, viewer: str) -> set[str]:
        return {found.partition(":")[0] for found in self._routed(viewer, "audio")}

    def presented(self, viewer: str) -> list[str]:
        return self._routed(viewer, "presentation")

    def _routed(self, viewer: str, kind: SlotKind) -> list[str]:
        found = []
        for slot in self.room.peers[viewer].slots_of(kind):
            handle = self.plane.routes[slot.consumer.handle]
            if handle is not None:
                producer, encoding = self.room._encodings[handle]
                found.append(f"{producer.peer}:{encoding.rid}")
        return found


def meeting(story: Story, *names: str) -> None:
    for name in names:
        story.join(name)
        story.start(name)
