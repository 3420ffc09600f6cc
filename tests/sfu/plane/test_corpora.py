"""What fuzzing found worth keeping (docs/fuzzing.md), read again: nothing breaks, native and readable agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.python_parsers import CORPORA, targets
from tests.sfu.plane.test_native_parsers import PARSERS

FOLDER = Path(__file__).parents[2] / "corpora"
NATIVE = {
    "rtp": ("rtp",),
    "rtcp": ("rtcp",),
    "payload": ("vp8", "h264"),
    "red": ("red",),
    "feedback": ("feedback",),
    "frames": ("frames",),
    "demultiplex": ("kind",),
}


@pytest.fixture(autouse=True)
def plane_under_test() -> str:
    """No plane here: only its parsers."""
    return "none"


def inputs(corpus: str) -> list[bytes]:
    found = [path.read_bytes() for path in sorted((FOLDER / corpus).iterdir())]
    assert found
    return found


@pytest.mark.parametrize("corpus", NATIVE)
def test_native_parsers_agree_with_the_readable_ones(corpus: str) -> None:
    for data in inputs(corpus):
        for parser in NATIVE[corpus]:
            PARSERS[parser](data)


@pytest.mark.parametrize("name", CORPORA)
def test_python_parsers_refuse_by_their_own_errors_only(name: str) -> None:
    target = targets()[name]
    for data in inputs(CORPORA[name]):
        target(data)


def test_the_corpora_stay_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()]
    assert len(sizes) < 2500 and sum(sizes) < 1_000_000
