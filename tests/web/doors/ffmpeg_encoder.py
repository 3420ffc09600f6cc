"""A process that sends a number's picture and tone with FFmpeg's WHIP muxer: ``ffmpeg_encoder URL SECRET NUMBER``.

Ends when its input does. FFmpeg holds the interpreter while it connects, so it cannot live where the server does.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from cryptography.hazmat.primitives import serialization

from sfu.transport.certificate import new_certificate
from tests.media import picture_code, tone


def main(url: str, secret: str, number: int) -> None:
    stop = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    av.logging.set_level(av.logging.VERBOSE)
    with tempfile.TemporaryDirectory() as folder:
        options = {"authorization": secret, **certificate(Path(folder))}
        with av.open(url, "w", format="whip", options=options) as out:
            send(out, number, stop)


def certificate(folder: Path) -> dict[str, str]:
    """Of P-256: where FFmpeg uses GnuTLS it makes one of P-224 itself, which OpenSSL refuses."""
    made = new_certificate(datetime.datetime.now(datetime.UTC))
    (folder / "cert.pem").write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    key = made.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(key)
    return {"cert_file": str(folder / "cert.pem"), "key_file": str(folder / "key.pem")}


def send(out: av.container.OutputContainer, number: int, stop: threading.Event) -> None:
    video = out.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency", "bf": "0"})
    video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
    video.codec_context.gop_size, video.codec_context.options["profile"] = 10, "baseline"
    audio = out.add_stream("libopus", rate=48000, layout="stereo")
    sound = np.repeat(tone.samples(number), 2)
    started, moment = time.monotonic(), 0
    while not stop.is_set():
        planes = np.full((270, 320), 128, np.uint8)
        planes[:180] = picture_code.picture(number, 320, 180, moment)
        picture = av.VideoFrame.from_ndarray(planes, "yuv420p")
        picture.pts, picture.time_base = moment, Fraction(1, 10)
        out.mux(video.encode(picture))
        for part in range(moment * 5, moment * 5 + 5):
            pcm = np.take(sound, range(part * 1920, part * 1920 + 1920), mode="wrap").reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(pcm, "s16", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48000, part * 960, Fraction(1, 48000)
            out.mux(audio.encode(frame))
        moment += 1
        stop.wait(max(0.0, started + moment / 10 - time.monotonic()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
