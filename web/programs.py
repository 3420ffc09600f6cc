"""The processes of an installation as the supervisor starts them: one web process, and each media worker by itself."""

from __future__ import annotations

import sys

from web.settings import Settings, environment_of
from web.supervisor import Program

COMMAND = (sys.executable, "-m", "web.command")
PATIENCE_S = 30.0  # of an old PC with all hands full the loop still turns in seconds


def programs(settings: Settings) -> list[Program]:
    """What ``giaoban serve`` keeps alive."""
    web = Program("web", (*COMMAND, "web"), environment_of(settings), PATIENCE_S)
    return [web] if settings.media_remote else [*media_programs(settings), web]


def media_programs(settings: Settings) -> list[Program]:
    """What ``giaoban media`` keeps alive where the media workers have a container of their own."""
    environment = environment_of(settings)
    return [
        Program(one.name, (*COMMAND, "media", str(one.number)), environment, PATIENCE_S) for one in settings.workers
    ]
