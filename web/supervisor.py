"""The supervisor: starts web process and media workers, restarts each that dies, ends all when it is told to.

It decides nothing about meetings. A child that ends with ``CANNOT_START`` has said why (bad settings, the database is
in use by another server) and is not restarted; any other end is a crash, and it comes back after a short back-off. One
that hangs (``web.heartbeat``) is ended first.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from web.heartbeat import Pulse

CANNOT_START = 3
STOP_TIMEOUT_S = 15.0
LAST_WORDS_S = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """A child to keep alive: its name in the log, its arguments and environment.

    With ``patience_s`` it is told where to beat (``--heartbeat FD``), and ended after so many seconds of silence.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    patience_s: float | None = None


@dataclass(slots=True)
class BackOff:
    """Seconds to wait before the next start: 0.2 after a long life, doubling up to 5 in a crash loop."""

    first: float = 0.2
    most: float = 5.0
    calm_after: float = 30.0
    delay: float = 0.0

    def after(self, lived: float) -> float:
        """The wait after a child that lived this many seconds."""
        self.delay = self.first if lived >= self.calm_after or not self.delay else min(self.delay * 2, self.most)
        return self.delay


class CannotStart(Exception):
    """A child said that it cannot start; it printed the reason itself."""


def end_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux), so that ``kill -9`` of the supervisor leaves
    no server behind that holds the ports."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGTERM)


async def keep_alive(program: Program, stopping: asyncio.Event, started: Callable[[int], None]) -> None:
    """Run the program again and again until ``stopping``; raises :class:`CannotStart`."""
    back_off = BackOff()
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        begin = loop.time()
        with _listening(program) as (pulse, pipe):
            heartbeat = () if pipe is None else ("--heartbeat", str(pipe))
            process = await asyncio.create_subprocess_exec(
                *program.arguments,
                *heartbeat,
                env={**os.environ, **program.environment},
                pass_fds=() if pipe is None else (pipe,),
            )
            log.info("started", program=program.name, pid=process.pid)
            started(process.pid)
            code = await _run(process, stopping, pulse)
        if stopping.is_set():
            return
        if code == CANNOT_START:
            raise CannotStart(program.name)
        delay = back_off.after(loop.time() - begin)
        log.warning("ended, restarting", program=program.name, code=code, delay_s=delay)
        await _wait(stopping, delay)


@contextlib.contextmanager
def _listening(program: Program) -> Iterator[tuple[Pulse | None, int | None]]:
    """The pulse of a child about to be started, and the end of the pipe it is to beat on."""
    if program.patience_s is None:
        yield None, None
        return
    loop = asyncio.get_running_loop()
    pulse = Pulse(program.patience_s)
    reading, writing = os.pipe()

    def read() -> None:
        os.read(reading, 4096)
        pulse.receive(loop.time())

    loop.add_reader(reading, read)
    try:
        yield pulse, writing
    finally:
        loop.remove_reader(reading)
        os.close(reading)
        os.close(writing)


async def _silence(pulse: Pulse | None) -> None:
    """Returns when the child hangs."""
    if pulse is None:
        await asyncio.Event().wait()
        return
    loop = asyncio.get_running_loop()
    while (left := pulse.left(loop.time())) > 0:  # noqa: ASYNC110 - a clock decides, not an event
        await asyncio.sleep(left)


async def _run(process: asyncio.subprocess.Process, stopping: asyncio.Event, pulse: Pulse | None) -> int:
    ended = asyncio.ensure_future(process.wait())
    told = asyncio.ensure_future(stopping.wait())
    hangs = asyncio.ensure_future(_silence(pulse))
    try:
        await asyncio.wait({ended, told, hangs}, return_when=asyncio.FIRST_COMPLETED)
        if hangs.done() and not ended.done():
            log.error("hangs, ending it", pid=process.pid, silent_s=pulse and pulse.patience_s)
            process.send_signal(signal.SIGABRT)  # it prints where it hangs, if it still can
            await asyncio.wait({ended}, timeout=LAST_WORDS_S)
        elif not ended.done():
            process.terminate()
            await asyncio.wait({ended}, timeout=STOP_TIMEOUT_S)
        if not ended.done():
            process.kill()
        return await ended
    finally:
        told.cancel()
        hangs.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def supervise(
    programs: list[Program],
    started: Callable[[str, int], None] = lambda name, pid: None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Keep all programs alive until SIGINT or SIGTERM (or ``stopping``); raises :class:`CannotStart`.

    They end in reverse order, one after the other: who leans on another does not see it end.
    """
    stopping = stopping or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)

    told = asyncio.ensure_future(stopping.wait())
    stops = [asyncio.Event() for _ in programs]
    kept = [
        asyncio.ensure_future(keep_alive(program, stop, partial(started, program.name)))
        for program, stop in zip(programs, stops, strict=True)
    ]
    await asyncio.wait({told, *kept}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    for stop, ending in zip(reversed(stops), reversed(kept), strict=True):
        stop.set()
        await asyncio.wait({ending})
    for ended in kept:
        ended.result()
