"""Printed invitations: the Giấy mời of the meeting (Mẫu 1.7) and the A4 page of one site with its QR code."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import segno
from sqlalchemy import select

from recordings.errors import NotFound
from recordings.minutes import clock
from recordings.minutes.access import AnySession
from recordings.minutes.names import load_persons
from recordings.minutes.party import refuse_party_form
from recordings.minutes.render import render
from scheduler.meetings.agenda import AgendaItem
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import Site
from scheduler.organization.unit import Unit
from scheduler.proceedings.facts import Somebody

STEPS = (
    "Trước giờ họp 15 phút, bật máy tính, cắm camera, micro và loa.",
    "Dùng trình duyệt Chrome, Edge, Cốc Cốc hoặc Firefox mở đường dẫn trên (hoặc quét mã), rồi bấm “Vào họp”. "
    "Khi được hỏi, chọn cho phép dùng camera và micro.",
    "Bấm “Kiểm tra thiết bị”, nhập số người dự. Muốn phát biểu, bấm “Đăng ký phát biểu” và chờ chủ tọa mời.",
)


async def invitation_letter(session: AnySession, meeting_id: str, now: datetime) -> bytes:
    """The Giấy mời as PDF/A; its number is left for the văn thư. The caller has asked ``scheduler.permissions``."""
    meeting = await _meeting(session, meeting_id)
    organ = await session.get_one(Unit, meeting.issuing_unit_id)
    refuse_party_form(organ.organ_name)
    parent = await session.get(Unit, organ.parent_id) if organ.parent_id else None
    chair = (await load_persons(session, {meeting.chair_person_id}, meeting.starts_at))[meeting.chair_person_id]
    sites = await _sites(session, meeting_id)
    form = {
        "document_title": f"Giấy mời {meeting.title}",
        "parent": parent.organ_name.upper() if parent else "",
        "organ": organ.organ_name.upper(),
        "number": f"{' ' * 10}/GM-{organ.notation}",
        "place_date": _place_date(organ, now),
        "name": meeting.title,
        "invited": f"{_sentence(organ)} trân trọng kính mời:",
        "guests": [f"- {_upper(site.unit.title)} ({site.name});" for site in sites],
        "occasion": f"{meeting.title}.",
        "chair": f"{_named(chair)}.",
        "time": f"{clock.full(meeting.starts_at)}, dự kiến kết thúc lúc {clock.hour(meeting.ends_at)}.",
        "place": f"{meeting.place or 'Họp trực tuyến tại các điểm cầu'}.",
        "agenda": [_item(index, item) for index, item in enumerate(await _items(session, meeting_id), 1)],
        "notes": _notes(meeting),
        "signer_post": chair.post.upper() or "CHỦ TỌA",
        "signer_name": chair.name,
        "recipients": ["- Như trên;", "- Lưu: VT."],
    }
    return await asyncio.to_thread(render, "giay_moi", form, now)


@dataclass(frozen=True, slots=True)
class SiteLink:
    """What a site needs to come in; the link is made by whoever may hand it out."""

    site_id: str
    link: str


async def site_pages(session: AnySession, meeting_id: str, links: Sequence[SiteLink], now: datetime) -> bytes:
    """The A4 pages that sites pin beside their computers, one a site, in this order."""
    meeting = await _meeting(session, meeting_id)
    organ = await session.get_one(Unit, meeting.issuing_unit_id)
    chair = (await load_persons(session, {meeting.chair_person_id}, meeting.starts_at))[meeting.chair_person_id]
    wanted = [link.site_id for link in links]
    places = {site.id: site for site in await session.scalars(select(Site).where(Site.id.in_(wanted)))}
    if not wanted or not places.keys() >= set(wanted):
        raise NotFound("Không tìm thấy điểm cầu.")
    form = {
        "document_title": f"Hướng dẫn vào họp: {meeting.title}",
        "organ": organ.organ_name,
        "title": meeting.title,
        "time": clock.full(meeting.starts_at),
        "chair": _named(chair),
        "steps": list(STEPS),
        "warning": "Đường dẫn này dành riêng cho điểm cầu, không gửi cho người ngoài.",
        "sites": [_page(places[link.site_id], link.link, meeting) for link in links],
    }
    return await asyncio.to_thread(render, "site_page", form, now)


def _page(site: Site, link: str, meeting: Meeting) -> dict[str, str]:
    return {
        "name": f"{_upper(site.unit.title)} – {site.name}",
        "link": link,
        "qr": _qr(link),
        "help": _help(site.technician_phone, meeting.contact_phone) or "thư ký cuộc họp",
    }


def _qr(link: str) -> str:
    output = io.BytesIO()
    segno.make(link, error="m", micro=False).save(output, kind="svg", border=2, xmldecl=False, svgns=True)
    return output.getvalue().decode()


def _help(technician: str, secretary: str) -> str:
    parts = []
    if technician:
        parts.append(f"cán bộ kỹ thuật {technician}")
    if secretary and secretary != technician:
        parts.append(f"đầu mối cuộc họp {secretary}")
    return "; ".join(parts)


async def _meeting(session: AnySession, meeting_id: str) -> Meeting:
    meeting = await session.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound("Không tìm thấy cuộc họp.")
    return meeting


async def _sites(session: AnySession, meeting_id: str) -> list[Site]:
    query = select(Site).join(Attendee, Attendee.site_id == Site.id).where(Attendee.meeting_id == meeting_id)
    sites = await session.scalars(query)
    return sorted(sites, key=lambda site: (site.unit.protocol_order, site.protocol_order, site.id))


async def _items(session: AnySession, meeting_id: str) -> list[AgendaItem]:
    query = select(AgendaItem).where(AgendaItem.meeting_id == meeting_id).order_by(AgendaItem.position)
    return list(await session.scalars(query))


def _item(index: int, item: AgendaItem) -> str:
    return f"{index}. {item.title}" + (f" ({item.presenter_name})" if item.presenter_name else "") + "."


def _notes(meeting: Meeting) -> list[str]:
    notes = [meeting.note] if meeting.note else []
    if meeting.record:
        notes.append("Cuộc họp được ghi hình để lưu hồ sơ.")
    if meeting.contact_phone:
        notes.append(f"Đầu mối liên hệ: {meeting.contact_phone}.")
    return notes


def _place_date(organ: Unit, now: datetime) -> str:
    place = f"{organ.place}, " if organ.place else ""
    today = clock.local(now)
    month = f"{today.month:02d}" if today.month < 3 else str(today.month)
    return f"{place}ngày      tháng {month} năm {today.year}"


def _named(somebody: Somebody) -> str:
    return ", ".join(part for part in (somebody.name, somebody.post) if part)


def _sentence(organ: Unit) -> str:
    """ỦY BAN NHÂN DÂN HUYỆN QUẢN BẠ as it reads in a sentence: Ủy ban nhân dân huyện Quản Bạ."""
    if not organ.organ_name.isupper():
        return organ.organ_name
    return _upper(organ.organ_name.lower().replace(organ.name.lower(), organ.name))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
