"""The sign of life that a child gives its supervisor: a byte a second down a pipe, from its event loop.

Who hangs falls silent, although its process lives and its sockets are open.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

EVERY_S = 1.0


@dataclass(slots=True)
class Pulse:
    """``patience_s``: so long a child may say nothing once it has begun to; loading may take as long as it does."""

    patience_s: float
    last: float | None = None

    def receive(self, now: float) -> None:
        self.last = now

    def left(self, now: float) -> float:
        """Seconds of patience that are left."""
        return self.patience_s if self.last is None else self.last + self.patience_s - now


@contextlib.asynccontextmanager
async def beating(pipe: int | None) -> AsyncIterator[None]:
    """Inside, the running loop shows that it turns. ``pipe``: its writing end; None where nobody listens."""
    if pipe is None:
        yield
        return
    os.set_inheritable(pipe, False)
    os.set_blocking(pipe, False)
    faulthandler.enable()  # a supervisor that loses patience asks with SIGABRT where it hangs
    task = asyncio.ensure_future(_beat(pipe))
    try:
        yield
    finally:
        task.cancel()


async def _beat(pipe: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        while True:
            with contextlib.suppress(BlockingIOError):
                os.write(pipe, b".")
            await asyncio.sleep(EVERY_S)
