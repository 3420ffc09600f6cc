"""The folder ``run/``, through which the processes of one installation know of each other: who serves, who holds what.

While ``serve`` prepares the data folder and the database, what its children are made of is loaded already, and they
wait here: a start takes the longer of the two, not the sum.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def preparing(run: Path) -> Iterator[None]:
    """Children of this process wait in :func:`wait_until_prepared` until the block ends; so they do when it dies."""
    file = _file(run, os.getpid())
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink()


def wait_until_prepared(run: Path) -> None:
    """Returns at once when the parent prepares nothing: after a restart, or in a container of its own."""
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        return
    try:
        held = _file(run, parent.pid).open()
    except FileNotFoundError:
        return
    with held:
        fcntl.flock(held, fcntl.LOCK_SH)


def lock(file: Path) -> IO[str] | None:
    """Hold this file for as long as the process lives; None while another process does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    held = file.open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        return None
    return held


def write_pid(run: Path, name: str) -> None:
    """``<name>.pid`` says which process serves here; one that is refused never touches it."""
    run.mkdir(parents=True, exist_ok=True)
    file = run / f"{name}.pid"
    partial = file.with_suffix(".new")
    partial.write_text(str(os.getpid()))
    partial.replace(file)


def is_running(run: Path, name: str) -> bool:
    """Whether the process that wrote ``<name>.pid`` is still there."""
    try:
        os.kill(int((run / f"{name}.pid").read_text()), 0)
    except (OSError, ValueError) as error:
        return isinstance(error, PermissionError)
    return True


def _file(run: Path, pid: int) -> Path:
    return run / f"preparing.{pid}"
