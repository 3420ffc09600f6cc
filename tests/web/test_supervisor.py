"""The supervisor with real children: what dies comes back, what cannot start ends it, a stop ends all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from web.fork_server import NotForked, fork
from web.heartbeat import Pulse, beating
from web.supervisor import CANNOT_START, BackOff, CannotStart, Program, supervise


def sleep(heartbeat: int | None) -> int:
    signal.pause()
    return 0


def cannot(heartbeat: int | None) -> int:
    return CANNOT_START


def hang(heartbeat: int | None) -> int:
    """Says once that it lives, and does not want to be ended."""
    signal.signal(signal.SIGABRT, signal.SIG_IGN)
    assert heartbeat is not None
    os.write(heartbeat, b".")
    signal.pause()
    return 0


def stuck_here() -> None:
    signal.pause()


def get_stuck(said: Path, heartbeat: int | None) -> int:
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), 2)

    async def main() -> None:
        async with beating(heartbeat):
            await asyncio.sleep(0)
            stuck_here()

    asyncio.run(main())
    return 0


def list_my_end(folder: Path, name: str, heartbeat: int | None) -> int:
    def end(*_: object) -> None:
        with (folder / "ended").open("a") as file:
            file.write(name + " ")
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    (folder / name).touch()
    signal.pause()
    return 0


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
    running = asyncio.create_task(supervise([Program("media", sleep)], starts, stopping))
    _, first = await starts.next()
    os.kill(first, signal.SIGKILL)
    _, second = await starts.next()
    assert second != first
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert not Path(f"/proc/{second}").exists()


async def test_a_child_that_falls_silent_is_ended_and_started_again() -> None:
    starts, stopping = Starts(), asyncio.Event()
    hanging = Program("media", hang, patience_s=0.3)
    running = asyncio.create_task(supervise([hanging], starts, stopping))
    _, first = await starts.next()
    _, second = await starts.next()
    assert not Path(f"/proc/{first}").exists()
    stopping.set()
    await asyncio.wait_for(running, 30)
    assert not Path(f"/proc/{second}").exists()


async def test_a_loop_that_hangs_says_where(tmp_path: Path) -> None:
    starts, stopping = Starts(), asyncio.Event()
    hanging = Program("web", partial(get_stuck, tmp_path / "said"), patience_s=0.3)
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
    with pytest.raises(CannotStart, match="web"):
        await asyncio.wait_for(supervise([Program("media", sleep), Program("web", cannot)], starts), 30)
    pids = dict([await starts.next(), await starts.next()])
    assert not Path(f"/proc/{pids['media']}").exists()


async def test_programs_end_one_after_the_other_the_last_first(tmp_path: Path) -> None:
    names, stopping = ("media-1", "media-2", "web"), asyncio.Event()
    children = [Program(name, partial(list_my_end, tmp_path, name)) for name in names]
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


SUPERVISOR = """
import asyncio
from functools import partial
from tests.web.test_supervisor import say_who
from web.supervisor import Program, supervise
asyncio.run(supervise([Program("web", say_who)]))
"""


def say_who(heartbeat: int | None) -> int:
    """Its process, its parent's, and then nothing more."""
    os.write(1, f"child {os.getpid()} {os.getppid()}\n".encode())
    signal.pause()
    return 0


async def test_children_of_a_killed_supervisor_end_too() -> None:
    async with supervisor_of_one() as (parent, lines):
        await said(lines)
        parent.kill()
        await asyncio.wait_for(lines.read(), 30)  # end of file: nobody holds the pipe any more


async def test_when_the_fork_server_is_killed_there_is_another() -> None:
    async with supervisor_of_one() as (_, lines):
        child, fork_server = await said(lines)
        os.kill(fork_server, signal.SIGKILL)
        assert {child, fork_server}.isdisjoint(await said(lines))
        assert await gone(child)


async def gone(pid: int) -> bool:
    """Nobody waits for the child of a killed parent but the first process of the machine, in its own time."""
    async with asyncio.timeout(30):
        while (state := Path(f"/proc/{pid}/stat")).exists():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if state.read_text().rpartition(")")[2].split()[0] == "Z":
                    break
            await asyncio.sleep(0.01)
    return True


async def said(lines: asyncio.StreamReader) -> tuple[int, int]:
    """The next child and its parent; the log's lines are passed over."""
    async with asyncio.timeout(30):
        while not (line := await lines.readline()).startswith(b"child "):
            assert line, "the supervisor ended"
    _, child, parent = line.split()
    return int(child), int(parent)


async def test_a_machine_without_room_for_another_is_said_and_not_the_end() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(NotForked, match="gave no media"):
            await fork("media", sleep, None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def supervisor_of_one() -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    """A supervisor of one child in a process of its own, and what the child prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout
    try:
        yield process, process.stdout
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()
