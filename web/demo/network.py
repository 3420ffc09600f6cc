"""Network namespaces of the demonstration: made, and taken away again. Needs root and iproute2."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

from web.demo.errors import DemoFailed
from web.demo.layout import Place


def can_isolate() -> bool:
    """Whether this user may make networks."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


def run(commands: Iterable[list[str]]) -> None:
    """One after the other; raises :class:`DemoFailed` with what the first that fails says."""
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DemoFailed(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")


def take_away(places: Iterable[Place]) -> None:
    """The namespaces, and their lines with them; what is not there is passed over."""
    for place in places:
        if place.namespace is not None:
            for command in (["ip", "netns", "del", place.namespace], ["ip", "link", "del", place.device]):
                subprocess.run(
                    command, capture_output=True, check=False
                )  # the second takes what an interrupted first left
