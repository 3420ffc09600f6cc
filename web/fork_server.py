"""Children that are forked from a process in which everything is loaded already: who died is back at once.

Loading takes seconds of processor, a fork milliseconds. That process is the fork server of ``multiprocessing``: it has
one thread and opens nothing, so what it forks is as good as new. It ends when neither parent nor child is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

Run = Callable[[int | None], int]
"""What a child does, given the file descriptor to beat on; its exit code. A module's function, or a partial of one."""

_SPAWN = multiprocessing.get_context("forkserver")


def load(modules: Iterable[str]) -> None:
    """What the fork server is to load; said before the first child is born."""
    _SPAWN.set_forkserver_preload(list(modules))


class NotForked(Exception):
    """The fork server ended meanwhile, or the machine has no room for another process; another time it may work."""


class Child:
    """A running child; ``pid`` is its process."""

    def __init__(self, process: BaseProcess, pid: int) -> None:
        self._process = process
        self.pid = pid

    @property
    def ended(self) -> bool:
        return self._process.exitcode is not None

    def signal(self, number: signal.Signals) -> None:
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):  # it ends just now
                os.kill(self.pid, number)

    async def wait(self) -> int:
        """The exit code; minus the signal's number when one ended it."""
        loop = asyncio.get_running_loop()
        silent = asyncio.Event()
        loop.add_reader(self._process.sentinel, silent.set)
        try:
            await silent.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0


async def fork(name: str, run: Run, heartbeat: Connection | None) -> Child:
    """Start a child; the first waits until everything is loaded. Raises :class:`NotForked`."""
    process = _SPAWN.Process(target=_live, args=(name, run, heartbeat), name=name)
    try:
        await asyncio.to_thread(process.start)
    except (OSError, EOFError) as error:
        raise NotForked(f"the fork server gave no {name}: {error!r}") from error
    return Child(process, process.pid or 0)


def _live(name: str, run: Run, heartbeat: Connection | None) -> None:
    _say_name(name)
    _end_with_fork_server()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(run(None if heartbeat is None else heartbeat.fileno()))


def _end_with_parent() -> None:
    """``kill -9`` of the supervisor leaves no server behind that holds the ports."""
    if (parent := multiprocessing.parent_process()) is not None:
        wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _end_with_fork_server() -> None:
    """Nobody could say any more how this process ends, so it ends at once and is born again."""
    _prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _say_name(name: str) -> None:
    with contextlib.suppress(OSError):
        _prctl(15, f"giaoban {name}"[:15].encode())  # PR_SET_NAME: what top and ps -o comm show


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value)
