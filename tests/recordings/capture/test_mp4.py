"""The archive's MP4: codec, bit rate, chapters, who is in the picture and heard when."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from recordings.capture.chapters import Chapter
from recordings.capture.layout import layout
from recordings.capture.mp4 import make_mp4
from recordings.capture.scan import scan
from recordings.capture.scenes import Scene, scene_at
from recordings.capture.timeline import Interruption, build
from recordings.settings import ArchiveSettings
from tests.recordings.capture.media import (
    PRESENTATION,
    VOICE,
    Camera,
    LogBuilder,
    Microphone,
    decode_pictures,
    decode_sound,
    read_code,
    tone_of,
    wall_ns,
)

PAGE = "page with blue"


def blue_page(paper_id: str, page: int) -> bytes | None:
    if page == 2:
        return None
    data = io.BytesIO()
    Image.new("RGB", (595, 842), (0, 0, 255)).save(data, "PNG")
    return data.getvalue()


def test_the_archive_shows_and_says_what_the_facts_say(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0xA6, size=(640, 360)), "site-a", 0, 4)
    log.audio(Microphone(600), "site-a", 0, 4)
    log.video(Camera(0x59, size=(640, 360)), "site-b", 4, 8)
    log.audio(Microphone(1400), "site-b", 4, 8, stream=VOICE + 1)
    log.video(Camera(0x3C), "site-b", 6, 7.5, stream=PRESENTATION)
    log.nobody(7.6, PRESENTATION)
    log.write(8)
    found = scan(tmp_path)
    timeline = build(found.captured, found.pauses)
    chapters = [
        Chapter(0, 8000, "item", "Tình hình kinh tế – xã hội tháng 11"),
        Chapter(1000, 4030, "speech", "xã Quản Bạ – Vàng A Sính", "site-a", "item-1", "speech-1"),
        Chapter(4030, 7000, "speech", "xã Cán Tỷ", "site-b", "item-1", "speech-2"),
    ]
    scenes = [
        Scene(0, "program", "Tình hình kinh tế – xã hội tháng 11", "xã Quản Bạ"),
        Scene(2000, "paper", "Tình hình kinh tế – xã hội tháng 11", "xã Quản Bạ – Vàng A Sính", "paper-1", 1),
        Scene(3000, "program", "Tình hình kinh tế – xã hội tháng 11", "xã Quản Bạ – Vàng A Sính"),
        Scene(6000, "presentation", "Tình hình kinh tế – xã hội tháng 11", "xã Cán Tỷ"),
        Scene(7500, "paper", "", "", "paper-1", 2),
    ]
    path = tmp_path / "recording.mp4"
    said: list[int] = []
    settings = ArchiveSettings()
    sealed = make_mp4(found, timeline, scenes, chapters, blue_page, path, settings, "Giao ban", said.append)

    assert sealed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sealed.size_bytes == path.stat().st_size
    assert said == sorted(said)
    assert path.read_bytes().find(b"moov") < path.read_bytes().find(b"mdat")
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.average_rate) == (1280, 720, Fraction(25))
        assert (video.bit_rate or 0) >= 1_500_000
        marks = [(c["start"] * (c["time_base"] or 0) * 1000, c["metadata"]["title"]) for c in container.chapters()]
        assert marks == [
            (0, "Tình hình kinh tế – xã hội tháng 11"),
            (1000, "xã Quản Bạ – Vàng A Sính"),
            (4030, "xã Cán Tỷ"),
            (7000, "Tình hình kinh tế – xã hội tháng 11"),
        ]
    pictures = decode_pictures(path)
    assert len(pictures) == pytest.approx(200, abs=3)

    def code_at(second: float) -> int | None:
        picture = next(picture for at, picture in pictures if at >= second)
        place = scene_at(scenes, int(second * 1000)).layout().video.fit(640, 360)
        return read_code(picture[place.y : place.y + place.height, place.x : place.x + place.width])

    assert [code_at(second) for second in (0.5, 1.5, 2.5, 3.9)] == [0xA6] * 4
    assert [code_at(second) for second in (4.2, 5, 6.5, 7.4)] == [0x59] * 4
    stage = layout(True).exhibit
    assert stage is not None
    shared = next(picture for at, picture in pictures if at >= 7)
    place = stage.fit(320, 180)
    assert read_code(shared[place.y : place.y + place.height, place.x : place.x + place.width]) == 0x3C
    sound = decode_sound(path)
    for second, hertz in ((1.0, 600), (3.4, 600), (4.3, 1400), (7.3, 1400)):
        piece = sound[int(second * 48_000) : int((second + 0.4) * 48_000)]
        assert tone_of(piece, 48_000) == pytest.approx(hertz, abs=5)
    page = page_colour(path, 2.5, stage.fit(595, 842).x + 100, 300)
    assert page[2] > 200
    assert max(page[:2]) < 60


def test_a_gap_is_a_slate_and_silence(tmp_path: Path) -> None:
    for part, start, code in (("a", 0, 0x0F), ("b", 4, 0xF0)):
        log = LogBuilder(tmp_path, part, start)
        log.video(Camera(code), "site-a", start, start + 2)
        log.audio(Microphone(800), "site-a", start, start + 2)
        log.write(start + 2)
    found = scan(tmp_path)
    timeline = build(found.captured, [], [Interruption(wall_ns(2), "disk")])
    notice = "Gián đoạn ghi hình từ 05:13:22 đến 05:13:24: máy chủ hết chỗ lưu"
    scenes = [Scene(0, "program"), Scene(2000, "gap", notice=notice), Scene(4000, "program")]
    path = tmp_path / "recording.mp4"
    make_mp4(found, timeline, scenes, [], blue_page, path, ArchiveSettings())
    pictures = dict(decode_pictures(path))
    slate = pictures[3.0]
    assert slate[300:340].max() > 150  # the notice
    assert np.median(slate) < 60
    assert np.abs(decode_sound(path)[int(2.5 * 48_000) : int(3.5 * 48_000)]).max() < 0.01


def test_what_is_there_already_is_only_hashed(tmp_path: Path) -> None:
    path = tmp_path / "recording.mp4"
    path.write_bytes(b"whole")
    found, timeline = scan_of_a_second(tmp_path)
    sealed = make_mp4(found, timeline, [Scene(0, "program")], [], blue_page, path, ArchiveSettings())
    assert sealed.sha256 == hashlib.sha256(b"whole").hexdigest()


def scan_of_a_second(tmp_path: Path):  # type: ignore[no-untyped-def]
    log = LogBuilder(tmp_path, "a", 0)
    log.audio(Microphone(800), "site-a", 0, 1)
    log.write(1)
    found = scan(tmp_path)
    return found, build(found.captured, [])


def page_colour(path: Path, second: float, x: int, y: int) -> tuple[int, int, int]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if (frame.time or 0) >= second:
                red, green, blue = frame.to_ndarray(format="rgb24")[y, x]
                return int(red), int(green), int(blue)
    raise AssertionError("too short")
