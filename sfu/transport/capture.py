"""A peer's packets as a pcap file, for support: bounded in size and time, readable with tshark.

What goes over UDP and what goes framed over TCP (RFC 4571) is shown alike, as datagrams between the two addresses. Of
media only headers are kept unless asked for, and whole packets are as encrypted as they were on the wire.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import BinaryIO

from sfu.events import CaptureCause

PCAP = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)  # nanoseconds; LINKTYPE_RAW: IP without Ethernet
RTCP_HEAD = 8
UDP = 17


def head_size(data: bytes) -> int:
    """Of RTP and RTCP the header, which SRTP leaves readable; STUN and DTLS whole: they carry no speech."""
    if len(data) < 12 or not 128 <= data[0] <= 191:
        return len(data)
    if 192 <= data[1] <= 223:
        return RTCP_HEAD
    head = 12 + 4 * (data[0] & 15)
    if data[0] & 16 and len(data) >= head + 4:
        head += 4 + 4 * int.from_bytes(data[head + 2 : head + 4], "big")
    return min(head, len(data))


def packet_record(source: tuple[str, int], target: tuple[str, int], at_ns: int, size: int, kept: bytes) -> bytes:
    """One packet of a pcap file: ``kept`` of the ``size`` bytes of a datagram, with IP and UDP before it."""
    udp = struct.pack("!HHHH", source[1], target[1], 8 + size, 0)
    ends = [ipaddress.ip_address(host.partition("%")[0]) for host in (source[0], target[0])]
    if all(end.version == 4 for end in ends):
        fields = (0x45, 0, 28 + size, 0, 0x4000, 64, UDP, 0, ends[0].packed, ends[1].packed)
        head = bytearray(struct.pack("!BBHHHBBH4s4s", *fields))
        head[10:12] = _checksum(bytes(head)).to_bytes(2, "big")
    else:
        source_ip, target_ip = (_as_ipv6(end) for end in ends)
        head = bytearray(struct.pack("!IHBB16s16s", 6 << 28, 8 + size, UDP, 64, source_ip, target_ip))
    made = bytes(head) + udp + kept
    whole = len(head) + 8 + size
    return struct.pack("<IIII", at_ns // 1_000_000_000, at_ns % 1_000_000_000, len(made), whole) + made


def _as_ipv6(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bytes:
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _checksum(head: bytes) -> int:
    total = sum(int.from_bytes(head[at : at + 2], "big") for at in range(0, len(head), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Capture:
    """One peer's: writes until its time is over or the file is full."""

    def __init__(self, file: BinaryIO, *, whole: bool, until: float, most_bytes: int) -> None:
        self.whole, self.until = whole, until
        self.packets, self.bytes = 0, len(PCAP)
        self.is_full = False
        self.failed = False
        self._file, self._most_bytes = file, most_bytes
        self._write(PCAP)

    def add(self, source: tuple[str, int], target: tuple[str, int], at_ns: int, size: int, kept: bytes) -> None:
        if self.is_full or self.failed:
            return
        record = packet_record(source, target, at_ns, size, kept)
        if self.bytes + len(record) > self._most_bytes:
            self.is_full = True
            return
        self.packets += 1
        self.bytes += len(record)
        self._write(record)

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError:
            self.failed = True  # support's trouble must not become the meeting's

    def why_over(self, now: float) -> CaptureCause | None:
        return "disk" if self.failed else "size" if self.is_full else "time" if now >= self.until else None

    def end(self, cause: CaptureCause) -> CaptureCause:
        try:
            self._file.close()
        except OSError:
            self.failed = True
        return "disk" if self.failed else cause
