"""Where a process may be cut off: before each thing it does that lasts. It dies of SIGKILL at a chosen seam.

A seam lies before a file is opened for writing, made visible by a new name, removed or forced to disk, before an object
goes into the store, and before a transaction that wrote is committed (the product's or the job engine's). Writing into
an open file is none: what is not forced to disk yet counts for nothing.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
from sqlalchemy import Connection, Engine, event

NAMES_CHANGE = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MADE_UP = re.compile(r"[0-9a-f-]{36,}|(?<=\.tmp-)\w+")  # ids, hashes, temporary names: another one each time
LIMIT_S = 120


class Seams:
    """In the process that is to die, of what it does in ``folder`` once ``begin`` was called; ``""`` lets it live.

    The file ``log`` gets the name of each seam: what is done, to what, for the how manieth time. What ``passing`` says
    yes to is none.
    """

    def __init__(
        self, folder: Path, log: Path, die_at: str, passing: Callable[[str], bool] = lambda what: False
    ) -> None:
        self._folder, self._die_at, self._passing = f"{folder}/", die_at, passing
        self._times: Counter[str] = Counter()
        self._log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)

    def begin(self) -> None:
        sys.addaudithook(self._audited)
        force = os.fsync

        def fsync(handle: int) -> None:
            self._reached("fsync", str(Path(f"/proc/self/fd/{handle}").readlink()))
            force(handle)

        os.fsync = fsync  # type: ignore[assignment]
        for name in ("put_async", "rename_async", "delete_async"):
            setattr(obstore, name, self._before(f"obstore {name}", getattr(obstore, name)))
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Engine, "commit", self._committing)

    def _reached(self, what: str, path: str = "") -> None:
        if path and not path.startswith(self._folder):
            return
        done = f"{what} {MADE_UP.sub('*', path.removeprefix(self._folder))}"
        if self._passing(done):
            return
        self._times[done] += 1
        seam = f"{done} {self._times[done]}"
        os.write(self._log, f"{seam}\n".encode())
        if seam == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _before(self, what: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def reached_first(*values: Any, **options: Any) -> Any:
            self._reached(what)
            return act(*values, **options)

        return reached_first

    def _audited(self, name: str, values: tuple[Any, ...]) -> None:
        opens = name == "open" and isinstance(values[2], int) and values[2] & WRITING
        if (opens or name in NAMES_CHANGE) and isinstance(values[0], str | bytes | os.PathLike):
            self._reached(name, os.fsdecode(values[0]))

    def _executed(self, connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        wrote = statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")
        connection.info["wrote"] = wrote or connection.info.get("wrote", False)

    def _committing(self, connection: Connection) -> None:
        if connection.info.pop("wrote", False):
            self._reached("commit", connection.engine.url.database or "")


async def one_life(live: Callable[..., None], *arguments: object) -> int | None:
    """``live(*arguments)`` in a process forked from one that has imported what it needs; its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([live.__module__])
    process = context.Process(target=live, args=arguments)
    process.start()
    await asyncio.to_thread(process.join, LIMIT_S)
    return process.exitcode
