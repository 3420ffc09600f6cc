"""Tells a room of its facts: the first at once, those that follow so soon together, in order with all else it is told.

When the sites of a province come in, each of them is two facts that everybody hears of. A fact is written out once, and
whoever has the same to hear is sent the same text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from scheduler.proceedings.facts import Fact
from scheduler.proceedings.wire import fact_to_text
from web.live.connection import Connection

EVERY_S = 0.05
Later = Callable[[float, Callable[[], None]], Any]
"""Calls the second after the first, in seconds; what it gives has ``cancel``."""


def later(delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, call)


class Telling:
    """Of one room. ``every_s``: how far apart messages of facts are at least; 0: each fact by itself, at once."""

    def __init__(self, connections: Mapping[str, Connection], every_s: float = 0.0, later: Later = later) -> None:
        self._connections = connections
        self._every_s = every_s
        self._later = later
        self._waiting: list[tuple[int, str]] = []  # seq and text of those that not everybody has heard of
        self._texts: dict[int, str] = {}  # messages, by how many of those waiting are left out
        self._due: Any = None  # while it runs, facts wait for it

    def add(self, connection: Connection, seq: int) -> None:
        """Somebody who knows everything up to this fact; what he is sent from now on comes after facts before it."""
        connection.told = seq
        connection.outgoing.catch_up = partial(self._give, connection)

    def take(self, facts: Sequence[Fact]) -> None:
        """These are durable."""
        self._waiting += [(fact.seq, fact_to_text(fact)) for fact in facts]
        self._texts.clear()
        if self._due is None:
            self._tell()

    def stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _tell(self) -> None:
        for connection in self._connections.values():
            if connection.is_open:
                self._give(connection)
        self._waiting.clear()
        self._texts.clear()
        self._due = self._later(self._every_s, self._again) if self._every_s else None

    def _again(self) -> None:
        self._due = None
        if self._waiting:
            self._tell()

    def _give(self, connection: Connection) -> None:
        if not self._waiting or connection.told >= self._waiting[-1][0]:
            return
        known = sum(seq <= connection.told for seq, _ in self._waiting)
        if known not in self._texts:
            facts = ",".join(text for _, text in self._waiting[known:])
            self._texts[known] = f'{{"type":"facts","facts":[{facts}]}}'
        connection.told = self._waiting[-1][0]
        connection.outgoing.send_text(self._texts[known])
