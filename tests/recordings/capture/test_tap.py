"""The tap beside the media loop: nothing waits, nothing captured is lost, and what is missing is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recordings.capture.packet_log import SUFFIX, Damage, End, Label, Mark, Packet, Stream, parts, read
from recordings.capture.tap import Tap
from recordings.errors import TapFailed
from recordings.settings import TapSettings
from sfu.plane.plane import SinkPacket

NOW_NS = 1_700_000_000_000_000_000


def sink_packet(number: int, size: int = 100) -> SinkPacket:
    return SinkPacket(1, 0, number.to_bytes(2) + bytes(size - 2), NOW_NS + number * 20_000_000, None)


def open_tap(directory: Path, settings: TapSettings | None = None) -> Tap:
    tap = Tap(directory, "rec-1", "part", settings)
    tap.add_stream(0, "video", "program", "vp8", 90000, 96)
    tap.add_stream(1, "audio", "voice", "opus", 48000, 111)
    return tap


def test_streams_packets_labels_and_marks_stand_in_the_order_given(tmp_path: Path) -> None:
    tap = open_tap(tmp_path / "new folder")
    tap.write(0, sink_packet(0), "site-a")
    tap.write(0, sink_packet(1), "site-a")
    tap.mark({"event": "paused", "at_ns": NOW_NS + 5})
    tap.write(0, SinkPacket(1, 0, b"rtp", NOW_NS + 9, 77), None)
    tap.close()
    tap.close()
    records = list(read(tap.path))
    assert records[:-1] == [
        Stream(0, "video", "program", "vp8", 90000, 96),
        Stream(1, "audio", "voice", "opus", 48000, 111),
        Label(0, NOW_NS, "site-a"),
        Packet(0, NOW_NS, None, sink_packet(0).rtp),
        Packet(0, NOW_NS + 20_000_000, None, sink_packet(1).rtp),
        Mark(NOW_NS + 5, {"event": "paused"}),
        Label(0, NOW_NS + 9, None),
        Packet(0, NOW_NS + 9, 77, b"rtp"),
    ]
    assert isinstance(records[-1], End)


def test_a_part_is_never_written_to_again(tmp_path: Path) -> None:
    with open_tap(tmp_path) as first, open_tap(tmp_path) as second:
        pass
    assert [first.path.name, second.path.name] == [f"part{SUFFIX}", f"part~2{SUFFIX}"]
    assert len(parts(tmp_path)) == 2


def test_a_disk_too_slow_costs_pictures_first_and_says_so(tmp_path: Path) -> None:
    """The writer is told to rest for so long that the buffer fills, as it does when the disk stalls."""
    tap = open_tap(tmp_path, TapSettings(video_buffer_bytes=20_000, buffer_bytes=40_000, write_every_s=3600))
    for number in range(40):
        tap.write(0, sink_packet(number, 1000), "site-a")
        tap.write(1, sink_packet(number), "site-a")
    losing: list[str | None] = [tap.losing]
    assert set(tap.left_out) == {0}
    for number in range(40, 400):
        tap.write(1, sink_packet(number), "site-a")
    assert [*losing, tap.losing] == ["video", "everything"]
    assert tap.left_out[1] > 0
    tap.close()
    records = list(read(tap.path))
    kept = {stream: sum(isinstance(r, Packet) and r.stream == stream for r in records) for stream in (0, 1)}
    dropped = {r.event["stream"]: r.event["packets"] for r in records if isinstance(r, Mark)}
    assert dropped == tap.left_out
    assert (kept[0] + dropped[0], kept[1] + dropped[1]) == (40, 400)
    assert kept[1] > kept[0]


def test_after_a_stall_pictures_come_back(tmp_path: Path) -> None:
    tap = open_tap(tmp_path, TapSettings(video_buffer_bytes=20_000, buffer_bytes=40_000, write_every_s=3600))
    for number in range(40):
        tap.write(0, sink_packet(number, 1000), "site-a")
    tap.flush(10.0)
    wait_until(lambda: tap.path.stat().st_size > 15_000)
    wait_until(lambda: tap._buffered == 0)
    tap.write(0, sink_packet(41, 1000), "site-a")
    assert tap.losing == "nothing"
    tap.close()
    marks = [record for record in read(tap.path) if isinstance(record, Mark)]
    assert [mark.event["event"] for mark in marks] == ["dropped"]


def test_kill_9_costs_at_most_the_last_second(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.recordings.capture.tap_child", str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        last = int(line)
        if last >= 150:
            break
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    (path,) = parts(tmp_path)
    records = list(read(path))
    packets = [record for record in records if isinstance(record, Packet)]
    assert len(packets) >= last - 100  # the child writes a packet every 10 ms and says its number
    assert [int.from_bytes(packet.rtp[:2]) for packet in packets] == list(range(len(packets)))
    assert not any(isinstance(record, Damage) and not record.is_tail for record in records)


def test_a_full_disk_fails_the_next_call_and_keeps_what_is_there(small_disk: Path) -> None:
    tap = open_tap(small_disk, TapSettings(reserve_bytes=0, write_every_s=0.01))
    written = 0
    with pytest.raises(TapFailed, match="No space left") as failure:
        while True:
            tap.write(0, sink_packet(written, 1200), "site-a")
            written += 1
            tap.flush(written / 50)
            time.sleep(0.0005)  # the media loop's own pace: packets do not come all at once
    assert failure.value.cause == "disk"
    kept = [record for record in read(tap.path) if isinstance(record, Packet)]
    assert len(kept) > 500
    assert failure.value.from_ns is not None
    assert failure.value.from_ns <= kept[-1].arrival_ns + 20_000_000
    with pytest.raises(TapFailed):
        tap.close()


def test_the_last_of_the_disk_is_left_to_the_database(small_disk: Path) -> None:
    tap = open_tap(small_disk, TapSettings(reserve_bytes=1 << 20, reserve_share=0.5, write_every_s=0.01))
    with pytest.raises(TapFailed, match="are left on the disk"):
        for number in range(4000):
            tap.write(0, sink_packet(number, 1200), "site-a")
            tap.flush(float(number))
            time.sleep(0.0005)
    disk = os.statvfs(small_disk)
    assert disk.f_bavail * disk.f_frsize > 512 << 10
    with pytest.raises(TapFailed, match="no recording can be written"):
        Tap(small_disk, "rec-1", "again", TapSettings(reserve_bytes=1 << 20, reserve_share=0.5))


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TapFailed, match="no recording can be written"):
        Tap(tmp_path / "file" / "below", "rec-1", "part")


def wait_until(condition: object, limit_s: float = 20.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
