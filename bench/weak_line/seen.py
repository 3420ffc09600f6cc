"""What the viewer's own browser says of a line, looked at twice a second: the same of every server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bench.record import Figure
from bench.weak_line.rows import Row
from sfu.congestion.ladder import STEPS
from sfu.relay.relay import Relay
from tests.browser.media.participant import Participant

LOOK_S = 0.5
STILL_S = 1.0  # without a new frame for so long a picture stands
AT_ONCE_S = 5.0
PAUSED = STEPS.index("still")
PICTURES = ("frozen", "bytes", "packets", "retransmitted", "decoded")
SOUNDS = ("concealed", "samples")


@dataclass(frozen=True, slots=True)
class Look:
    """Totals of the browser's report, the widest picture; packets that the line's queue refused; what only our server
    tells: estimate and step."""

    at: float
    totals: dict[str, float]
    width: float
    refused: int
    estimate: float | None
    step: int


async def look(viewer: Participant, now: float, refused: int, estimate: float | None, step: int) -> Look:
    inbound = (await viewer.report())["inbound"]
    pictures = [item for item in inbound if item["kind"] == "video"]
    sounds = [item for item in inbound if item["kind"] == "audio"]
    totals = {name: _sum(pictures, name) for name in PICTURES} | {name: _sum(sounds, name) for name in SOUNDS}
    return Look(now, totals, max((item.get("width") or 0 for item in pictures), default=0), refused, estimate, step)


def refused_by(relay: Relay) -> tuple[int, int]:
    """Of the packets towards the viewer: refused by a full queue, and carried."""
    links = [client.down.link for client in relay.clients.values()]
    return sum(link.dropped for link in links), sum(link.carried for link in links)


def _sum(items: Iterable[dict[str, Any]], name: str) -> float:
    return sum(item.get(name) or 0 for item in items)


@dataclass(slots=True)
class Seen:
    """All looks at one row, and when each phase began."""

    row: Row
    looks: list[Look] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)

    def figures(self, server: str, relay: Relay) -> list[Figure]:
        first, last = self.looks[0], self.looks[-1]
        seconds = last.at - first.at
        total = self._total(first, last)
        paused_s = LOOK_S * sum(one.step >= PAUSED for one in self.looks)
        dropped, offered = refused_by(relay)
        found = {
            "frozen": (100 * self.frozen_s() / max(seconds - paused_s, LOOK_S), "%"),
            "stands": (100 * self._stands_s() / seconds, "%"),
            "concealed": (100 * total["concealed"] / max(total["samples"], 1), "%"),
            "concealed at once": (self._concealed_at_once(), "%"),
            "picture": (total["bytes"] * 8 / seconds / 1000, "kbit/s"),
            "width": (sorted(one.width for one in self.looks)[len(self.looks) // 2], "px"),
            "repairs": (100 * total["retransmitted"] / max(total["packets"], 1), "%"),
            "overshoot": (100 * dropped / max(dropped + offered, 1), "%"),
            "step, median": (sorted(one.step for one in self.looks)[len(self.looks) // 2], "of 7"),
            **(self.turns() if len(self.row.phases) == 3 else {}),
        }
        return [Figure(f"{server}: {self.row.name}: {name}", round(v, 1), unit) for name, (v, unit) in found.items()]

    def _total(self, first: Look, last: Look) -> dict[str, float]:
        return {name: last.totals[name] - first.totals[name] for name in last.totals}

    def frozen_s(self) -> float:
        """Seconds. A browser counts a pause as frozen when it ends; what was told of it is left out there only."""
        frozen = told = 0.0
        for before, now in pairwise(self.looks):
            told += now.at - before.at if now.step >= PAUSED else 0.0
            if (grown := now.totals["frozen"] - before.totals["frozen"]) > 0:
                frozen, told = frozen + max(grown - told, 0.0), 0.0
        return frozen

    def _stands_s(self) -> float:
        """Time without a new picture for ``STILL_S``, whatever the reason: pauses that were told of are in."""
        stands, moved = 0.0, self.looks[0]
        for before, now in pairwise(self.looks):
            if now.totals["decoded"] > before.totals["decoded"]:
                moved = now
            elif now.at - moved.at >= STILL_S:
                stands += now.at - before.at
        return stands

    def _concealed_at_once(self) -> float:
        """Of the sound in the first seconds of the line's worst phase."""
        begin = self.changes[1] if len(self.changes) > 1 else self.changes[0]
        part = [one for one in self.looks if begin <= one.at <= begin + AT_ONCE_S] or self.looks[:2]
        total = self._total(part[0], part[-1])
        return 100 * total["concealed"] / max(total["samples"], 1)

    def turns(self) -> dict[str, tuple[float, str]]:
        """How soon our estimate is below the bad rate, until when the line's queue refuses packets of the worse phase,
        and how soon the widest picture is back."""
        _, worse, better = self.changes
        rate = self.row.phases[1][0]
        down = next((one.at - worse for one in self.looks if one.at > worse and (one.estimate or rate) < rate), -1.0)
        best = max(one.width for one in self.looks if one.at < worse)
        back = next((one.at - better for one in self.looks if one.at > better and one.width >= best), -1.0)
        phase = [one for one in self.looks if worse <= one.at <= better]
        full = [now.at - worse for before, now in pairwise(phase) if now.refused > before.refused]
        return {"down": (down, "s"), "overfull until": (max(full, default=0.0), "s"), "back": (back, "s")}
