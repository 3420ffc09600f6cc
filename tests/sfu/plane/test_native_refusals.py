"""A send buffer that is full: the packet thread waits once, for a moment, then drops and counts, and goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc") or "cc"  # the one that built the plane


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """This plane only: the reference has no thread."""
    return "loop"


def test_what_the_kernel_refuses_is_tried_again_then_dropped(tmp_path: Path) -> None:
    kernel = tmp_path / "refusing_kernel.so"
    source = str(HERE / "refusing_kernel.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(kernel), source, "-ldl"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.sfu.plane.refused_sends", str(kernel)],
        cwd=HERE.parents[2],
        env={**os.environ, "LD_PRELOAD": str(kernel)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and done.stdout.startswith("went on"), done.stderr
