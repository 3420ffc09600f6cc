"""What two installations say to one another of a room that one holds for the other (``meeting.*``), read and bounded.

``Ask`` goes down: hold a room below this meeting. ``Told`` comes up: how that room stands, and its sites, in pages.
Everything is checked here, as it comes from outside: a field that is missing, too long or of another kind is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, get_args
from unicodedata import category

from scheduler.linked.parent import ParentPlan
from scheduler.meetings.meeting import Stage
from scheduler.proceedings.facts import Mode

Json = dict[str, Any]
MOST_ITEMS = 100
MOST_WISHED = 1000
MOST_SITES = 5000
PAGE = 100  # sites in one answer: with the longest names still less than an answer may hold
LONGEST_ID = 36
LONGEST_NAME = 200
CLIPPED_NAME = 100  # of a site, as we tell it
LONGEST_TITLE = 500
LONGEST_REASON = 500
ASKED_STAGES = ("sent", "postponed", "cancelled")


class NotUnderstood(ValueError):
    """What came is not what was agreed; names the field."""


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit as two installations know it: its administrative code at its level; the title is for people."""

    level: str
    code: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Hold a room of this unit below that meeting. ``child``: the room the asking side knows of already."""

    meeting_id: str
    unit: UnitName
    stage: str
    reason: str
    kind: str
    mode: str
    speech_limit_s: int
    security_marking: str
    record: bool
    plan: ParentPlan
    wish: tuple[UnitName, ...] = ()
    child: str | None = None


@dataclass(frozen=True, slots=True)
class ToldSite:
    """A site of a room elsewhere, as its installation names it."""

    id: str
    name: str
    unit_title: str
    level: str
    room_id: str = ""
    room_title: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """How a room elsewhere stands."""

    stage: str
    title: str
    starts_at: str
    ends_at: str
    chair: str = ""
    deputy: str = ""
    secretary: str = ""
    phone: str = ""
    reason: str = ""
    sites: tuple[ToldSite, ...] = ()


# -- on the wire ----------------------------------------------------------------------------------------------------


def ask_to_json(ask: Ask) -> Json:
    plan = asdict(ask.plan)
    plan.pop("node_id"), plan.pop("meeting_id")
    fields = ("stage", "reason", "kind", "mode", "speech_limit_s", "security_marking", "record", "child")
    return {
        "meeting": ask.meeting_id,
        "unit": asdict(ask.unit),
        "plan": plan,
        "wish": [[unit.level, unit.code] for unit in ask.wish],
        **{name: getattr(ask, name) for name in fields},
    }


def read_ask(body: Json, node_id: str) -> Ask:
    """From the installation above; :class:`NotUnderstood` for anything else."""
    plan, unit = _mapping(body, "plan"), _mapping(body, "unit")
    meeting_id = _id(body, "meeting")
    stage = _one_of(body, "stage", ASKED_STAGES)
    limit_s = body.get("speech_limit_s")
    if not isinstance(limit_s, int) or isinstance(limit_s, bool) or not 0 <= limit_s <= 86_400:
        raise NotUnderstood("speech_limit_s")
    return Ask(
        meeting_id=meeting_id,
        unit=UnitName(_text(unit, "level", 32), _text(unit, "code", 32), _text(unit, "title", LONGEST_NAME, least=0)),
        stage=stage,
        reason=_text(body, "reason", LONGEST_REASON, least=0),
        kind=_text(body, "kind", 32),
        mode=_one_of(body, "mode", get_args(Mode)),
        speech_limit_s=limit_s,
        security_marking=_text(body, "security_marking", 16),
        record=body.get("record") is True,
        plan=_read_plan(plan, meeting_id, node_id),
        wish=tuple(_pair(one) for one in _list(body, "wish", MOST_WISHED)),
        child=_id(body, "child") if body.get("child") is not None else None,
    )


def _read_plan(plan: Mapping[str, Any], meeting_id: str, node_id: str) -> ParentPlan:
    items = _list(plan, "items", MOST_ITEMS)
    starts_at, ends_at = _instant(plan, "starts_at"), _instant(plan, "ends_at")
    return ParentPlan(
        meeting_id=meeting_id,
        title=_text(plan, "title", LONGEST_TITLE),
        host_title=_text(plan, "host_title", LONGEST_NAME, least=0),
        chair_name=_text(plan, "chair_name", LONGEST_NAME, least=0),
        contact_phone=_text(plan, "contact_phone", 50, least=0),
        starts_at=starts_at.isoformat(),
        ends_at=ends_at.isoformat(),
        items=tuple(_text({"items": one}, "items", LONGEST_TITLE) for one in items),
        node_id=node_id,
    )


def told_to_json(told: Told, after: int = 0) -> Json:
    """One page of it: its sites from this one on."""
    page = told.sites[after : after + PAGE]
    head = {name: value for name, value in asdict(told).items() if name != "sites"}
    sites = [
        [s.id, *(_clip(name) for name in (s.name, s.unit_title)), s.level, s.room_id, _clip(s.room_title)] for s in page
    ]
    return {**head, "sites": sites, "more": after + PAGE < len(told.sites)}


def _clip(text: str) -> str:
    return text[:CLIPPED_NAME]


def read_told(pages: Sequence[Json]) -> Told:
    """From the installation below, its pages in order."""
    if not pages:
        raise NotUnderstood("state")
    head = pages[0]
    sites = [_site(one) for page in pages for one in _list(page, "sites", PAGE)]
    if len({site.id for site in sites}) != len(sites) or len(sites) > MOST_SITES:
        raise NotUnderstood("sites")
    return Told(
        stage=_one_of(head, "stage", get_args(Stage)),
        title=_text(head, "title", LONGEST_TITLE),
        starts_at=_instant(head, "starts_at").isoformat(),
        ends_at=_instant(head, "ends_at").isoformat(),
        chair=_text(head, "chair", LONGEST_NAME, least=0),
        deputy=_text(head, "deputy", LONGEST_NAME, least=0),
        secretary=_text(head, "secretary", LONGEST_NAME, least=0),
        phone=_text(head, "phone", 50, least=0),
        reason=_text(head, "reason", LONGEST_REASON, least=0),
        sites=tuple(sites),
    )


def read_kept(kept: Json) -> Told:
    """As this side wrote it down: ``asdict`` of a :class:`Told`."""
    return Told(**{**kept, "sites": tuple(ToldSite(**site) for site in kept.get("sites", ()))})


def read_id(body: Json, name: str) -> str:
    """An id in a body."""
    return _id(body, name)


# -- fields ---------------------------------------------------------------------------------------------------------


def _site(value: object) -> ToldSite:
    if not isinstance(value, list) or len(value) != 6:
        raise NotUnderstood("sites")
    id, name, unit_title, level, room_id, room_title = value
    fields = {"id": id, "room_id": room_id, "name": name, "unit_title": unit_title, "level": level, "room": room_title}
    return ToldSite(
        _id(fields, "id"),
        _text(fields, "name", LONGEST_NAME, least=0),
        _text(fields, "unit_title", LONGEST_NAME, least=0),
        _text(fields, "level", 32, least=0),
        _text(fields, "room_id", LONGEST_ID, least=0),
        _text(fields, "room", LONGEST_NAME, least=0),
    )


def _pair(value: object) -> UnitName:
    if not isinstance(value, list) or len(value) != 2:
        raise NotUnderstood("wish")
    fields = {"level": value[0], "code": value[1]}
    return UnitName(_text(fields, "level", 32), _text(fields, "code", 32))


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise NotUnderstood(name)
    return value


def _list(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise NotUnderstood(name)
    return value


def _text(body: Mapping[str, Any], name: str, longest: int, *, least: int = 1) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not least <= len(value) <= longest or not is_plain(value):
        raise NotUnderstood(name)
    return value


def is_plain(value: str) -> bool:
    """No control characters, no half of a pair: what a database and a page take."""
    return all(category(character) not in ("Cc", "Cs") or character in "\n\t" for character in value)


def _id(body: Mapping[str, Any], name: str) -> str:
    value = _text(body, name, LONGEST_ID)
    if not value.isascii() or " " in value:
        raise NotUnderstood(name)
    return value


def _one_of(body: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    value = body.get(name)
    if value not in choices:
        raise NotUnderstood(name)
    return str(value)


def _instant(body: Mapping[str, Any], name: str) -> datetime:
    text = _text(body, name, 40)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotUnderstood(name) from error
    if at.tzinfo is None or not 2000 <= at.year < 2200:  # nearer to the ends of time zones overflow
        raise NotUnderstood(name)
    return at
