"""Delivers an invitation: from an outbox row to a letter handed over, and the attendee's delivery status.

The letter is built from the plan as it is when it leaves; a row overtaken by a newer SEQUENCE is done without a
letter. Idempotent: the outbox row's id is the delivery key, DTSTAMP and Date are the row's time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message

from sqlalchemy import select

from scheduler.database import Database, ReadSession
from scheduler.errors import MailFailed, NotFound
from scheduler.mail import Transport
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.calendar import CalendarAttendee, CalendarMeeting, Method, calendar
from scheduler.meetings.letter import Letter, LetterKind, compose
from scheduler.meetings.meeting import Meeting
from scheduler.meetings.site_link import SiteLinks
from scheduler.organization.person import Person
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.outbox import OutboxRow
from scheduler.secrecy import is_secret
from scheduler.settings import MailSettings

NO_ADDRESS = "Điểm cầu chưa có địa chỉ thư. Sao chép đường dẫn để gửi, hoặc in giấy mời."


@dataclass(frozen=True, slots=True)
class Post:
    """How letters leave: the transport, the sender, and the maker of links."""

    transport: Transport
    mail: MailSettings
    links: SiteLinks


@dataclass(frozen=True, slots=True)
class _Order:
    """An outbox row, read."""

    id: str
    at: datetime
    meeting_id: str
    site_id: str
    method: Method
    sequence: int


async def deliver(database: Database, post: Post, outbox_row_id: str, now: datetime | None = None) -> None:
    """Carry out one ``send_invitation`` row; MailFailed (kept on the attendee and the row) asks to be tried again."""
    order, message = await _prepare(database, post, outbox_row_id)
    if order is None:
        return
    try:
        if message is not None:
            await post.transport.deliver(message, order.id)
    except MailFailed as failed:
        await _note(database, order, "failed", failed.reason, now or datetime.now(UTC))
        raise
    await _note(database, order, "sent" if message is not None else "", "", now or datetime.now(UTC))


async def _prepare(database: Database, post: Post, row_id: str) -> tuple[_Order | None, Message | None]:
    async with database.reading() as session:
        row = await session.get(OutboxRow, row_id)
        if row is None:
            raise NotFound("outbox_row", row_id)
        if row.done_at is not None:
            return None, None
        order = _Order(id=row.id, at=row.at, **json.loads(row.payload_json))
        meeting, site = await session.get(Meeting, order.meeting_id), await session.get(Site, order.site_id)
        if meeting is None or site is None:
            return order, None
        attendee = await _attendee(session, order)
        if _is_overtaken(order, meeting, attendee):
            return order, None
        if site.email:
            return order, await write_letter(session, post, order_kind(order.method, meeting, attendee), order, site)
    failed = MailFailed(NO_ADDRESS, permanent=True)
    await _note(database, order, "failed", failed.reason, order.at)
    raise failed


def _is_overtaken(order: _Order, meeting: Meeting, attendee: Attendee | None) -> bool:
    """A newer letter is on its way, the site was taken out (or put back) since, or it is a secret."""
    if is_secret(meeting.security_marking):
        return True
    if order.method == "CANCEL" and meeting.stage != "cancelled":
        return attendee is not None
    return attendee is None or order.sequence < meeting.sequence


def order_kind(method: str, meeting: Meeting, attendee: Attendee | None) -> LetterKind:
    """Which letter this is, told from the plan's state."""
    if method == "CANCEL":
        return "cancel" if attendee is not None else "removed"
    if meeting.stage == "postponed":
        return "postponed"
    if meeting.sequence == 0 or (attendee is not None and attendee.delivered_at is None):
        return "request"
    return "moved" if meeting.moved_from not in (None, meeting.starts_at) else "update"


async def write_letter(session: ReadSession, post: Post, kind: LetterKind, order: _Order, site: Site) -> Message:
    """The letter of this order to this site."""
    meeting = await session.get_one(Meeting, order.meeting_id)
    secretary = await session.get_one(Person, meeting.secretary_person_id)
    letter = await draw_letter(session, post, kind, meeting, site, order.at)
    attendee = await _attendee(session, order)
    event = calendar_meeting(meeting, letter, secretary, post.mail, attendee, site)
    return compose(letter, calendar([event], order.method), order.method, order.id)


async def draw_letter(
    session: ReadSession, post: Post, kind: LetterKind, meeting: Meeting, site: Site, at: datetime, link: str = ""
) -> Letter:
    """Everything that stands in a letter of this kind to this site; by default with the site's own link."""
    host = await session.get_one(Unit, meeting.host_unit_id)
    chair = await session.get_one(Person, meeting.chair_person_id)
    secretary = await session.get_one(Person, meeting.secretary_person_id)
    items = (
        await session.scalars(
            select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position)
        )
    ).all()
    return Letter(
        kind=kind,
        sender=post.mail.sender,
        sender_name=post.mail.sender_name,
        reply_to=secretary.email or "",
        to=site.email or "",
        site=f"{site.unit.title} – {site.name}",
        host=host.organ,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        chair=chair.name,
        items=tuple(_item(item) for item in items),
        note=meeting.note,
        reason=meeting.reason if kind in ("cancel", "postponed", "moved") else "",
        contact_phone=meeting.contact_phone,
        link=link or post.links.url_of(site, meeting.id),
        written_at=at,
        meeting_id=meeting.id,
        site_id=site.id,
    )


def _item(item: AgendaItem) -> str:
    presenter = f", {item.presenter_name} trình bày" if item.presenter_name else ""
    return f"{item.title} ({item.minutes} phút{presenter})"


def calendar_meeting(
    meeting: Meeting, letter: Letter, secretary: Person, mail: MailSettings, attendee: Attendee | None, site: Site
) -> CalendarMeeting:
    """The calendar part: the convening secretary organises, the site attends."""
    role, reply = (attendee.role, attendee.reply) if attendee else ("required", "needs_action")
    return CalendarMeeting(
        id=meeting.id,
        sequence=meeting.sequence,
        stage=meeting.stage,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        description=f"Vào họp: {letter.link}\nLiên hệ: {meeting.contact_phone}",
        url=letter.link,
        organizer_name=f"{letter.host} – {secretary.name}",
        organizer_email=secretary.email or mail.sender,
        stamped_at=letter.written_at,
        attendees=(CalendarAttendee(letter.site, letter.to, role, reply),),
    )


async def _attendee(session: ReadSession, order: _Order) -> Attendee | None:
    query = select(Attendee).where(Attendee.meeting_id == order.meeting_id, Attendee.site_id == order.site_id)
    return (await session.scalars(query)).first()


async def _note(database: Database, order: _Order, delivery: str, error: str, now: datetime) -> None:
    """What became of it; an empty ``delivery`` leaves the attendee's status to the newer letter."""
    async with database.transaction() as session:
        row = await session.get_one(OutboxRow, order.id)
        row.error = error
        if delivery != "failed":
            row.done_at, row.progress = now, 100
        query = select(Attendee).where(Attendee.meeting_id == order.meeting_id, Attendee.site_id == order.site_id)
        attendee = (await session.scalars(query)).first()
        if attendee is None or not delivery:
            return
        attendee.delivery, attendee.delivery_error = delivery, error
        if delivery == "sent":
            attendee.delivered_at = now
