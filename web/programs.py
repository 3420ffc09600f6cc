"""The processes of an installation as the supervisor starts them: one web process, and each media worker by itself."""

from __future__ import annotations

import sys
from functools import partial

from web.settings import Settings
from web.supervisor import CANNOT_START, Program

PATIENCE_S = 30.0  # of an old PC with all hands full the loop still turns in seconds
LOADED = ("web.loading",)


def programs(settings: Settings) -> list[Program]:
    """What ``giaoban serve`` keeps alive."""
    web = Program("web", partial(run_web, settings), PATIENCE_S)
    return [web] if settings.media_remote else [*media_programs(settings), web]


def media_programs(settings: Settings) -> list[Program]:
    """What ``giaoban media`` keeps alive where the media workers have a container of their own."""
    return [Program(one.name, partial(run_media, settings, one.number), PATIENCE_S) for one in settings.workers]


def run_web(settings: Settings, heartbeat: int | None = None) -> int:
    """The web process, until it is told to stop; its exit code. ``heartbeat``: where the supervisor listens."""
    from web.server import run

    return run(settings, heartbeat)


def run_media(settings: Settings, number: int, heartbeat: int | None = None) -> int:
    """One media worker, likewise."""
    if number > settings.media_workers:
        print(f"No media worker {number}: GIAOBAN_MEDIA_WORKERS is {settings.media_workers}.", file=sys.stderr)
        return CANNOT_START
    try:
        from web.media.worker import run_worker
    except ModuleNotFoundError as missing:
        if not (missing.name or "").startswith("sfu.plane.native."):
            raise
        print("The native packet plane is not built. Mend: make setup", file=sys.stderr)
        return CANNOT_START
    return run_worker(settings, settings.workers[number - 1], heartbeat)
