"""Calendar files to fetch: one meeting, or the secret feed of a person or site. Titles one may not see stay out."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from scheduler import audit
from scheduler.actor import load_actor
from scheduler.database import ReadSession, WriteSession
from scheduler.errors import LinkRefused, NotAllowed, NotFound, SecretStays
from scheduler.meetings.access import find_meeting
from scheduler.meetings.calendar import CalendarMeeting, calendar
from scheduler.meetings.local_time import local_date
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.site_link import SiteLinks, Token
from scheduler.meetings.visibility import visible_to
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.permissions import Actor
from scheduler.secrecy import SECRET_MARKINGS, is_secret

PAST = timedelta(days=60)
LONGEST = 500


async def meeting_calendar(session: ReadSession, actor: Actor, links: SiteLinks, meeting_id: str) -> bytes:
    """One meeting as a file to open in a calendar; NotFound when it is not to be seen."""
    meeting, _ = await find_meeting(session, actor, meeting_id)
    if is_secret(meeting.security_marking):
        raise SecretStays
    return calendar(await _events(session, [meeting], links), "PUBLISH")


async def calendar_address(session: ReadSession, actor: Actor, links: SiteLinks) -> str:
    """The secret address of this person's or site's feed."""
    if actor.site_id is not None:
        site = await session.get_one(Site, actor.site_id)
        if actor.bound_meeting_id is not None:
            raise NotAllowed("calendar_address", ("person", "site"))
        return _address(links, Token("site_calendar", site.id, site.link_epoch))
    person = await session.get_one(Person, actor.person_id)
    return _address(links, Token("person_calendar", person.id, person.calendar_epoch))


async def renew_calendar_address(session: WriteSession, actor: Actor, now: datetime) -> None:
    """Make the old address of this person's feed invalid."""
    person = await session.get(Person, actor.person_id) if actor.person_id else None
    if person is None:
        raise NotFound("person", actor.person_id)
    person.calendar_epoch += 1
    audit.record(session, "calendar_address_renewed", actor, now, subject_id=person.id)
    await session.flush()


async def calendar_feed(session: ReadSession, links: SiteLinks, secret: str, now: datetime) -> bytes:
    """The feed behind a secret address, with what its owner may see today; LinkRefused for a wrong or renewed one."""
    actor, name = await _owner(session, links.read(secret), now)
    query = select(Meeting).where(visible_to(actor), Meeting.stage != "draft", Meeting.ends_at > now - PAST)
    query = query.where(Meeting.security_marking.not_in(SECRET_MARKINGS))
    meetings = (await session.scalars(query.order_by(Meeting.starts_at).limit(LONGEST))).all()
    return calendar(await _events(session, list(meetings), links), "PUBLISH", f"Cuộc họp – {name}")


async def _owner(session: ReadSession, token: Token, now: datetime) -> tuple[Actor, str]:
    try:
        if token.kind == "person_calendar":
            person = await session.get(Person, token.subject_id)
            if person is not None and person.calendar_epoch == token.epoch:
                return await load_actor(session, today=local_date(now), person_id=person.id), person.name
        if token.kind == "site_calendar":
            site = await session.get(Site, token.subject_id)
            if site is not None and site.link_epoch == token.epoch:
                return await load_actor(session, today=local_date(now), site_id=site.id), site.name
    except NotFound as inactive:
        raise LinkRefused("revoked") from inactive
    raise LinkRefused("revoked" if token.kind != "site" else "unknown")


def _address(links: SiteLinks, token: Token) -> str:
    return f"{links.public_url.rstrip('/')}/api/calendar/{links.write(token)}.ics"


async def _events(session: ReadSession, meetings: list[Meeting], links: SiteLinks) -> list[CalendarMeeting]:
    hosts = await session.scalars(select(Unit).where(Unit.id.in_({meeting.host_unit_id for meeting in meetings})))
    titles = {unit.id: unit.title for unit in hosts}
    query = select(Person).where(Person.id.in_({meeting.secretary_person_id for meeting in meetings}))
    secretaries = {person.id: person for person in await session.scalars(query)}
    return [_event(m, titles[m.host_unit_id], secretaries[m.secretary_person_id], links) for m in meetings]


def _event(meeting: Meeting, host: str, secretary: Person, links: SiteLinks) -> CalendarMeeting:
    """No site's link is in a feed: its address is read by calendar servers; the page asks for a login."""
    return CalendarMeeting(
        id=meeting.id,
        sequence=meeting.sequence,
        stage=meeting.stage,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        description=f"Liên hệ: {meeting.contact_phone}",
        url=f"{links.public_url.rstrip('/')}/meetings/{meeting.id}",
        organizer_name=f"{host} – {secretary.name}",
        organizer_email=secretary.email or "giaoban@localhost",
        stamped_at=meeting.sent_at or meeting.created_at,
    )
