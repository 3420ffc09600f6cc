"""The last packets of one encoding, plaintext, stored once: for retransmission and for those who come late."""

from __future__ import annotations

from .media import MediaPacket

__all__ = ["MAX_AGE_SECONDS", "SIZE", "Ring"]

SIZE = 1024  # packets; a power of two
MAX_AGE_SECONDS = 2.0
_MASK = SIZE - 1


class Ring:
    """Packets by index. What is older than two seconds is not given out, and leaves when its place is taken."""

    __slots__ = ("_slots", "first", "keyframe")

    def __init__(self, first: int | None = None) -> None:
        self._slots: list[MediaPacket | None] = [None] * SIZE
        self.first = first  # what came before this index was never wanted here
        self.keyframe: MediaPacket | None = None  # the first packet of the newest keyframe

    def store(self, packet: MediaPacket) -> bool:
        """Keep a packet; False when it is here already or its place belongs to a newer one."""
        place = packet.index & _MASK
        present = self._slots[place]
        if present is not None and present.index >= packet.index:
            return False
        self._slots[place] = packet
        if self.first is None:
            self.first = packet.index
        if packet.starts_keyframe:
            self._note_keyframe(packet)
        return True

    def _note_keyframe(self, packet: MediaPacket) -> None:
        """Of several packets that could begin it (parameter sets, then a slice) the first is the keyframe's."""
        present = self.keyframe
        if present is None or (packet.index > present.index) == (packet.timestamp != present.timestamp):
            self.keyframe = packet

    def misses(self, index: int) -> bool:
        """Whether that packet should be here and is not; one pushed out by a newer one is not missed."""
        if self.first is None or index < self.first:
            return False
        present = self._slots[index & _MASK]
        return present is None or present.index < index

    def get(self, index: int, now: float) -> MediaPacket | None:
        """The packet of that index, unless it never came, was pushed out, or is too old."""
        packet = self._slots[index & _MASK]
        if packet is None or packet.index != index or now - packet.arrived_at > MAX_AGE_SECONDS:
            return None
        return packet
