"""The supervisor: starts web process and media workers, restarts each that dies, ends all when it is told to.

It decides nothing about meetings. A child that ends with ``CANNOT_START`` has said why (bad settings, the database is
in use by another server) and is not restarted; any other end is a crash, and it comes back after a short back-off. One
that hangs (``web.heartbeat``) is ended first.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection

import structlog

from web.fork_server import Child, NotForked, Run, fork, load
from web.heartbeat import Pulse

CANNOT_START = 3
STOP_TIMEOUT_S = 15.0
LAST_WORDS_S = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Program:
    """A child to keep alive: its name in the log and what it does.

    With ``patience_s`` it is told where to beat, and ended after so many seconds of silence.
    """

    name: str
    run: Run
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


async def keep_alive(program: Program, stopping: asyncio.Event, started: Callable[[int], None]) -> None:
    """Run the program again and again until ``stopping``; raises :class:`CannotStart`."""
    back_off = BackOff()
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        begin = loop.time()
        with _listening(program) as (pulse, pipe):
            try:
                child = await fork(program.name, program.run, pipe)
            except NotForked as error:
                log.warning("not started, trying again", program=program.name, reason=str(error))
                await _wait(stopping, back_off.after(0))
                continue
            log.info("started", program=program.name, pid=child.pid)
            started(child.pid)
            code = await _run(child, stopping, pulse)
        if stopping.is_set():
            return
        if code == CANNOT_START:
            raise CannotStart(program.name)
        delay = back_off.after(loop.time() - begin)
        log.warning("ended, restarting", program=program.name, code=code, delay_s=delay)
        await _wait(stopping, delay)


@contextlib.contextmanager
def _listening(program: Program) -> Iterator[tuple[Pulse | None, Connection | None]]:
    """The pulse of a child about to be started, and the end of the pipe it is to beat on."""
    if program.patience_s is None:
        yield None, None
        return
    loop = asyncio.get_running_loop()
    pulse = Pulse(program.patience_s)
    reading, writing = multiprocessing.Pipe(duplex=False)

    def read() -> None:
        os.read(reading.fileno(), 4096)
        pulse.receive(loop.time())

    loop.add_reader(reading.fileno(), read)
    try:
        yield pulse, writing
    finally:
        loop.remove_reader(reading.fileno())
        reading.close()
        writing.close()


async def _silence(pulse: Pulse | None) -> None:
    """Returns when the child hangs."""
    if pulse is None:
        await asyncio.Event().wait()
        return
    loop = asyncio.get_running_loop()
    while (left := pulse.left(loop.time())) > 0:  # noqa: ASYNC110 - a clock decides, not an event
        await asyncio.sleep(left)


async def _run(child: Child, stopping: asyncio.Event, pulse: Pulse | None) -> int:
    ended = asyncio.ensure_future(child.wait())
    told = asyncio.ensure_future(stopping.wait())
    hangs = asyncio.ensure_future(_silence(pulse))
    try:
        await asyncio.wait({ended, told, hangs}, return_when=asyncio.FIRST_COMPLETED)
        if hangs.done() and not ended.done():
            log.error("hangs, ending it", pid=child.pid, silent_s=pulse and pulse.patience_s)
            child.signal(signal.SIGABRT)  # it prints where it hangs, if it still can
            await asyncio.wait({ended}, timeout=LAST_WORDS_S)
        elif not ended.done():
            child.signal(signal.SIGTERM)
            await asyncio.wait({ended}, timeout=STOP_TIMEOUT_S)
        if not ended.done():
            child.signal(signal.SIGKILL)
        return await ended
    finally:
        told.cancel()
        hangs.cancel()
        child.signal(signal.SIGKILL)  # when this task was cancelled


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def supervise(
    programs: list[Program],
    started: Callable[[str, int], None] = lambda name, pid: None,
    stopping: asyncio.Event | None = None,
    loaded: Iterable[str] = (),
) -> None:
    """Keep all programs alive until SIGINT or SIGTERM (or ``stopping``); raises :class:`CannotStart`.

    ``loaded``: modules that they are forked with. They end in reverse order, one after the other: who leans on
    another does not see it end.
    """
    load(loaded)
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
