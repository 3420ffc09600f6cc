"""From packet logs to files a browser plays."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from recordings.capture.playable import Segment, make_playable
from recordings.capture.scan import scan
from recordings.capture.timeline import Timeline, build
from recordings.errors import NothingRecorded
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
)


def finish(directory: Path) -> tuple[Timeline, list[Segment], Path]:
    found = scan(directory)
    timeline = build(found.captured, found.pauses)
    folder = directory / "files"
    return timeline, make_playable(found, timeline, folder), folder


def code_at(path: Path, second: float) -> int | None:
    shown = [picture for at, picture in decode_pictures(path) if at <= second + 0.01]
    return read_code(shown[-1])


def tone_at(path: Path, second: float) -> float:
    sound = decode_sound(path)
    return tone_of(sound[int(second * 48_000) : int((second + 0.4) * 48_000)], 48_000)


def test_two_speakers_one_after_the_other(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0b1010_0110), "site-a", 0.2, 3)
    log.audio(Microphone(600), "site-a", 0.2, 3)
    log.video(Camera(0b0101_1001, size=(640, 360)), "site-b", 3, 6)
    log.audio(Microphone(1400), "site-b", 3, 6, stream=VOICE + 1)
    log.write(6.1)
    timeline, segments, folder = finish(tmp_path)
    assert 6000 <= timeline.duration_ms <= 6200
    (segment,) = segments
    path = folder / segment.file_name
    assert segment.media_type == 'video/webm; codecs="vp8,opus"'
    assert (segment.start_ms, segment.duration_ms) == (0, timeline.duration_ms)
    assert [code_at(path, second) for second in (1, 2.9, 3.2, 5.5)] == [0b1010_0110] * 2 + [0b0101_1001] * 2
    gaps = np.diff([at for at, _ in decode_pictures(path)])
    assert len(gaps) == 42 + 45 - 1  # no frame is missing, though sequence numbers wrap
    assert gaps.max() < 0.2
    assert tone_at(path, 1) == pytest.approx(600, abs=5)
    assert tone_at(path, 4) == pytest.approx(1400, abs=5)
    with av.open(str(path)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["vp8", "opus"]
        container.seek(4_000_000)
        assert float(next(container.decode(video=0)).time or 0) == pytest.approx(3.05, abs=0.1)  # the keyframe there


def test_sound_and_picture_are_placed_by_the_clock_of_their_sender(tmp_path: Path) -> None:
    """The picture is 700 ms late on the way and the site's clock is an hour wrong: lips still match."""
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0xA5), "site-a", 1, 4, delay_s=0.7, sender_ahead_s=3600)
    log.audio(Microphone(900), "site-a", 1, 4, delay_s=0.05, sender_ahead_s=3600)
    log.write(5)
    _, (segment,), folder = finish(tmp_path)
    pictures = decode_pictures(folder / segment.file_name)
    sound = decode_sound(folder / segment.file_name)
    first_sound = np.flatnonzero(np.abs(sound) > 0.1)[0] / 48_000
    assert pictures[0][0] == pytest.approx(first_sound, abs=0.05)
    assert first_sound == pytest.approx(1.05, abs=0.05)


def test_three_voices_are_mixed(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    for number, hertz in enumerate((500, 1100, 2300)):
        log.audio(Microphone(hertz, 0.2), f"site-{number}", 0, 2, stream=VOICE + number)
    log.write(2)
    _, (segment,), folder = finish(tmp_path)
    assert segment.media_type == "audio/webm"  # no camera at all: still a file that plays
    sound = decode_sound(folder / segment.file_name)[24_000:72_000]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    for hertz in (500, 1100, 2300):
        assert spectrum[hertz - 3 : hertz + 4].max() > 20 * np.median(spectrum)


def test_a_lost_packet_costs_pictures_up_to_the_next_keyframe_only(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0x3C), "site-a", 0, 4, lose=lambda packet: packet == 20, key_every=30)
    log.audio(Microphone(700), "site-a", 0, 4)
    log.write(4)
    _, (segment,), folder = finish(tmp_path)
    times = [at for at, _ in decode_pictures(folder / segment.file_name)]
    gaps = np.diff(times)
    assert gaps.max() < 2.0
    assert (gaps > 0.2).sum() == 1
    assert {read_code(picture) for _, picture in decode_pictures(folder / segment.file_name)} == {0x3C}


