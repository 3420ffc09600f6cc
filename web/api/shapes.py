"""How meetings look on the wire: cards in lists, and one meeting with everything its page shows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.detail import MeetingDetail
from scheduler.meetings.queries import MeetingCard
from scheduler.organization.person import Person
from web.api.papers import shape_paper
from web.services import Services

_PLAN = (
    "title",
    "kind",
    "stage",
    "starts_at",
    "ends_at",
    "host_unit_id",
    "issuing_unit_id",
    "chair_person_id",
    "chair_site_id",
    "secretary_person_id",
    "place",
    "contact_phone",
    "note",
    "mode",
    "speech_limit_s",
    "record",
    "security_marking",
    "version",
    "sequence",
    "moved_from",
    "reason",
    "sent_at",
)


def shape_card(card: MeetingCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "title": card.title,
        "kind": card.kind,
        "stage": card.stage,
        "starts_at": card.starts_at,
        "ends_at": card.ends_at,
        "host": {"id": card.host_unit_id, "title": card.host_title},
        "chair": {"id": card.chair_person_id, "name": card.chair_name},
        "my_roles": list(card.my_roles),
        "site_count": card.site_count,
        "main_action": card.main_action,
        "moved_from": card.moved_from,
        "reason": card.reason,
    }


def shape_item(item: AgendaItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "position": item.position,
        "title": item.title,
        "minutes": item.minutes,
        "presenter_unit_id": item.presenter_unit_id,
        "presenter_name": item.presenter_name,
        "note": item.note,
    }


def _named(person: Person | None) -> dict[str, Any] | None:
    return {"id": person.id, "name": person.name} if person is not None else None


def shape_meeting(detail: MeetingDetail, services: Services) -> dict[str, Any]:
    meeting = detail.meeting
    return {
        "id": meeting.id,
        **{name: getattr(meeting, name) for name in _PLAN},
        "cloned_from": meeting.cloned_from_id,
        "host": {"id": detail.host.id, "title": detail.host.title},
        "issuing": {"id": detail.issuing.id, "title": detail.issuing.title, "organ_name": detail.issuing.organ_name},
        "chair": {"id": meeting.chair_person_id, "name": detail.chair_name},
        "secretary": {"id": meeting.secretary_person_id, "name": detail.secretary_name},
        "deputy": {"id": meeting.deputy_person_id, "name": detail.deputy_name} if meeting.deputy_person_id else None,
        "proposed_deputy": _named(detail.proposed_deputy),
        "parent": asdict(detail.parent) if detail.parent else None,
        "room_count": detail.room_count,
        "site_ids": [site.site_id for site in detail.sites if site.role != "chair"],
        "items": [shape_item(item) for item in detail.items],
        "sites": [asdict(site) for site in detail.sites],
        "papers": [{**shape_paper(paper, services), "withdrawn_at": paper.withdrawn_at} for paper in detail.papers],
        "minutes_sum": detail.minutes_sum,
        "slot_minutes": detail.slot_minutes,
        "my_roles": list(detail.my_roles),
        "may": list(detail.may),
        "main_action": detail.main_action,
    }
