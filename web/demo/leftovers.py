"""Ends what an earlier run has left when it was killed: every process that carries the mark of this folder."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from web.demo.layout import MARK

PROC = Path("/proc")
PATIENCE_S = 8.0


def marked(mark: str, proc: Path = PROC) -> list[int]:
    """Processes started for the demonstration in this folder, whoever their parent is now."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in proc.iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):  # gone meanwhile, or somebody else's
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


async def end_marked(mark: str) -> int:
    """Ask them to end, then make them; how many there were."""
    count = 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = marked(mark)
        count = max(count, len(left))
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        for _ in range(int(PATIENCE_S / 0.1)):
            if not marked(mark):
                return count
            await asyncio.sleep(0.1)
    return count
