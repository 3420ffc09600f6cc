"""Another computer on this machine: a network namespace joined by a veth pair. Needs root and iproute2."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Namespace:
    """``here`` is this machine's address on the pair, ``there`` the other's."""

    name: str
    here: str
    there: str

    def command(self, *arguments: str) -> list[str]:
        """These arguments, run over there."""
        return ["ip", "netns", "exec", self.name, *arguments]

    def wrapper(self, folder: Path, program: str) -> Path:
        """An executable file that runs the program over there (for launchers that take one path)."""
        path = folder / f"{self.name}-{Path(program).name}"
        path.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} {program} "$@"\n')
        path.chmod(0o700)
        return path

    @property
    def came_bytes(self) -> int:
        """What crossed the line from there to here."""
        return int(Path(f"/sys/class/net/{self.name}a/statistics/rx_bytes").read_text())

    def cut(self) -> None:
        """Cut the line."""
        _ip("link", "set", f"{self.name}a", "down")

    def join(self) -> None:
        """Restore it."""
        _ip("link", "set", f"{self.name}a", "up")


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace of its own, removed at the end; fails in words when the machine does not allow it."""
    if os.geteuid() != 0:
        raise PermissionError("network namespaces need root")
    number = secrets.randbelow(250)
    name = f"gb{secrets.token_hex(3)}"
    made = Namespace(name, f"10.77.{number}.1", f"10.77.{number}.2")
    _ip("netns", "add", name)
    try:
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", f"{made.here}/24", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        _ip("-n", name, "addr", "add", f"{made.there}/24", "dev", f"{name}b")
        _ip("-n", name, "link", "set", f"{name}b", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "route", "add", "default", "via", made.here)
        yield made
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", f"{name}a"], check=False, stderr=subprocess.DEVNULL)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
