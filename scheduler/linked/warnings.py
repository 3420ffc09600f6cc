"""What would go wrong, said before the meeting: thin lines, sites nobody can reach, rooms without people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduler.linked.bandwidth import Strain

if TYPE_CHECKING:
    from scheduler.linked.view import TreeRoom

SHOWN = 12  # names with a warning; the rest is a number


@dataclass(frozen=True, slots=True)
class Warned:
    """A code for the text on screen, how many it concerns, and the first names."""

    code: str
    count: int = 1
    names: tuple[str, ...] = ()


def warnings_of(rooms: Sequence[TreeRoom], server: Strain) -> tuple[Warned, ...]:
    """The grave ones first."""
    sites = [site for room in rooms for site in room.sites]
    lower = [room for room in rooms if room.parent_id is not None]
    links = [room for room in lower if room.node_id is not None]
    here = [room for room in lower if room.node_id is None]
    found = [
        *([Warned(f"server_{server}")] if server in ("over", "tight") else []),
        _named("link_over", [room.unit_title for room in links if room.strain == "over"]),
        _named("site_line_over", [site.unit_title for site in sites if site.strain == "over"]),
        _named("room_elsewhere_failed", [room.unit_title for room in lower if room.state in ("declined", "failed")]),
        _named("two_chairs_one_person", _twice([(room.chair_person_id, room.chair_name) for room in rooms])),
        _named("site_without_address", [site.unit_title for site in sites if not site.has_address]),
        _named("site_without_phone", [site.unit_title for site in sites if not site.phone]),
        _named("room_alone", [room.unit_title for room in here if len(room.sites) <= 1]),
        _named("room_without_deputy", [room.unit_title for room in here if room.deputy_person_id is None]),
        _named("link_tight", [room.unit_title for room in links if room.strain == "tight"]),
        _named("site_line_tight", [site.unit_title for site in sites if site.strain == "tight"]),
        _named("link_unknown", [room.unit_title for room in links if room.strain == "unknown"]),
        _named("site_line_unknown", [site.unit_title for site in sites if site.strain == "unknown"]),
        *([Warned("server_unknown")] if server == "unknown" else []),
    ]
    return tuple(one for one in found if one.count)


def _named(code: str, names: Sequence[str]) -> Warned:
    return Warned(code, len(names), tuple(names[:SHOWN]))


def _twice(people: Sequence[tuple[str, str]]) -> list[str]:
    chairs = Counter(id for id, _ in people if id)
    return list(dict.fromkeys(name for id, name in people if chairs[id] > 1))
