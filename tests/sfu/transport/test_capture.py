"""A capture's file, byte by byte, and its bounds."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from sfu.transport.capture import PCAP, Capture, head_size, packet_record

OURS, THEIRS = ("192.0.2.1", 3478), ("198.51.100.7", 50000)
RTP = bytes.fromhex("90e00001000000020000000abede000110010203") + b"speech"


def test_headers_of_media_are_kept_and_nothing_of_what_is_said() -> None:
    assert RTP[: head_size(RTP)] == RTP[:-6]
    assert head_size(bytes.fromhex("81c90007") + bytes(28)) == 8  # a receiver report: the rest is encrypted
    assert head_size(bytes.fromhex("000100002112a442") + bytes(12)) == 20  # STUN whole
    assert head_size(b"\x16\xfe\xfd" + bytes(100)) == 103  # DTLS whole
    assert head_size(bytes.fromhex("9060000000000000000000001000ffff")) == 16  # an extension longer than the packet
    assert head_size(b"") == 0


def test_a_record_is_the_datagram_with_ip_and_udp_before_it() -> None:
    record = packet_record(THEIRS, OURS, 1_700_000_000_000_000_005, 26, RTP[:20])
    assert record[:16] == bytes.fromhex("00f15365050000003000000036000000")
    assert record[16:36] == bytes.fromhex("450000360000400040114e7bc6336407c0000201")
    assert record[36:44] == bytes.fromhex("c3500d9600220000") and record[44:] == RTP[:20]


def test_ipv6_and_a_peer_of_the_other_family() -> None:
    record = packet_record(("2001:db8::7%eth0", 5), ("192.0.2.1", 6), 0, 1, b"x")
    assert record[16:24] == bytes.fromhex("6000000000091140")
    assert record[40:56] == bytes(10) + b"\xff\xff\xc0\x00\x02\x01"


def test_a_file_that_is_full_ends_at_a_whole_packet() -> None:
    file = io.BytesIO()
    capture = Capture(file, whole=False, until=10.0, most_bytes=len(PCAP) + 70)
    capture.add(OURS, THEIRS, 0, 26, RTP[:20])
    assert capture.why_over(9.9) is None and capture.why_over(10.0) == "time"
    capture.add(OURS, THEIRS, 0, 26, RTP[:20])
    assert capture.why_over(0.0) == "size" and len(file.getvalue()) == capture.bytes == len(PCAP) + 64
    assert capture.end("size") == "size" and file.closed


def test_a_full_disk_ends_the_capture_and_nothing_else() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    capture = Capture(Full(), whole=False, until=10.0, most_bytes=1000)
    capture.add(OURS, THEIRS, 0, 26, RTP[:20])
    assert capture.why_over(0.0) == "disk" and capture.end("time") == "disk" and not capture.packets


def test_tcpdump_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "one.pcap"
    capture = Capture(path.open("wb"), whole=False, until=10.0, most_bytes=10_000)
    for number in range(3):
        packet = RTP[:2] + number.to_bytes(2, "big") + RTP[4:]
        capture.add(THEIRS, OURS, 1_700_000_000_000_000_000 + number, len(packet), packet[: head_size(packet)])
    capture.end("stopped")
    read = subprocess.run(["tcpdump", "-n", "-t", "-r", path, "-T", "rtp"], capture_output=True, text=True, check=True)
    addresses = "IP 198.51.100.7.50000 > 192.0.2.1.3478"
    assert read.stdout.splitlines() == [f"{addresses}: udp/rtp 14 c96 +* {number} 2" for number in range(3)]
