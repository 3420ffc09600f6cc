"""Runs a job in a process of its own (``child.py``), so that no codec ever stalls or takes down the web process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from recordings.errors import JobFailed

LINE_LIMIT = 64 << 20  # the result of a day with many switches is one line
OnProgress = Callable[[int], Awaitable[None]]


async def run(job: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """The job's result; ``JobFailed`` says why there is none. Cancelling ends the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "recordings.capture.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    assert process.stdin and process.stdout and process.stderr  # noqa: S101 - for the type checker
    try:
        process.stdin.write(json.dumps(job).encode() + b"\n")
        complaints = asyncio.create_task(process.stderr.read())
        result = await _listen(process.stdout, on_progress)
        said = (await complaints).decode(errors="replace").strip().splitlines()
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process.stdin.close()
    if result is None or "error" in result:
        reason = result["error"] if result else (said[-1] if said else f"the process ended with {code}")
        raise JobFailed(f"{job['do']}: {reason}")
    done: dict[str, Any] = result["done"]
    return done


async def _listen(output: asyncio.StreamReader, on_progress: OnProgress) -> dict[str, Any] | None:
    """The last message of the process, having passed on its progress."""
    result = None
    while line := await output.readline():
        message = json.loads(line)
        if "progress" in message:
            await on_progress(message["progress"])
        else:
            result = message
    return result
