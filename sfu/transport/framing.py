"""RFC 4571 framing: a 16-bit length before every packet on a TCP connection. Sans-IO."""

from __future__ import annotations

from sfu.errors import FramingError

MAX_PACKET = 2048


class Deframer:
    """Bytes in, packets out, whatever the cuts between segments."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive_data(self, data: bytes) -> list[bytes]:
        """The packets completed by ``data``. Raises FramingError on a length no packet of ours has."""
        self._buffer += data
        packets: list[bytes] = []
        position = 0
        while len(self._buffer) - position >= 2:
            length = int.from_bytes(self._buffer[position : position + 2], "big")
            if length > MAX_PACKET:
                raise FramingError(f"a frame of {length} bytes, at most {MAX_PACKET}")
            if len(self._buffer) - position - 2 < length:
                break
            if length:
                packets.append(bytes(self._buffer[position + 2 : position + 2 + length]))
            position += 2 + length
        del self._buffer[:position]
        return packets


def frame(packet: bytes) -> bytes:
    """One packet as it goes on the wire."""
    return len(packet).to_bytes(2, "big") + packet
