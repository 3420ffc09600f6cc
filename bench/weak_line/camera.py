"""A picture that costs what a room full of people does: the number above, a moving and noisy scene below."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.media import picture_code

WIDTH, HEIGHT, FPS = 960, 540, 15


def write_lively_camera(path: Path, number: int, seconds: int = 4) -> Path:
    """As Y4M, for Chromium's fake camera."""
    random = np.random.default_rng(1)
    scene = np.kron(random.integers(60, 190, (HEIGHT // 20, WIDTH // 20 + 200), dtype=np.uint8), np.ones((20, 20)))
    chroma = bytes([128]) * (WIDTH // 2 * (HEIGHT // 2) * 2)
    top = HEIGHT - HEIGHT // 4
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for moment in range(FPS * seconds):
            plane = np.array(picture_code.picture(number, WIDTH, HEIGHT, moment))
            noise = random.integers(-12, 12, (HEIGHT - top, WIDTH))
            moved = scene[: HEIGHT - top, moment * 7 : moment * 7 + WIDTH]
            plane[top:] = np.clip(moved + noise, 0, 255).astype(np.uint8)
            file.write(b"FRAME\n" + plane.astype(np.uint8).tobytes() + chroma)
    return path
