"""What is on air, as a pure function of the state and of who is connected.

The chair is always heard. While somebody has the floor, only he is heard besides; without a floor the mode decides:
in a discussion everybody, else nobody but the chair. In a break the chair alone, and no floor on air.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.proceedings.state import State
from web.live.connection import Connection
from web.media.messages import Program


@dataclass(frozen=True, slots=True)
class OnAir:
    """A program and the peers whose microphones are open."""

    program: Program
    audible: tuple[str, ...]


def program_of(state: State, connections: Iterable[Connection], *, has_rooms_below: bool = False) -> OnAir:
    """Peers by name; somebody who is not connected to the worker is not on air, unless he may be in a room below:
    there he is known by his site."""
    here = [connection for connection in connections if connection.in_media]
    by_site: dict[str | None, str] = {c.participant.site_id: c.id for c in here if c.publishes}
    if has_rooms_below:
        by_site = {**_by_themselves(state), **by_site}
    in_session = state.stage in ("testing", "convened")
    chair = by_site.get(state.chair_site_id)
    holder = state.floor.site_id if state.floor and in_session else None
    program = Program(
        floor=by_site.get(holder) if holder else None,
        chair=chair,
        presentation=_presenter(state, here, by_site) if in_session else None,
        mode=state.mode,
    )
    return OnAir(program, tuple(sorted(_audible(state, by_site, holder, in_session))))


def _by_themselves(state: State) -> dict[str | None, str]:
    """Sites of the program under their own ids."""
    named = (state.floor.site_id if state.floor else None, state.chair_site_id, state.presentation_site_id)
    return {site_id: site_id for site_id in named if site_id is not None}


def _audible(state: State, by_site: dict[str | None, str], holder: str | None, in_session: bool) -> set[str]:
    chair = {by_site[state.chair_site_id]} if state.chair_site_id in by_site else set()
    if not in_session:
        return chair
    if holder is not None:
        return chair | ({by_site[holder]} if holder in by_site else set())
    return set(by_site.values()) if state.mode == "discussion" else chair


def _presenter(state: State, here: list[Connection], by_site: dict[str | None, str]) -> str | None:
    """The site that presents; for the chair's site the secretary may do it from his own machine."""
    site_id = state.presentation_site_id
    if site_id is None:
        return None
    if site_id == state.home_site_id:
        secretaries = [c.id for c in here if c.participant.role == "secretary" and c.line.presentation]
        own = next((c for c in here if c.id == by_site.get(site_id)), None)
        if secretaries and not (own is not None and own.line.presentation):
            return secretaries[0]
    return by_site.get(site_id)
