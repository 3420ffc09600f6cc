"""A room recorded beside it: floor, presentation and voices in a packet log; pauses, a full disk, a second part."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings.capture.course import instant_ns
from recordings.capture.packet_log import End, Label, Mark, Packet, Record, Stream, parts, read
from sfu.light_peer import LightPeer, synthetic_audio, synthetic_video
from sfu.light_peer.offer import Wanted
from sfu.light_peer.receiver import parse_vp8, payload_of
from sfu.plane.plane import SinkPacket
from tests.web.media.conftest import Media
from web.media import recorder
from web.media.errors import MediaRefused
from web.media.messages import Program, RecordingChanged

RECORDED_S = 5.0  # keyframes that are asked for now and then come later
SENDER = Wanted(presentation=True, audio_slots=0, video_slots=0, presentation_slots=0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def speaker(media: Media, name: str, frames: int = 30) -> LightPeer:
    peer = LightPeer(SENDER)
    await peer.connect(media.signal("room", name))
    peer.play("camera", synthetic_video(name, frames=frames))
    peer.play("microphone", synthetic_audio(name))
    return peer


def records(folder: Path) -> list[Record]:
    return [record for part in parts(folder) for record in read(part)]


def labels(folder: Path, stream: int) -> list[str | None]:
    return [r.label for r in records(folder) if isinstance(r, Label) and r.stream == stream]


async def until_written(media: Media, folder: Path, label: str, stream: int = 0) -> None:
    """Wait until the log names a site in a stream."""
    await media.wait_for(lambda: label in labels(folder, stream))


async def test_the_floor_is_recorded_under_its_site_and_pauses_leave_nothing(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    an, binh = await speaker(media, "an"), await speaker(media, "binh")
    await media.client.set_program("room", Program(floor="an"), ["an"])
    at = await media.client.record("room", "r1", "start", tmp_path)
    assert at.endswith("Z")
    await until_written(media, tmp_path, "site an")
    an.play("presentation", synthetic_video("slides"))
    await media.client.set_program("room", Program(floor="binh", presentation="an"), ["binh"])
    await until_written(media, tmp_path, "site binh")
    await until_written(media, tmp_path, "site an", stream=1)
    assert (await media.client.state())["room"].recording == {
        "recording_id": "r1",
        "directory": str(tmp_path),
        "state": "on",
    }
    await media.client.record("room", "r1", "pause", tmp_path)
    slots = media.worker.node.room("room").peers["recorder r1"].slots
    assert all(slot.consumer.encoding is None for slot in slots)
    await media.client.set_program("room", Program(floor="an"), ["an"])
    await media.client.record("room", "r1", "resume", tmp_path)
    await media.wait_for(lambda: labels(tmp_path, 0)[-1] == "site an")
    with pytest.raises(MediaRefused, match="not_allowed"):
        await media.client.record("room", "r2", "start", tmp_path)
    await media.client.record("room", "r1", "stop", tmp_path)

    written = records(tmp_path)
    streams = {r.stream: (r.kind, r.source, r.codec) for r in written if isinstance(r, Stream)}
    assert streams[0] == ("video", "program", "vp8") and streams[1] == ("video", "presentation", "vp8")
    assert [streams[number] for number in (2, 3, 4)] == [("audio", "voice", "opus")] * 3
    marks = [r.event["event"] for r in written if isinstance(r, Mark)]
    assert [mark for mark in marks if mark != "alive"] == ["paused", "resumed"]  # a starved peer sends nothing a while
    assert isinstance(written[-1], End)
    assert labels(tmp_path, 0) == ["site an", "site binh", "site an"]
    for index, record in enumerate(written):
        if isinstance(record, Label) and record.stream < 2:  # a switch begins with a keyframe
            first = next(r for r in written[index:] if isinstance(r, Packet) and r.stream == record.stream)
            assert not first.rtp[12 + 6] & 1 and first.rtp[1] & 127 == 96
    told = [e.state for e in media.of(RecordingChanged) if isinstance(e, RecordingChanged)]
    assert told == ["on", "paused", "on", "off"]
    for peer in (an, binh):
        await peer.close()


async def test_what_is_recorded_begins_with_a_keyframe_of_its_own(media: Media, tmp_path: Path) -> None:
    """The plane begins with a keyframe it still has; one from before the start, or of a pause, is not recorded."""
    await media.client.open_room("room")
    an, watcher = await speaker(media, "an", frames=600), LightPeer()
    await watcher.connect(media.signal("room", "watcher"))
    await media.client.set_program("room", Program(floor="an"), ["an"])
    await watcher.wait_for(lambda: keyframes_of(watcher) > 0)
    started_at = await media.client.record("room", "r1", "start", tmp_path)
    await media.wait_for(lambda: has_keyframe_since(started_at, tmp_path), RECORDED_S)
    await media.client.record("room", "r1", "pause", tmp_path)
    seen = keyframes_of(watcher)
    await media.client.request_keyframe("room", "an")
    await watcher.wait_for(lambda: keyframes_of(watcher) > seen)
    resumed_at = await media.client.record("room", "r1", "resume", tmp_path)
    await media.wait_for(lambda: has_keyframe_since(resumed_at, tmp_path), RECORDED_S)
    await media.client.record("room", "r1", "stop", tmp_path)
    for peer in (an, watcher):
        await peer.close()


def keyframes_of(viewer: LightPeer) -> int:
    return sum(slot.keyframes for slot in viewer.received.values())


def has_keyframe_since(at: str, folder: Path) -> bool:
    """Whether a keyframe of the program is in the log that came after this moment."""
    since_ns = instant_ns(at)
    program = (r for r in records(folder) if isinstance(r, Packet) and r.stream == 0 and r.arrival_ns >= since_ns)
    pictures = (parse_vp8(payload_of(packet.rtp)) for packet in program)
    return any(is_first and not data[0] & 1 for is_first, _, data in pictures)


async def test_a_packet_that_waited_in_a_queue_stays_its_senders(media: Media, tmp_path: Path) -> None:
    """The slot shows another already, the packet is from before; its sender may even have left."""
    await media.client.open_room("room")
    an, binh = await speaker(media, "an"), await speaker(media, "binh")
    await media.client.set_program("room", Program(floor="an"), ["an"])
    await media.client.record("room", "r1", "start", tmp_path)
    await until_written(media, tmp_path, "site an")
    recording = media.worker.node.room("room").peers["recorder r1"]
    slot = recording.slots[0]
    late = SinkPacket(slot.consumer.handle, slot.consumer.encoding or 0, b"late", time.time_ns())
    await media.client.set_program("room", Program(floor="binh"), ["binh"])
    await media.client.leave("an")
    await until_written(media, tmp_path, "site binh")
    assert recording.spec.sink is not None
    recording.spec.sink(late)
    await media.client.record("room", "r1", "stop", tmp_path)
    label = None
    for record in records(tmp_path):
        if isinstance(record, Label) and record.stream == 0:
            label = record.label
        elif isinstance(record, Packet) and record.stream == 0:
            assert label == ("site an" if record.rtp == b"late" else label)
    assert labels(tmp_path, 0)[:3] == ["site an", "site binh", "site an"]
    for peer in (an, binh):
        await peer.close()


async def test_while_it_writes_keyframes_are_asked_for_now_and_then(media: Media, tmp_path: Path) -> None:
    await media.client.open_room("room")
    an = await speaker(media, "an")
    await media.client.set_program("room", Program(floor="an"), ["an"])
    made = recorder.Recorder(media.worker.node, "room", "r1", tmp_path, "part", lambda event: None)
    asked: list[float] = []
    now = 1000.0

    def refresh(room: str, viewer: str) -> None:
        assert (room, viewer) == ("room", "recorder r1")
        asked.append(now)

    media.worker.node.refresh = refresh  # type: ignore[method-assign]
    made.start(now)
    for _ in range(70):
        now += 0.5
        made.handle_timeout(now)
    assert asked == [1000.0, 1010.0, 1020.0, 1030.0]
    made.pause(now)
    for _ in range(70):
        now += 0.5
        made.handle_timeout(now)
    assert len(asked) == 4
    made.resume(now)
    made.handle_timeout(now)
    assert asked[4:] == [now]
    await made.stop()
    await an.close()


async def test_a_full_disk_interrupts_the_recording_but_not_the_room(
    media: Media, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "RETRY_S", 0.5)
    await media.client.open_room("room")
    an = await speaker(media, "an")
    watcher = LightPeer(known=[synthetic_video("an")])
    await watcher.connect(media.signal("room", "watcher"))
    await media.client.set_program("room", Program(floor="an"), ["an"])
    await media.client.record("room", "r1", "start", small_disk)
    await until_written(media, small_disk, "site an")
    filler, disk = small_disk / "filler", os.statvfs(small_disk)
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - 32 * 1024))  # less than the reserve is left
    await media.wait_for(lambda: "interrupted" in states(media))
    await watcher.wait_for(lambda: watcher.sources("video") == {"an"})
    packets = sum(slot.packets for slot in watcher.received.values())
    await watcher.wait_for(lambda: sum(slot.packets for slot in watcher.received.values()) > packets + 20)
    filler.unlink()
    await media.wait_for(lambda: states(media)[-1] == "on")
    await media.wait_for(lambda: len(parts(small_disk)) == 2)
    await media.client.record("room", "r1", "stop", small_disk)
    await an.close()
    await watcher.close()


async def test_a_folder_that_cannot_be_written_is_told_at_once(media: Media, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    await media.client.open_room("room")
    await media.client.record("room", "r1", "start", tmp_path / "file")
    await media.wait_for(lambda: states(media) == ["interrupted"])
    await media.client.close_room("room")
    await media.wait_for(lambda: states(media)[-1] == "off")


def states(media: Media) -> list[str]:
    return [event.state for event in media.of(RecordingChanged) if isinstance(event, RecordingChanged)]
