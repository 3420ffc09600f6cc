"""The packet log survives being cut or damaged anywhere, and says what is missing."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest

from recordings.capture.packet_log import (
    Damage,
    End,
    Header,
    Label,
    Mark,
    Packet,
    Record,
    Stream,
    encode,
    encode_header,
    parts,
    read,
    read_header,
)
from recordings.errors import NotAPacketLog

HEADER = Header("rec-1", "part-a", 1_700_000_000_000_000_000, 0x12345678)
RECORDS: list[Stream | Packet | Label | Mark | End] = [
    Stream(0, "video", "program", "vp8", 90000, 96),
    Label(0, 1_700_000_000_000_000_001, "điểm cầu Quản Bạ"),
    Packet(0, 1_700_000_000_000_000_002, None, b"\x80\x60\x00\x01" + bytes(20)),
    Packet(0, 1_700_000_000_000_000_003, 0xE9A1_0000_8000_0000, b"\xa7\x5d" * 40),
    Mark(1_700_000_000_000_000_004, {"event": "paused", "by": "chủ tọa"}),
    Label(0, 1_700_000_000_000_000_005, None),
    End(1_700_000_000_000_000_006),
]


def log_bytes(records: list[Stream | Packet | Label | Mark | End] = RECORDS) -> bytes:
    return encode_header(HEADER) + b"".join(encode(record, HEADER.salt) for record in records)


def read_bytes(directory: Path, data: bytes) -> list[Record]:
    path = directory / "x.packets"
    path.write_bytes(data)
    return list(read(path))


def test_the_format_on_disk_does_not_change_unnoticed() -> None:
    header = encode_header(Header("r", "p", 7, 1))
    assert header[:18] == b"GBPKTLOG\x00\x01\x00\x00\x00\x01\x00\x00\x00\x2e"
    assert header[22:] == b'{"recording_id":"r","part":"p","started_ns":7}'
    assert encode(Packet(3, 5, None, b"rtp"), 1)[:7] == b"\xa7\x5d\x02\x00\x00\x00\x0d"
    assert encode(Packet(3, 5, None, b"rtp"), 1)[11:] == b"\x03\x00\x00\x00\x00\x00\x00\x00\x00\x05rtp"


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, log_bytes()) == RECORDS
    assert read_header(tmp_path / "x.packets") == HEADER


def test_cut_at_every_byte_the_whole_records_before_are_there(tmp_path: Path) -> None:
    data = log_bytes()
    header_end = len(encode_header(HEADER))
    ends, position = [], header_end
    for record in RECORDS:
        position += len(encode(record, HEADER.salt))
        ends.append(position)
    for cut in range(header_end, len(data)):
        whole = sum(end <= cut for end in ends)
        records = read_bytes(tmp_path, data[:cut])
        assert records[:whole] == RECORDS[:whole]
        last_end = ends[whole - 1] if whole else header_end
        assert records[whole:] == ([Damage(last_end, cut - last_end, is_tail=True)] if cut > last_end else [])


def test_cut_inside_the_header_it_is_no_packet_log(tmp_path: Path) -> None:
    header = encode_header(HEADER)
    path = tmp_path / "x.packets"
    for cut in range(len(header)):
        path.write_bytes(header[:cut])
        with pytest.raises(NotAPacketLog):
            read_header(path)
    assert parts(tmp_path) == []


def test_damage_in_the_middle_costs_only_the_record_it_hits(tmp_path: Path) -> None:
    data = bytearray(log_bytes())
    start = len(encode_header(HEADER)) + sum(len(encode(record, HEADER.salt)) for record in RECORDS[:3])
    length = len(encode(RECORDS[3], HEADER.salt))
    data[start + 40] ^= 0x01
    records = read_bytes(tmp_path, bytes(data))
    assert records == [*RECORDS[:3], Damage(start, length, is_tail=False), *RECORDS[4:]]


def test_a_payload_cannot_pose_as_a_record(tmp_path: Path) -> None:
    forged = encode(Mark(0, {"event": "stopped"}), salt=0)  # the salt of this file is not known to senders
    data = log_bytes([Packet(0, 1, None, forged)])
    broken = bytearray(data)
    broken[len(encode_header(HEADER)) + 8] ^= 0xFF  # the enclosing record no longer checks out
    assert [type(record) for record in read_bytes(tmp_path, bytes(broken))] == [Damage]


def test_another_version_is_refused(tmp_path: Path) -> None:
    data = bytearray(log_bytes())
    data[9] = 2
    with pytest.raises(NotAPacketLog, match="version 2"):
        read_bytes(tmp_path, bytes(data))


def test_a_record_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="larger"):
        encode(Packet(0, 0, None, bytes(70_000)), 0)


def test_parts_come_in_the_order_they_were_begun(tmp_path: Path) -> None:
    for name, started in (("b", 1), ("a", 2)):
        (tmp_path / f"{name}.packets").write_bytes(encode_header(Header("r", name, started, 9)))
    (tmp_path / "c.packets").write_bytes(b"GBPK")
    assert [path.stem for path in parts(tmp_path)] == ["b", "a"]


def test_reading_a_long_log_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.packets"
    packet = encode(Packet(0, 1, None, bytes(1200)), HEADER.salt)
    path.write_bytes(encode_header(HEADER) + packet * 10_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path)) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def fuzz_reader(path: Path, data: bytes) -> list[Record]:
    """Fuzz target: any bytes are read to the end, or are no packet log."""
    path.write_bytes(data)
    try:
        return list(read(path))
    except NotAPacketLog:
        return []


def test_the_reader_stands_any_damage(tmp_path: Path) -> None:
    random_ = random.Random(20)
    whole = log_bytes(RECORDS * 5)
    header_length = len(encode_header(HEADER))
    for _ in range(1500):
        data = bytearray(whole)
        for _ in range(random_.randint(1, 6)):
            at = random_.randrange(len(data))
            match random_.randrange(4):
                case 0:
                    data[at] = random_.randrange(256)
                case 1:
                    del data[at : at + random_.randint(1, 60)]
                case 2:
                    data[at:at] = random_.randbytes(random_.randint(1, 60))
                case _:
                    data[at:at] = data[: random_.randint(1, 90)]
            data = data or bytearray(b"\0")
        records = fuzz_reader(tmp_path / "x.packets", bytes(data))
        known = [record for record in records if not isinstance(record, Damage)]
        assert all(record in RECORDS for record in known)
        if data[:header_length] == whole[:header_length]:
            lost = sum(record.length for record in records if isinstance(record, Damage))
            assert lost + sum(len(encode(record, HEADER.salt)) for record in known) == len(data) - header_length
    for _ in range(300):
        fuzz_reader(tmp_path / "x.packets", random_.randbytes(random_.randrange(200)))
