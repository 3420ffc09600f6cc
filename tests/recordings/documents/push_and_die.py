"""A process that delivers and is killed with SIGKILL after the step named on its command line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from recordings.documents.folder import Folder
from recordings.documents.package import Package

PACKAGE = Package(
    {"Title": "Hồ sơ giao ban", "Subject": "Biên bản", "CodeNumber": "07", "CodeNotation": "BB-UBND",
     "IssuedDate": "2026-11-05"},
    {"bien-ban/bien-ban.pdf": b"%PDF-" + b"x" * 100_000, "tai-lieu/1.pdf": b"%PDF-1"},
)  # fmt: skip


def die_after(step: str):  # type: ignore[no-untyped-def]
    def after(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return after


if __name__ == "__main__":
    asyncio.run(Folder(Path(sys.argv[1]), die_after(sys.argv[2])).push("delivery-1", PACKAGE))
