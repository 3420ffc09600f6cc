"""``giaoban verify``: what ``recordings.verify`` found, printed for a person."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from recordings.verify import verify


def print_report(file: Path, console: Console) -> bool:
    """Print every check and every defect; True when there is no defect."""
    if not file.exists():
        console.print(f"[red]{file}: không có tệp này[/red]")
        return False
    report = verify(file)
    style = "green" if report.is_whole else "red"
    for line in report.lines():
        console.print(line, style=style, soft_wrap=True, markup=False, highlight=False)
    return report.is_whole
