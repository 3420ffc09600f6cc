"""Several installations born from one process that has loaded everything: a story of several pays for that once.

Each has a supervisor, a web process and a media worker of its own, as ever; only what they are forked from is shared.
Run as ``python -m tests.loaded`` it forks a ``giaoban`` for every line it reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path
from types import TracebackType
from typing import Self


class Forked:
    """A process of somebody else's, as ``asyncio.subprocess.Process`` has its own; how it ended is not known."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    @property
    def returncode(self) -> int | None:
        return 0 if select.select([self._handle], [], [], 0)[0] else None

    def terminate(self) -> None:
        signal.pidfd_send_signal(self._handle, signal.SIGTERM)

    def kill(self) -> None:
        signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def wait(self) -> int:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._handle)
        return 0


class Loaded:
    """``async with Loaded(folder) as loaded``; what children print goes to ``children.log`` there."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "children.log"
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.loaded", stdin=-1, stdout=-1, stderr=log
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def fork(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """``giaoban`` with these arguments."""
        assert self._process.stdin and self._process.stdout
        order = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return Forked(int(await self._process.stdout.readline()))


def main() -> None:
    import web.command
    import web.prepare
    import web.serve  # noqa: F401
    from web.fork_server import load
    from web.programs import LOADED

    load(LOADED)
    forkserver.ensure_running()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
        print(pid, flush=True)


def _become(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Never returns."""
    from web.command import app

    os.environ.update(environment)
    with Path(log).open("ab") as file, Path(os.devnull).open("rb") as nothing:
        for source, target in ((nothing, 0), (file, 1), (file, 2)):
            os.dup2(source.fileno(), target)
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]  # its parent sees to that
    try:
        app(arguments)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    os._exit(1)


if __name__ == "__main__":
    main()
