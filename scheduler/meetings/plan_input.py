"""A plan as somebody typed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item as typed; ``id`` of an item that is there already keeps it (with its papers), None: as it was."""

    title: str
    minutes: int
    presenter_unit_id: str | None = None
    presenter_name: str = ""
    note: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as typed; None: as it was, and on a new draft: filled from the host unit."""

    title: str
    kind: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    host_unit_id: str | None = None
    issuing_unit_id: str | None = None
    chair_person_id: str | None = None
    chair_site_id: str | None = None
    deputy_person_id: str | None = None
    secretary_person_id: str | None = None
    place: str | None = None
    contact_phone: str | None = None
    note: str | None = None
    mode: str | None = None
    speech_limit_s: int | None = None
    record: bool | None = None
    security_marking: str | None = None
    site_ids: tuple[str, ...] | None = None
    items: tuple[PlannedItem, ...] | None = None
