"""What a killed run has left is found by the mark of its folder."""

from __future__ import annotations

from pathlib import Path

from web.demo.layout import MARK
from web.demo.leftovers import marked


def test_only_processes_of_this_folder_are_found(tmp_path: Path) -> None:
    environments = {
        "11": f"PATH=/bin\0{MARK}=/srv/demo\0",
        "12": f"{MARK}=/srv/demo2\0",
        "13": "PATH=/bin\0",
        "self": f"{MARK}=/srv/demo\0",
        "14": f"X={MARK}=/srv/demo\0",
    }
    for pid, text in environments.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "environ").write_bytes(text.encode())
    (tmp_path / "15").mkdir()  # gone while we look
    assert marked("/srv/demo", tmp_path) == [11]
