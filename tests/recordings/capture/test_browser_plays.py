"""A real browser plays a segment, jumps in it, and shows and sounds what was on air there."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from recordings.capture.playable import make_playable
from recordings.capture.scan import scan
from recordings.capture.timeline import build
from tests.media.chromium import chromium
from tests.recordings.capture.media import Camera, LogBuilder, Microphone, read_code

OPEN = """async (data) => {
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    const video = document.createElement('video');
    document.body.append(video);
    video.src = URL.createObjectURL(new Blob([bytes], {type: 'video/webm'}));
    await new Promise((done, failed) => {
        video.onloadeddata = done;
        video.onerror = () => failed(new Error(video.error.message));
    });
    return video.duration;
}"""
JUMP = """async (second) => {
    const video = document.querySelector('video');
    const seeked = new Promise(done => { video.onseeked = done; });
    const shown = new Promise(done => { video.requestVideoFrameCallback(done); });
    video.currentTime = second;
    await Promise.all([seeked, shown]);
    const canvas = new OffscreenCanvas(160, 90);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 160, 90);
    return [video.currentTime, Array.from(context.getImageData(0, 0, 160, 90).data.filter((_, i) => i % 4 == 1))];
}"""
PLAY = """async () => {
    const video = document.querySelector('video');
    video.currentTime = 1;
    await video.play();
    await new Promise(done => { video.ontimeupdate = () => video.currentTime > 2 && done(); });
    return [video.webkitAudioDecodedByteCount, video.getVideoPlaybackQuality().totalVideoFrames];
}"""


async def test_chromium_plays_and_jumps(tmp_path: Path) -> None:
    log = LogBuilder(tmp_path, "a", 0)
    for number, code in enumerate((0x11, 0x22, 0x33)):
        size = (640, 360) if number == 1 else (320, 180)  # another size within the file
        log.video(Camera(code, size=size), f"site-{number}", number * 4, number * 4 + 4)
    log.audio(Microphone(700), "site-0", 0, 12)
    log.write(12)
    found = scan(tmp_path)
    (segment,) = make_playable(found, build(found.captured, []), tmp_path / "files")
    data = base64.b64encode((tmp_path / "files" / segment.file_name).read_bytes()).decode()
    async with chromium() as browser:
        page = await browser.new_page()
        assert await page.evaluate(OPEN, data) == pytest.approx(12, abs=0.3)
        for second, code in ((9.5, 0x33), (1.0, 0x11), (5.9, 0x22), (11.0, 0x33)):
            at, grey = await page.evaluate(JUMP, second)
            assert at == pytest.approx(second, abs=0.05)
            assert read_code(np.array(grey, dtype=np.uint8).reshape(90, 160)) == code
        sound_bytes, frames = await page.evaluate(PLAY)
        assert sound_bytes > 1000
        assert frames > 10