def test_nothing_said_during_a_pause_is_in_the_file(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0x11), "site-a", 0, 2)
    log.audio(Microphone(600), "site-a", 0, 2)
    log.mark(2, "paused")
    log.video(Camera(0x77), "site-b", 3, 4)  # a worker that would not stop writing
    log.audio(Microphone(3000), "site-b", 3, 4)
    log.mark(12, "resumed")
    log.video(Camera(0x22), "site-a", 12, 14)
    log.audio(Microphone(900), "site-a", 12, 14)
    log.write(14)
    timeline, (segment,), folder = finish(tmp_path)
    path = folder / segment.file_name
    assert timeline.duration_ms == pytest.approx(4000, abs=50)
    assert {read_code(picture) for _, picture in decode_pictures(path)} == {0x11, 0x22}
    assert code_at(path, 2.3) == 0x22
    assert tone_at(path, 2.5) == pytest.approx(900, abs=5)


def test_two_parts_of_a_killed_worker_are_one_recording(tmp_path: Path) -> None:
    first = LogBuilder(tmp_path, "a", 0)
    first.video(Camera(0x0F), "site-a", 0, 3)
    first.audio(Microphone(600), "site-a", 0, 3)
    path = first.write(None)
    path.write_bytes(path.read_bytes()[:-7])  # torn in the middle of a record
    second = LogBuilder(tmp_path, "b", 5)
    second.video(Camera(0xF0), "site-a", 5, 7)
    second.audio(Microphone(900), "site-a", 5, 7)
    second.write(7)
    timeline, (segment,), folder = finish(tmp_path)
    assert [span.kind for span in timeline.spans] == ["recorded", "gap", "recorded"]
    assert timeline.duration_ms == pytest.approx(7000, abs=60)
    path = folder / segment.file_name
    assert [code_at(path, 1), code_at(path, 5.5)] == [0x0F, 0xF0]
    assert tone_at(path, 5.5) == pytest.approx(900, abs=5)
    assert np.abs(decode_sound(path)[int(3.5 * 48_000) : int(4.5 * 48_000)]).max() < 0.01


def test_another_codec_begins_another_segment(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0x5A), "site-a", 0, 2)
    log.video(Camera(0xC3, "h264"), "site-b", 2, 4)
    log.audio(Microphone(600), "site-a", 0, 4)
    log.write(4)
    _, segments, folder = finish(tmp_path)
    assert [segment.media_type.split(";")[0] for segment in segments] == ["video/webm", "video/mp4"]
    assert segments[1].start_ms == pytest.approx(2030, abs=60)
    assert segments[0].duration_ms == segments[1].start_ms
    assert code_at(folder / segments[1].file_name, 1) == 0xC3
    assert tone_at(folder / segments[1].file_name, 1) == pytest.approx(600, abs=5)


def test_a_shared_screen_is_the_picture_while_it_is_shared(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    log.video(Camera(0x0F), "site-a", 0, 6, key_every=15)
    log.video(Camera(0x99), "site-a", 2, 4, stream=PRESENTATION)
    log.nobody(4.1, PRESENTATION)
    log.write(6)
    _, (segment,), folder = finish(tmp_path)
    path = folder / segment.file_name
    assert [code_at(path, second) for second in (1, 3, 5.5)] == [0x0F, 0x99, 0x0F]


def test_an_empty_folder_is_nothing_recorded(tmp_path: Path) -> None:
    with pytest.raises(NothingRecorded):
        scan(tmp_path)
