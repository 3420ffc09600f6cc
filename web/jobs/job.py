"""What a job is: a row of the outbox, carried out in named steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from web.services import Services

Report = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """One side effect to carry out; ``id`` is the delivery key that every adapter is idempotent on."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    services: Services
    report: Report  # progress in percent

    def text(self, name: str) -> str:
        """A text of the payload."""
        return str(self.payload[name])


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a job that is remembered as done; ``is_heavy`` ones run one at a time."""

    name: str
    run: Callable[[Job], Awaitable[None]]
    is_heavy: bool = False


Kinds = Mapping[str, tuple[Step, ...]]
"""The steps of each kind of job."""
