"""The processes of the demonstration: each with a log of its own, ended in the opposite order of their starts."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from web.demo.errors import Ended
from web.demo.usage import cpu_seconds

STOP_S = 25.0


@dataclass(slots=True)
class _Running:
    name: str
    process: Process
    log: Path
    end_by: signal.Signals


@dataclass(slots=True)
class Processes:
    logs: Path
    _running: list[_Running] = field(default_factory=list)

    async def start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        *,
        talks: bool = False,
        end_by: signal.Signals = signal.SIGTERM,
    ) -> Process:
        """``talks``: its standard input and output are ours. In a session of its own: Ctrl-C comes to us alone."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{name}.log"
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(environment),
                stdin=PIPE if talks else DEVNULL,
                stdout=PIPE if talks else log,
                stderr=log,
                start_new_session=True,
                limit=1024 * 1024,
            )
        self._running.append(_Running(name, process, path, end_by))
        return process

    def cpu_seconds(self) -> dict[str, float]:
        """What each has used so far, with all below it."""
        return cpu_seconds((one.name, one.process.pid) for one in self._running)

    def check(self) -> None:
        """Raises :class:`Ended` when one is gone."""
        for one in self._running:
            if one.process.returncode is not None:
                raise Ended(one.name, one.process.returncode, one.log)

    async def one_ended(self) -> None:
        """Waits until one ends by itself, and raises :class:`Ended`."""
        waiting = [asyncio.create_task(one.process.wait()) for one in self._running]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        self.check()

    async def stop(self) -> None:
        while self._running:
            one = self._running.pop()
            if one.process.returncode is not None:
                continue
            one.process.send_signal(one.end_by)
            try:
                await asyncio.wait_for(one.process.wait(), STOP_S)
            except TimeoutError:
                one.process.kill()
                await one.process.wait()
