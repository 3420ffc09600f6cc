"""The calendar file, byte for byte, and read back by another reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from scheduler.meetings.calendar import CalendarAttendee, CalendarMeeting, calendar

MEETING = CalendarMeeting(
    id="0191d5f4-7a2e-7cc1-8a6d-2f0f3a3b1c11",
    sequence=2,
    stage="sent",
    title="Giao ban tháng 11",
    starts_at=datetime(2026, 11, 6, 1, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 6, 3, 0, tzinfo=UTC),
    place="Phòng họp, tầng 2",
    description="Vào họp: https://g.example/j/x\nLiên hệ: 0219",
    url="https://g.example/j/x",
    organizer_name="UBND huyện",
    organizer_email="thuky@g.example",
    stamped_at=datetime(2026, 11, 5, 1, 30, tzinfo=UTC),
    attendees=(CalendarAttendee("xã Thanh Vân", "thanhvan@g.example", "required", "accepted"),),
)

REQUEST = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Giao Ban//giaoban//VI
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Asia/Ho_Chi_Minh
BEGIN:STANDARD
DTSTART:19750613T000000
TZNAME:+07
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Giao ban tháng 11
DTSTART;TZID=Asia/Ho_Chi_Minh:20261106T080000
DTEND;TZID=Asia/Ho_Chi_Minh:20261106T100000
DTSTAMP:20261105T013000Z
UID:0191d5f4-7a2e-7cc1-8a6d-2f0f3a3b1c11
SEQUENCE:2
ATTENDEE;CN="xã Thanh Vân";CUTYPE=ROOM;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:thanhvan@g.example
CLASS:PRIVATE
DESCRIPTION:Vào họp: https://g.example/j/x\\nLiên hệ: 0219
LOCATION:Phòng họp\\, tầng 2
ORGANIZER;CN="UBND huyện":mailto:thuky@g.example
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://g.example/j/x
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Giao ban tháng 11
TRIGGER:-PT30M
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def test_a_request_byte_for_byte() -> None:
    made = calendar([MEETING], "REQUEST")
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    assert made.replace(b"\r\n ", b"").decode() == REQUEST.replace("\n", "\r\n")


def test_read_back_it_is_the_same_moment_in_vietnam() -> None:
    event: Any = Calendar.from_ical(calendar([MEETING], "REQUEST")).walk("VEVENT")[0]
    assert event["DTSTART"].dt == MEETING.starts_at
    assert event["DTSTART"].dt.utcoffset() == timedelta(hours=7)
    assert event["DTEND"].dt == MEETING.ends_at
    assert event["DTSTAMP"].dt == MEETING.stamped_at
    assert event["ORGANIZER"] == "mailto:thuky@g.example"


def test_a_cancel_names_the_same_event() -> None:
    read: Any = Calendar.from_ical(calendar([replace(MEETING, sequence=3, stage="cancelled")], "CANCEL"))
    event: Any = read.walk("VEVENT")[0]
    assert read["METHOD"] == "CANCEL"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (MEETING.id, 3, "CANCELLED")
    assert not event.walk("VALARM")


def test_roles_replies_and_a_postponed_meeting() -> None:
    sites = (
        CalendarAttendee("huyện", "a@g.example", "chair", "needs_action"),
        CalendarAttendee("xã A", "b@g.example", "optional", "declined"),
        CalendarAttendee("xã B", "c@g.example", "required", "delegated"),
    )
    made = calendar([replace(MEETING, stage="postponed", attendees=sites)], "REQUEST")
    event: Any = Calendar.from_ical(made).walk("VEVENT")[0]
    assert event["STATUS"] == "TENTATIVE"
    params = [(one.params["ROLE"], one.params["PARTSTAT"]) for one in event["ATTENDEE"]]
    assert params == [("CHAIR", "NEEDS-ACTION"), ("OPT-PARTICIPANT", "DECLINED"), ("REQ-PARTICIPANT", "ACCEPTED")]


def test_a_title_cannot_add_lines_of_its_own() -> None:
    evil = replace(MEETING, title="X\r\nATTENDEE:mailto:evil@e.example", organizer_name='A"\r\nX-EVIL:1')
    read: Any = Calendar.from_ical(calendar([evil], "REQUEST")).walk("VEVENT")[0]
    assert [str(one) for one in [read["ATTENDEE"]]] == ["mailto:thanhvan@g.example"]
    assert "X-EVIL" not in read
