"""What the rules need to know of the plan, and of who is asking: frozen values, loaded by whoever calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scheduler.proceedings.facts import Mode, Somebody

Role = Literal["chair", "secretary", "site", "hall"]


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who is logged in at a site of a room below, as that room said when it was asked."""

    person_id: str
    site_id: str
    meeting_id: str  # of the room directly below, through which he is reached
    site_name: str
    person: Somebody


@dataclass(frozen=True, slots=True)
class Plan:
    """The meeting as planned."""

    stage: str  # of the meeting's row
    chair_person_id: str
    chair_site_id: str
    secretary_person_id: str
    mode: Mode = "one_speaker"
    speech_limit_s: int = 300
    record: bool = True
    may_record: bool = True  # False: a state secret, on an isolated installation
    deputy_person_id: str | None = None  # presides when the room is cut off and its chair is not here
    site_ids: tuple[str, ...] = ()  # invited, in protocol order
    item_ids: tuple[str, ...] = ()  # in order
    papers: Mapping[str, int | None] = field(default_factory=dict)  # paper id → pages, None when not counted
    below: Mapping[str, Sitter] = field(default_factory=dict)  # by site, of rooms below that were just asked


@dataclass(frozen=True, slots=True)
class Participant:
    """Who gives a command: one connection. ``site_id`` is the site it publishes for."""

    role: Role
    person_id: str | None = None
    site_id: str | None = None
    name: str = ""  # shown with what he writes: the person's name, or the site's unit
