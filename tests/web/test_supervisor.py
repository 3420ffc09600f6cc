"""The supervisor with real children: what dies comes back, what cannot start ends it, a stop ends all."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from web.heartbeat import Pulse
from web.supervisor import CANNOT_START, BackOff, CannotStart, Program, supervise

STUCK = """
import asyncio, os, signal, sys
os.dup2(os.open(os.environ["SAID"], os.O_WRONLY | os.O_CREAT), 2)
from web.heartbeat import beating
def stuck_here():
    signal.pause()
async def main():
    async with beating(int(sys.argv[2])):
        await asyncio.sleep(0)
        stuck_here()
asyncio.run(main())
"""
SLEEPER = "import signal; signal.pause()"


def program(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code), {})


class Starts:
    """Records (name, pid) of every start and lets a test wait for the n-th."""

    def __init__(self) -> None:
        self.seen: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    def __call__(self, name: str, pid: int) -> None:
        self.seen.put_nowait((name, pid))

    async def next(self) -> tuple[str, int]:
        return await asyncio.wait_for(self.seen.get(), 30)


async def test_a_killed_child_is_started_again() -> None:
    starts, stopping = Starts(), asyncio.Event()
    running = asyncio.create_task(supervise([program("media", SLEEPER)], starts, stopping))
    _, first = await starts.next()
    os.kill(first, signal.SIGKILL)
    _, second = await starts.next()
    assert second != first
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert not Path(f"/proc/{second}").exists()


HANGING = """
import os, signal, sys
signal.signal(signal.SIGABRT, signal.SIG_IGN)
os.write(int(sys.argv[2]), b".")
signal.pause()
"""


async def test_a_child_that_falls_silent_is_ended_and_started_again() -> None:
    starts, stopping = Starts(), asyncio.Event()
    hanging = replace(program("media", HANGING), patience_s=0.3)
    running = asyncio.create_task(supervise([hanging], starts, stopping))
    _, first = await starts.next()
    _, second = await starts.next()
    assert not Path(f"/proc/{first}").exists()
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert not Path(f"/proc/{second}").exists()


async def test_a_loop_that_hangs_says_where(tmp_path: Path) -> None:
    starts, stopping = Starts(), asyncio.Event()
    hanging = replace(program("web", STUCK), patience_s=0.3, environment={"SAID": str(tmp_path / "said")})
    running = asyncio.create_task(supervise([hanging], starts, stopping))
    await starts.next()
    await starts.next()
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert "in stuck_here" in (tmp_path / "said").read_text()


def test_a_child_that_never_beat_is_left_to_load() -> None:
    pulse = Pulse(30.0)
    assert pulse.left(1000.0) == 30.0
    pulse.receive(1000.0)
    assert pulse.left(1029.0) == 1.0
    assert pulse.left(1031.0) == -1.0


async def test_a_child_that_cannot_start_ends_the_others() -> None:
    starts = Starts()
    cannot = program("web", f"import sys; sys.exit({CANNOT_START})")
    with pytest.raises(CannotStart, match="web"):
        await asyncio.wait_for(supervise([program("media", SLEEPER), cannot], starts), 30)
    pids = dict([await starts.next(), await starts.next()])
    assert not Path(f"/proc/{pids['media']}").exists()


LISTED = """
import pathlib, signal, sys
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (folder / "ended").open("a") as file:
        file.write(name + " ")
    sys.exit()
signal.signal(signal.SIGTERM, end)
(folder / name).touch()
signal.pause()
"""


async def test_programs_end_one_after_the_other_the_last_first(tmp_path: Path) -> None:
    names, stopping = ("media-1", "media-2", "web"), asyncio.Event()
    children = [Program(name, (sys.executable, "-c", LISTED, str(tmp_path), name), {}) for name in names]
    running = asyncio.create_task(supervise(children, stopping=stopping))
    async with asyncio.timeout(30):
        while not all((tmp_path / name).exists() for name in names):  # noqa: ASYNC110 - another process's files
            await asyncio.sleep(0.01)
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert (tmp_path / "ended").read_text().split() == ["web", "media-2", "media-1"]


def test_a_crash_loop_waits_longer_and_a_long_life_resets_it() -> None:
    back_off = BackOff()
    assert [back_off.after(1.0) for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert back_off.after(60.0) == 0.2


def test_children_of_a_killed_supervisor_end_too(tmp_path: Path) -> None:
    child = (
        "import os,signal; from web.supervisor import end_with_parent; end_with_parent();"
        f" open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); os.write(1, b'.'); signal.pause()"
    )
    parent = f"import subprocess,sys; subprocess.run([sys.executable, '-c', {child!r}])"
    reading, writing = os.pipe()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", parent],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, reading)],
    )
    os.close(writing)
    assert os.read(reading, 1) == b"."
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert os.read(reading, 1) == b""  # end of file: nobody holds the pipe any more
    os.close(reading)
