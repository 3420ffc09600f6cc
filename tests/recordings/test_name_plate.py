"""Made-up cameras: what light peers replay is a picture that a decoder shows."""

from __future__ import annotations

from pathlib import Path

import av

from recordings.name_plate import HEIGHT, WIDTH, camera_sample, frames, quiet_sample, write_camera


def test_a_plate_is_a_picture_of_its_own_for_every_name() -> None:
    one, other = (next(frames(name, 4, 1)) for name in ("xã Lùng Tám", "thị trấn Tam Sơn"))
    assert one.size == other.size == (WIDTH, HEIGHT)
    assert one.tobytes() != other.tobytes()


def test_the_encoded_plate_begins_with_a_keyframe_and_decodes() -> None:
    sample = camera_sample("xã Lùng Tám", fps=2)
    assert [frame.keyframe for frame in sample.frames][:2] == [True, False]
    decoder = av.CodecContext.create("vp8", "r")
    shown = [picture for frame in sample.frames for picture in decoder.decode(av.Packet(frame.data))]
    assert {(picture.width, picture.height) for picture in shown} == {(WIDTH, HEIGHT)}
    assert sum(len(frame.data) for frame in sample.frames) < 40_000


def test_a_camera_file_has_whole_frames(tmp_path: Path) -> None:
    data = write_camera(tmp_path / "camera.y4m", "huyện Quản Bạ", fps=1).read_bytes()
    head, _, rest = data.partition(b"\n")
    assert head.startswith(b"YUV4MPEG2 W320 H180 F1:1")
    assert len(rest) % (len(b"FRAME\n") + WIDTH * HEIGHT * 3 // 2) == 0


def test_a_quiet_microphone_says_so_now_and_then() -> None:
    sample = quiet_sample()
    assert len(sample.frames) == 1
    assert sample.frames[0].duration >= 4800
