"""What a viewer of the load generator finds wrong: garbage, a wrong sequence, a wrong payload, nothing else."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from bench.fanout.build import engine
from bench.fanout.keys import session_keys

SSRC, RTX, SOURCE, SIZE = 0x01020304, 0x05060708, 9, 300
KEYS = session_keys("AEAD_AES_128_GCM", bytes(range(28)))
MS = 1_000_000


class Viewer:
    """One viewer whose network we are; ``here`` is the server's end of its socket."""

    def __init__(self, loss_permille: int = 0) -> None:
        self.here, self._there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.here.setblocking(False)
        self.generator: Any = engine().Generator(1)
        self.number = self.generator.add_peer(self._there.fileno(), False, KEYS, KEYS, 3, loss_permille, 1)
        self.generator.add_stream(self.number, SSRC, RTX, True, True)
        self._server = engine().Srtp(KEYS, True)
        self.now = 1_000 * MS

    def close(self) -> None:
        self.here.close()
        self._there.close()

    def packet(self, sequence: int, payload: bytes, ssrc: int = SSRC, roc: int = 0) -> bytes:
        """As a server would send it."""
        head = struct.pack("!BBHII", 0x90, 96, sequence & 0xFFFF, 3000, ssrc) + bytes.fromhex("bede0001")
        head += bytes([0x31]) + struct.pack("!H", sequence & 0xFFFF) + b"\0"
        protected: bytes = self._server.apply(head + payload, len(head), roc, True, False)
        return protected

    def gets(self, *sequences: int, counters: int = 0) -> None:
        """Good packets; ``counters``: how far the payload's own count is from the sequence number."""
        for sequence in sequences:
            self.take(self.packet(sequence, payload_of(sequence + counters), roc=sequence >> 16))

    def take(self, packet: bytes) -> None:
        self.now += MS
        self.generator.take(self.number, packet, self.now)

    def count(self, name: str) -> int:
        return int(self.generator.totals()[name])

    def sent_rtcp(self) -> list[bytes]:
        """What the viewer has told the server, in clear, without the report it begins with."""
        found: list[bytes] = []
        opener = engine().Srtp(KEYS, False)
        while True:
            try:
                compound = opener.apply(self.here.recv(2048), 0, 0, False, True)
            except BlockingIOError:
                return found
            assert compound[:8] == b"\x81\xc9\0\x07" + compound[4:8]
            found.append(compound[32:])


def payload_of(counter: int, sent_ns: int = 0, key: bool = True) -> bytes:
    made: bytes = engine().payload(SIZE, True, SOURCE, counter, sent_ns, True, key, counter & 0x7FFF)
    return made


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    made = Viewer()
    yield made
    made.close()


def test_good_packets_across_a_roll_over_are_all_counted_and_nothing_is_wrong(viewer: Viewer) -> None:
    viewer.gets(*range(0xFFF0, 0x10010))
    assert viewer.count("received") == viewer.count("sampled") == 32
    assert [viewer.count(name) for name in ("garbage", "misordered", "not_authentic", "duplicates")] == [0] * 4


def test_a_picture_that_was_paused_goes_on_with_the_next_number(viewer: Viewer) -> None:
    viewer.take(viewer.packet(1, payload_of(1)))
    viewer.take(viewer.packet(2, payload_of(2)))
    viewer.take(viewer.packet(3, payload_of(90)))  # 3 to 89 were left out while it was paused
    viewer.take(viewer.packet(4, payload_of(91)))
    assert (viewer.count("left_out"), viewer.count("misordered")) == (1, 0)
    viewer.take(viewer.packet(5, payload_of(40)))
    viewer.take(viewer.packet(8, payload_of(41)))  # a gap that the sender's numbers do not have
    assert (viewer.count("left_out"), viewer.count("misordered")) == (1, 2)


def test_a_packet_under_another_key_is_not_authentic(viewer: Viewer) -> None:
    damaged = bytearray(viewer.packet(1, payload_of(1)))
    damaged[40] ^= 1
    viewer.take(bytes(damaged))
    assert viewer.count("not_authentic") == 1


def test_authentic_bytes_that_nobody_sent_are_garbage(viewer: Viewer) -> None:
    viewer.take(viewer.packet(1, b"\x90\xe0\x80\x01\x01\x00" + bytes(SIZE)))
    assert viewer.count("garbage") == 1


@pytest.mark.parametrize("at", [6 + 10 + 12, 6 + 34, SIZE - 1])
def test_one_changed_byte_of_a_payload_is_garbage(viewer: Viewer, at: int) -> None:
    payload = bytearray(payload_of(1))
    payload[at] ^= 1
    viewer.take(viewer.packet(1, bytes(payload)))
    assert viewer.count("garbage") == 1


def test_a_payload_cut_short_is_garbage(viewer: Viewer) -> None:
    viewer.take(viewer.packet(1, payload_of(1)[:30]))
    assert viewer.count("garbage") == 1


