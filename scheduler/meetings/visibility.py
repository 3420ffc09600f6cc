"""``permissions.may_see_meeting`` in SQL, for lists and search: a condition on ``Meeting``."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select

from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.permissions import PLANNERS, Actor


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Meetings this actor may see."""
    if actor.site_id is not None:
        return and_(Meeting.sent_at.is_not(None), _site_is_invited(actor))
    return or_(run_by(actor), and_(Meeting.sent_at.is_not(None), or_(_unit_is_invited(actor), _served_by(actor))))


def run_by(actor: Actor) -> ColumnElement[bool]:
    """Meetings this person runs: ``permissions.runs``."""
    if actor.person_id is None:
        return false()
    person = actor.person_id
    named = or_(
        Meeting.chair_person_id == person,
        Meeting.deputy_person_id == person,
        Meeting.secretary_person_id == person,
        Meeting.host_unit_id.in_(actor.units_as(*PLANNERS)),
    )
    root = Meeting.parent_id.is_(None)
    return or_(and_(named, or_(root, Meeting.sent_at.is_not(None))), and_(root, Meeting.created_by == person))


def read_in_full_by(actor: Actor) -> ColumnElement[bool]:
    """Meetings whose unissued minutes this person reads: ``permissions.may_see_proceedings``."""
    issued_by = Meeting.issuing_unit_id.in_(actor.units_as("clerk"))
    return or_(run_by(actor), and_(Meeting.sent_at.is_not(None), issued_by))


def _site_is_invited(actor: Actor) -> ColumnElement[bool]:
    invited = Meeting.id.in_(select(Attendee.meeting_id).where(Attendee.site_id == actor.site_id))
    return invited if actor.bound_meeting_id is None else and_(invited, Meeting.id == actor.bound_meeting_id)


def _unit_is_invited(actor: Actor) -> ColumnElement[bool]:
    sites = select(Attendee.meeting_id).join(Site, Site.id == Attendee.site_id)
    return Meeting.id.in_(sites.where(Site.unit_id.in_(actor.unit_ids)))


def _served_by(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Meeting.issuing_unit_id.in_(actor.units_as("clerk")),
        Meeting.host_unit_id.in_(actor.units_as("clerk", "technician")),
    )
