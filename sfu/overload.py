"""Overload: what a worker gives up first when it can carry no more, and in which order that comes back. Sans-IO.

A step is taken each time the packet thread was busy for a while, and taken back when it was calm for longer. Sound is
never given up, nor is what a recording gets. A step that was taken back too early is kept longer the next time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sfu.settings import OverloadRule

TOO_EARLY = 3  # a step taken again within so many times the wait
LONGEST = 16  # times the first wait


class Shed(IntEnum):
    """What is given up; each step takes those before it along."""

    NOTHING = 0
    OTHERS = 1  # pictures of everybody who is not in the program; rooms go to other workers first
    ALL_BUT_ONE = 2  # all pictures but the presentation and the first of the program
    JOINS = 3  # newcomers are refused; who was here may come back
    PICTURES = 4  # all pictures


@dataclass(slots=True)
class Overload:
    """``step`` is what holds now."""

    rule: OverloadRule
    step: Shed = Shed.NOTHING
    _busy_since: float | None = None
    _calm_since: float | None = None
    _wait_s: float = 0.0
    _eased_at: float = float("-inf")

    def receive(self, level: float, now: float) -> bool:
        """Take a measure, 1: as busy as can be; True when ``step`` is another now."""
        self._busy_since = (self._busy_since or now) if level >= self.rule.busy else None
        self._calm_since = (self._calm_since or now) if level <= self.rule.calm else None
        if self._busy_since is not None and now - self._busy_since >= self.rule.shed_s and self.step < Shed.PICTURES:
            self._shed(now)
            return True
        wait_s = self._wait_s or self.rule.restore_s
        if self._calm_since is not None and now - self._calm_since >= wait_s and self.step:
            self.step, self._calm_since, self._eased_at = Shed(self.step - 1), now, now
            return True
        return False

    def _shed(self, now: float) -> None:
        wait_s = self._wait_s or self.rule.restore_s
        if now - self._eased_at <= TOO_EARLY * wait_s:
            self._wait_s, self._eased_at = min(LONGEST * self.rule.restore_s, 2 * wait_s), float("-inf")
        elif self.step == Shed.NOTHING:
            self._wait_s = self.rule.restore_s
        self.step, self._busy_since = Shed(self.step + 1), now
