"""A real small disk: a tmpfs to be filled, emptied and made read-only, always unmounted at the end. Needs root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SmallDisk:
    path: Path

    @property
    def free(self) -> int:
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Take all space but ``leave`` bytes."""
        with self._ballast.open("ab", buffering=0) as file:
            while (missing := self.free - leave) > 0:
                try:
                    file.write(bytes(min(missing, 1 << 20)))
                except OSError:  # the last page is gone
                    break

    def empty(self) -> None:
        """Give it back."""
        self._ballast.unlink(missing_ok=True)

    def take_nothing(self) -> None:
        """As a disk that the system has made read-only, or a share mounted so: root may not write either."""
        self._remount("ro")

    def take_again(self) -> None:
        self._remount("rw")

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True)

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        raise PermissionError("mounting a small disk needs root")
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(path)], check=True)
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
