"""Errors of the demonstration: the text is shown as it is.

DemoFailed
├── Missing    something of this machine is needed: the text names the command that brings it
├── Occupied   another demonstration runs in this folder
└── Ended      a process of ours ended by itself: its last lines are in the text
"""

from __future__ import annotations

from pathlib import Path

LAST_LINES = 12


class DemoFailed(Exception):
    """It cannot go on; the text says why."""


class Missing(DemoFailed):
    """Something of this machine is needed."""


class Occupied(DemoFailed):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"Một bản minh họa khác đang chạy trong {folder}.")


class Ended(DemoFailed):
    def __init__(self, name: str, code: int | None, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:] if log.exists() else []
        super().__init__("\n".join((f"Tiến trình {name} dừng với mã {code}; nhật ký {log}:", *lines)))
