"""Where the province's PostgreSQL keeps its data."""

from __future__ import annotations

from pathlib import Path

from web.demo.layout import lay_out
from web.demo.postgres import folder_for


def test_a_folder_that_only_root_may_enter_is_not_for_postgresql(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    layout = lay_out(closed / "demo", isolated=True)
    assert not folder_for(layout, layout.province, as_root=True).is_relative_to(closed)
    assert folder_for(layout, layout.province, as_root=False).is_relative_to(closed)
