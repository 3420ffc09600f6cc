"""Loads the :class:`~scheduler.permissions.Actor` of a person or a site from the database."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from scheduler.database import ReadSession, WriteSession
from scheduler.errors import NotFound
from scheduler.organization.person import Person, RoleAssignment
from scheduler.organization.post import Membership, Post
from scheduler.organization.site import Site
from scheduler.permissions import Actor


async def load_actor(
    session: ReadSession | WriteSession,
    *,
    today: date,
    person_id: str | None = None,
    site_id: str | None = None,
    bound_meeting_id: str | None = None,
) -> Actor:
    """The actor with his roles and posts as of ``today``; NotFound when the person or site is no longer active."""
    if person_id is not None:
        return await _person(session, person_id, today)
    site = await session.get(Site, site_id) if site_id else None
    if site is None or not site.active:
        raise NotFound("site", site_id)
    return Actor(site_id=site.id, bound_meeting_id=bound_meeting_id)


async def _person(session: ReadSession | WriteSession, person_id: str, today: date) -> Actor:
    active = await session.scalar(select(Person.active).where(Person.id == person_id))
    if not active:
        raise NotFound("person", person_id)
    roles = await session.execute(
        select(RoleAssignment.role, RoleAssignment.unit_id).where(RoleAssignment.person_id == person_id)
    )
    posts = await session.scalars(
        select(Post.unit_id)
        .join(Membership, Membership.post_id == Post.id)
        .where(
            Membership.person_id == person_id,
            or_(Membership.valid_from.is_(None), Membership.valid_from <= today),
            or_(Membership.valid_to.is_(None), Membership.valid_to >= today),
        )
    )
    return Actor(
        person_id=person_id,
        roles=frozenset((role, unit_id) for role, unit_id in roles),
        post_unit_ids=frozenset(posts),
    )
