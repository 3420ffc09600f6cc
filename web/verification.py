"""``giaoban verify``: what ``recordings.verify`` found, printed for a person."""

from __future__ import annotations

import logging
from pathlib import Path

from rich.console import Console

from recordings.errors import NotFound
from recordings.verify import verify


def print_report(file: Path, console: Console, recording: Path | None = None) -> bool:
    """Print every check and every defect; True when there is no defect."""
    for name in ("pyhanko", "pyhanko_certvalidator"):  # what they complain of is in the report, in words
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        report = verify(file, recording=recording)
    except NotFound as missing:
        console.print(missing.message, style="red", soft_wrap=True, markup=False, highlight=False)
        return False
    style = "green" if report.is_whole else "red"
    for line in report.lines():
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)
    return report.is_whole
