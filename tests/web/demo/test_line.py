"""The bad line between two levels, as it is asked for."""

from __future__ import annotations

import pytest

from web.demo.line import Impairment


def test_each_part_is_read_at_will() -> None:
    line = Impairment.read("rtt=100,loss=5,rate=2000")
    assert line == Impairment(100, 5.0, 2000)
    settings = line.settings
    assert (settings.rate, settings.delay_s, settings.loss) == (2_000_000, 0.05, 0.05)
    assert Impairment.read(str(line)) == line
    assert Impairment.read("loss=0.5").settings.rate is None


@pytest.mark.parametrize("text", ["", "rtt", "rtt=a", "delay=5", "rtt=1,rtt=2", "loss=80", "rate=1", "rtt=-1"])
def test_what_it_does_not_take_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"rtt|loss|rate"):
        Impairment.read(text)