def test_padding_is_taken_off_before_payloads_are_compared(viewer: Viewer) -> None:
    padded = bytearray(viewer.packet(1, payload_of(1)))
    head = struct.pack("!BBHII", 0xB0, 96, 1, 3000, SSRC) + bytes.fromhex("bede0001 31000100")
    server = engine().Srtp(KEYS, True)
    padded = bytearray(server.apply(head + payload_of(1) + bytes([0, 0, 3]), len(head), 0, True, False))
    viewer.take(bytes(padded))
    assert viewer.count("received") == 1
    assert viewer.count("garbage") == 0


def test_payloads_in_another_order_than_their_numbers_are_misordered(viewer: Viewer) -> None:
    viewer.gets(1, 2)
    viewer.take(viewer.packet(3, payload_of(1)))
    assert viewer.count("misordered") == 1


def test_late_packets_are_in_order_when_their_numbers_say_so(viewer: Viewer) -> None:
    viewer.gets(1, 4, 3, 2)
    assert viewer.count("received") == 4
    assert viewer.count("misordered") == 0


def test_the_same_number_twice_counts_once(viewer: Viewer) -> None:
    viewer.gets(1, 2, 2)
    assert (viewer.count("received"), viewer.count("duplicates")) == (2, 1)


def test_a_stream_nobody_announced_is_unexpected(viewer: Viewer) -> None:
    viewer.take(viewer.packet(1, payload_of(1), ssrc=77))
    assert (viewer.count("received"), viewer.count("unexpected")) == (0, 1)


def test_a_gap_is_asked_for_and_its_repair_fills_it(viewer: Viewer) -> None:
    viewer.gets(1, 2, 5)
    nack = next(packet for packet in viewer.sent_rtcp() if packet[1] == 205)
    assert struct.unpack("!IHH", nack[8:16]) == (SSRC, 3, 1)  # 3, and by the mask 4
    viewer.take(viewer.packet(40, struct.pack("!H", 3) + payload_of(3), ssrc=RTX))
    assert (viewer.count("repaired"), viewer.count("received")) == (1, 4)
    assert viewer.count("garbage") == viewer.count("misordered") == 0
    assert viewer.generator.streams(viewer.number)[0]["lost"] == 1


def test_a_repair_with_another_payload_is_noticed(viewer: Viewer) -> None:
    viewer.gets(1, 2, 5)
    viewer.take(viewer.packet(40, struct.pack("!H", 3) + payload_of(7), ssrc=RTX))
    assert viewer.count("misordered") == 1
    viewer.take(viewer.packet(41, struct.pack("!H", 4) + b"\x90" * SIZE, ssrc=RTX))
    assert viewer.count("garbage") == 1


def test_a_viewer_without_a_keyframe_asks_for_one(viewer: Viewer) -> None:
    viewer.take(viewer.packet(1, payload_of(1, key=False)))
    assert [packet[1] for packet in viewer.sent_rtcp()] == [206]
    viewer.gets(2)
    viewer.take(viewer.packet(3, payload_of(3, key=False)))
    assert viewer.sent_rtcp() == []


def test_losses_made_on_purpose_are_counted_apart() -> None:
    viewer = Viewer(loss_permille=100)
    viewer.gets(*range(1, 1001))
    dropped = viewer.count("dropped_here")
    assert 60 < dropped < 140
    assert viewer.count("received") == 1000 - dropped
    viewer.close()


def test_the_delay_is_from_the_mark_to_the_arrival(viewer: Viewer) -> None:
    for sequence in range(1, 101):
        sent = viewer.now + MS - (50 * MS if sequence > 95 else 2 * MS)
        viewer.take(viewer.packet(sequence, payload_of(sequence, sent_ns=sent)))
    p50, p99 = viewer.generator.delays_ms([0.5, 0.99])
    assert p50 == pytest.approx(2, abs=0.02)
    assert p99 == pytest.approx(50, abs=0.02)


def test_what_is_neither_rtp_nor_rtcp_goes_up(viewer: Viewer) -> None:
    viewer.take(b"\x00\x01" + bytes(18))
    viewer.take(b"\x16\xfe\xfd" + bytes(20))
    assert [packet[0] for _, packet in viewer.generator.control_packets()] == [0, 0x16]
    assert viewer.generator.control_packets() == []


def test_reports_tell_how_long_ago_the_server_reported(viewer: Viewer) -> None:
    ntp = 0x0123456789ABCDEF
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, SSRC, ntp, 0, 0, 0)
    viewer.gets(1)
    viewer.take(engine().Srtp(KEYS, True).apply(report, 0, 0, True, True))
    viewer.gets(3)
    opener = engine().Srtp(KEYS, False)
    compound = opener.apply(viewer.here.recv(2048), 0, 0, False, True)
    last, since = struct.unpack("!II", compound[24:32])
    assert last == 0x456789AB
    assert 0 <= since < 65536
