"""The invitation of a meeting as a document of its dossier: the Giấy mời on paper and the iCalendar request.

Both as they stood when last sent, without any site's link: a link opens rooms, and a dossier is read by many. Who was
sent what, when, and what the site answered stands in a list beside them.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from recordings.minutes.access import AnySession
from recordings.minutes.invitation import invitation_letter
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.calendar import CalendarAttendee, CalendarMeeting, calendar
from scheduler.meetings.meeting import Meeting
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.proceedings.chain import instant

INVITATION, INVITATION_CALENDAR, INVITED = "giay-moi/giay-moi.pdf", "giay-moi/giay-moi.ics", "giay-moi/noi-nhan.json"
NO_ADDRESS = "giaoban@localhost"


async def invitation_files(session: AnySession, meeting: Meeting) -> dict[str, bytes]:
    """By path; none when the meeting was convened without an invitation."""
    if meeting.sent_at is None:
        return {}
    invited = await _invited(session, meeting.id)
    return {
        INVITATION: await invitation_letter(session, meeting.id, meeting.sent_at),
        INVITATION_CALENDAR: calendar([await _event(session, meeting, invited)], "REQUEST"),
        INVITED: json.dumps(
            {"sequence": meeting.sequence, "sent_at": instant(meeting.sent_at), "sites": [_shape(*i) for i in invited]},
            ensure_ascii=False, indent=1, sort_keys=True,
        ).encode(),
    }  # fmt: skip


async def _invited(session: AnySession, meeting_id: str) -> list[tuple[Attendee, Site]]:
    query = select(Attendee, Site).join(Site, Attendee.site_id == Site.id).where(Attendee.meeting_id == meeting_id)
    found = [(attendee, site) for attendee, site in await session.execute(query)]
    return sorted(found, key=lambda one: (one[1].unit.protocol_order, one[1].protocol_order, one[1].id))


def _shape(attendee: Attendee, site: Site) -> dict[str, Any]:
    return {
        "site_id": site.id,
        "title": site.unit.title,
        "site": site.name,
        "delivery": attendee.delivery,
        "delivered_at": instant(attendee.delivered_at) if attendee.delivered_at else None,
        "reply": attendee.reply,
        "replied_at": instant(attendee.replied_at) if attendee.replied_at else None,
    }


async def _event(session: AnySession, meeting: Meeting, invited: list[tuple[Attendee, Site]]) -> CalendarMeeting:
    host = await session.get_one(Unit, meeting.host_unit_id)
    secretary = await session.get_one(Person, meeting.secretary_person_id)
    return CalendarMeeting(
        id=meeting.id,
        sequence=meeting.sequence,
        stage="sent",
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        description=f"Liên hệ: {meeting.contact_phone}",
        url="",
        organizer_name=f"{host.title} – {secretary.name}",
        organizer_email=secretary.email or NO_ADDRESS,
        stamped_at=meeting.sent_at or meeting.created_at,
        attendees=tuple(
            CalendarAttendee(f"{site.unit.title} – {site.name}", site.email, attendee.role, attendee.reply)
            for attendee, site in invited
            if site.email
        ),
    )
