"""Running a child process that must not take us with it: own session, a deadline, all of it killed at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended; ``code`` None means it ran over its deadline and was killed."""

    code: int | None
    output: bytes
    errors: bytes


async def run_child(
    arguments: list[str],
    *,
    input_bytes: bytes = b"",
    timeout_s: float,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
) -> Outcome:
    """Run it to its end or its deadline; its whole process group is gone when this returns."""
    child = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    try:
        output, errors = await asyncio.wait_for(child.communicate(input_bytes), timeout_s)
        return Outcome(child.returncode, output, errors)
    except TimeoutError:
        return Outcome(None, b"", b"")
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
