"""What a real Chromium gets over a weak line: frozen pictures, concealed sound, how soon it is better.

A Chromium sends q, h, f of a lively 960 × 540, another looks and listens through ``bench/relay``. Frozen is a share of
the time in which the ladder's step had a picture. ``python -m bench weak_line``.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.record import Figure
from bench.relay.link import LinkSettings
from bench.relay.relay import LineSettings, Relay, server_of, through
from sfu.congestion.ladder import STEPS
from tests.browser.media.participant import Participant, participant
from tests.media import picture_code
from tests.web.media.conftest import Media, running_media
from web.media.messages import LadderChanged, Program

WIDTH, HEIGHT, FPS = 960, 540, 15
NUMBER = 5
WARM_UP_S = 6.0
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """A line: its rates with their seconds, loss, round trip, queue."""

    name: str
    phases: tuple[tuple[int, int], ...]
    loss: float = 0.0
    rtt_s: float = 0.1
    queue_bytes: int = 32_000


SHORT_ROWS = (
    Row("500 kbit/s, 5 %, 100 ms", ((500_000, 40),), loss=0.05),
    Row("2 Mbit/s, 20 %, 100 ms", ((2_000_000, 40),), loss=0.2),
    Row("5 → 0.5 → 5 Mbit/s, 100 ms", ((5_000_000, 15), (500_000, 20), (5_000_000, 25))),
)
FULL_ROWS = (
    *SHORT_ROWS,
    *(Row(f"2 Mbit/s, {loss:.0%}, 100 ms", ((2_000_000, 40),), loss=loss) for loss in (0.01, 0.05, 0.1)),
    *(Row(f"2 Mbit/s, 0 %, {rtt} ms", ((2_000_000, 40),), rtt_s=rtt / 1000) for rtt in (50, 300)),
    Row("150 kbit/s, 0 %, 100 ms", ((150_000, 40),)),
)
SHORT: dict[str, Any] = {"full": False}
FULL: dict[str, Any] = {"full": True}


def measure(full: bool) -> list[Figure]:
    figures: list[Figure] = []
    for row in FULL_ROWS if full else SHORT_ROWS:
        figures += asyncio.run(_measure(row))
    return figures


@dataclass(slots=True)
class Seen:
    """Looks at the viewer: time, totals of its report, estimate, step."""

    looks: list[tuple[float, dict[str, float], float, int]] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)  # when each phase began

    def figures(self, row: Row) -> list[Figure]:
        first, last = self.looks[0], self.looks[-1]
        total = {name: last[1][name] - first[1][name] for name in last[1]}
        paused_s = LOOK_S * sum(step >= STEPS.index("still") for *_, step in self.looks)
        frozen_s = max(total["frozen"] - paused_s, 0.0)  # a browser counts a pause as frozen when it ends
        shown_s = max(last[0] - first[0] - paused_s, LOOK_S)
        out = [
            Figure(f"{row.name}: frozen", round(100 * frozen_s / shown_s, 1), "%"),
            Figure(f"{row.name}: concealed", round(100 * total["concealed"] / max(total["samples"], 1), 1), "%"),
            Figure(f"{row.name}: picture", round(total["bytes"] * 8 / (last[0] - first[0]) / 1000), "kbit/s"),
            Figure(f"{row.name}: repairs", round(100 * total["retransmitted"] / max(total["packets"], 1), 1), "%"),
            Figure(f"{row.name}: step, median", sorted(step for *_, step in self.looks)[len(self.looks) // 2], "of 7"),
        ]
        return out + (self._turns(row) if len(row.phases) == 3 else [])

    def _turns(self, row: Row) -> list[Figure]:
        """How soon the estimate is below the bad rate, and how soon everything is back."""
        _, worse, better = self.changes
        down = next((at - worse for at, _, rate, _ in self.looks if at > worse and rate < row.phases[1][0]), -1)
        back = next((at - better for at, _, _, step in self.looks if at > better and step == 0), -1)
        return [Figure(f"{row.name}: down", round(down, 1), "s"), Figure(f"{row.name}: back", round(back, 1), "s")]


async def _measure(row: Row) -> list[Figure]:
    seen = Seen()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        media = await stack.enter_async_context(running_media())
        await media.client.open_room("room")
        await media.client.set_program("room", Program(floor="an"), ["an"])
        camera = _write_lively_camera(folder / "camera.y4m")
        an = await stack.enter_async_context(participant(folder, NUMBER, picture=camera))
        viewer = await stack.enter_async_context(participant(folder, 0, camera=False))
        await an.join(media.signal("room", "an"), video=0, width=WIDTH, height=HEIGHT, frameRate=FPS)
        await asyncio.sleep(WARM_UP_S)  # the sender finds its own rate first
        relay = await _join_from_afar(viewer, media, row, stack)
        await viewer.hears(NUMBER)
        for rate, seconds in row.phases:
            relay.change(down=rate)
            seen.changes.append(time.monotonic())
            while time.monotonic() < seen.changes[-1] + seconds:
                await asyncio.sleep(LOOK_S)
                seen.looks.append(await _look(viewer, media))
    return seen.figures(row)


async def _join_from_afar(viewer: Participant, media: Media, row: Row, stack: contextlib.AsyncExitStack) -> Relay:
    relays: list[Relay] = []

    async def signal(offer: str) -> str:
        answer = await media.signal("room", "viewer", [])(offer)
        down = LinkSettings(row.phases[0][0], row.rtt_s / 2, loss=row.loss, queue_bytes=row.queue_bytes)
        line = LineSettings(LinkSettings(delay_s=row.rtt_s / 2), down)
        relays.append(await stack.enter_async_context(Relay(server_of(answer), line)))
        return through(answer, relays[0].address)

    await viewer.join(signal, send=False, video=1)
    return relays[0]


async def _look(viewer: Participant, media: Media) -> tuple[float, dict[str, float], float, int]:
    inbound = (await viewer.report())["inbound"]
    pictures = [item for item in inbound if item["kind"] == "video"]
    sounds = [item for item in inbound if item["kind"] == "audio"]
    totals = {
        **{name: _sum(pictures, name) for name in ("frozen", "bytes", "packets", "retransmitted")},
        **{name: _sum(sounds, name) for name in ("concealed", "samples")},
    }
    bandwidth = media.worker.node.rooms["room"].peers["viewer"].bandwidth
    steps = [STEPS.index(event.step) for event in media.events if isinstance(event, LadderChanged)]
    return time.monotonic(), totals, bandwidth.bitrate, steps[-1] if steps else 0


def _sum(items: Iterable[dict[str, Any]], name: str) -> float:
    return sum(item.get(name) or 0 for item in items)


def _write_lively_camera(path: Path, seconds: int = 4) -> Path:
    """The number's picture above, a moving and noisy scene below: it costs what a room full of people does."""
    random = np.random.default_rng(1)
    scene = np.kron(random.integers(60, 190, (HEIGHT // 20, WIDTH // 20 + 200), dtype=np.uint8), np.ones((20, 20)))
    chroma = bytes([128]) * (WIDTH // 2 * (HEIGHT // 2) * 2)
    top = HEIGHT - HEIGHT // 4
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for moment in range(FPS * seconds):
            plane = np.array(picture_code.picture(NUMBER, WIDTH, HEIGHT, moment))
            noise = random.integers(-12, 12, (HEIGHT - top, WIDTH))
            moved = scene[: HEIGHT - top, moment * 7 : moment * 7 + WIDTH]
            plane[top:] = np.clip(moved + noise, 0, 255).astype(np.uint8)
            file.write(b"FRAME\n" + plane.astype(np.uint8).tobytes() + chroma)
    return path
