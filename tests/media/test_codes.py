"""Codes and tones survive what codecs and scalers do to them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pypdfium2
import pytest

from sfu.light_peer.sample import Sample
from tests.media import paper, picture_code, samples, tone


@pytest.mark.parametrize("number", [0, 1, 7, 85, 170, 254, 255])
def test_a_code_is_read_from_the_picture_it_was_drawn_in(number: int) -> None:
    assert picture_code.read(picture_code.picture(number, 640, 360)) == number
    assert picture_code.read(picture_code.picture(number, 160, 90)) == number


def test_each_page_of_a_paper_shows_its_own_number() -> None:
    pages = pypdfium2.PdfDocument(paper.paper([201, 202]))
    drawn = [page.render(scale=0.4, grayscale=True).to_numpy().squeeze() for page in pages]
    assert [picture_code.read(picture) for picture in drawn] == [201, 202]


def test_pictures_without_a_code_read_as_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (180, 320), np.uint8)
    assert picture_code.read(np.full((180, 320), 90, np.uint8)) is None
    assert picture_code.read(noise) is None


def test_a_mixture_of_two_codes_is_no_code() -> None:
    first, second = picture_code.picture(0x0F, 320, 180), picture_code.picture(0xF0, 320, 180)
    assert picture_code.read(np.where(np.arange(320) < 120, first, second)) not in (0x0F, 0xF0)


@pytest.mark.parametrize("number", [3, 200])
def test_a_code_survives_vp8_at_small_size(number: int) -> None:
    decoder = av.CodecContext.create("vp8", "r")
    sample = samples.video_sample(number, width=160, height=90)
    assert sample.frames[0].keyframe and not any(frame.keyframe for frame in sample.frames[1:])
    frames = [picture for frame in sample.frames for picture in decoder.decode(av.Packet(frame.data))]
    assert {picture_code.read(np.asarray(picture.to_ndarray()[:90, :160], np.uint8)) for picture in frames} == {number}


@pytest.mark.parametrize("number", [0, 13, 39])
def test_a_tone_survives_opus(number: int) -> None:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48000, "mono"
    sample = samples.audio_sample(number)
    pcm = [frame.to_ndarray() for part in sample.frames for frame in decoder.decode(av.Packet(part.data))]
    assert tone.read(np.concatenate(pcm, axis=1).flatten().astype(np.int16)) == number


def test_two_tones_at_once_are_both_found_and_silence_has_none() -> None:
    both = tone.samples(4) // 2 + tone.samples(20) // 2
    assert set(tone.read_all(both)) == {4, 20}
    assert tone.read(np.zeros(48000, np.int16)) is None


def test_a_sample_is_the_same_after_it_was_kept_in_a_file(tmp_path: Path) -> None:
    sample = samples.video_sample(5, "five")
    sample.write(tmp_path / "five.sample")
    assert Sample.read(tmp_path / "five.sample", "five") == sample
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(ValueError, match="no sample"):
        Sample.read(tmp_path / "junk")
