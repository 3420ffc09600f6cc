"""iCalendar (RFC 5545, iTIP RFC 5546) of meetings: REQUEST, CANCEL and the published feed.

UID is the meeting's id (RFC 7986), SEQUENCE the plan's; times are local with a VTIMEZONE of Vietnam, which has no
daylight saving. Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vText

from scheduler.meetings.local_time import ZONE_NAME, local

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]

_PARTSTAT = {
    "needs_action": "NEEDS-ACTION",
    "accepted": "ACCEPTED",
    "delegated": "ACCEPTED",  # somebody comes: for a calendar that is the site taking part
    "declined": "DECLINED",
}
_ROLE = {"chair": "CHAIR", "required": "REQ-PARTICIPANT", "optional": "OPT-PARTICIPANT"}
_STATUS = {"cancelled": "CANCELLED", "postponed": "TENTATIVE"}


@dataclass(frozen=True, slots=True)
class CalendarAttendee:
    """A site in a calendar file."""

    name: str
    email: str
    role: str
    reply: str


@dataclass(frozen=True, slots=True)
class CalendarMeeting:
    """What a calendar shows of a meeting."""

    id: str
    sequence: int
    stage: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    description: str
    url: str
    organizer_name: str
    organizer_email: str
    stamped_at: datetime  # DTSTAMP: when this state of the plan was told
    attendees: tuple[CalendarAttendee, ...] = ()


def calendar(meetings: Sequence[CalendarMeeting], method: Method, name: str = "") -> bytes:
    """The file, with CRLF and folded lines."""
    whole = Calendar()
    whole.add("prodid", "-//Giao Ban//giaoban//VI")
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("method", method)
    if name:
        whole.add("x-wr-calname", name)
        whole.add("x-published-ttl", "PT15M")
    whole.add_component(_timezone())
    for meeting in meetings:
        whole.add_component(_event(meeting, method))
    return bytes(whole.to_ical())


def _timezone() -> Timezone:
    zone = Timezone()
    zone.add("tzid", ZONE_NAME)
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1975, 6, 13))
    standard.add("tzoffsetfrom", timedelta(hours=7))
    standard.add("tzoffsetto", timedelta(hours=7))
    standard.add("tzname", "+07")
    zone.add_component(standard)
    return zone


def _event(meeting: CalendarMeeting, method: Method) -> Event:
    event = Event()
    event.add("uid", meeting.id)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.stamped_at)
    event.add("dtstart", local(meeting.starts_at))
    event.add("dtend", local(meeting.ends_at))
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("description", meeting.description)
    event.add("status", "CANCELLED" if method == "CANCEL" else _STATUS.get(meeting.stage, "CONFIRMED"))
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    if meeting.url:
        event.add("url", meeting.url)
    event.add("organizer", _address(meeting.organizer_email, meeting.organizer_name), encode=False)
    for attendee in meeting.attendees:
        event.add("attendee", _attendee(attendee), encode=False)
    if method != "CANCEL":
        event.add_component(_alarm(meeting.title))
    return event


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name)
    return address


def _attendee(attendee: CalendarAttendee) -> vCalAddress:
    address = _address(attendee.email, attendee.name)
    address.params["CUTYPE"] = vText("ROOM")
    address.params["ROLE"] = vText(_ROLE[attendee.role])
    address.params["PARTSTAT"] = vText(_PARTSTAT[attendee.reply])
    address.params["RSVP"] = vText("FALSE")  # the answer is given by the link, which reaches the plan
    return address


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", timedelta(minutes=-30))
    return alarm
