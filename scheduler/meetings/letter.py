"""The letter to a site, its invitation most of all, in Vietnamese: text, HTML, the calendar part and an .ics file.

Made of ``email.mime``, not of ``EmailMessage``: that one parses each header and folds it again piece by piece, which
for Vietnamese takes seven times as long, and a province writes to hundreds of sites while they come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from html import escape
from typing import Literal

from scheduler.mail import message_id
from scheduler.meetings.local_time import written

LetterKind = Literal[
    "request", "update", "moved", "postponed", "cancel", "removed", "reminder", "unanswered", "comments"
]

_SUBJECT: dict[LetterKind, str] = {
    "request": "Giấy mời họp trực tuyến: {title}",
    "update": "Cập nhật giấy mời họp: {title}",
    "moved": "Dời thời gian họp: {title}",
    "postponed": "Hoãn cuộc họp: {title}",
    "cancel": "Hủy cuộc họp: {title}",
    "removed": "Thu hồi giấy mời họp: {title}",
    "reminder": "Nhắc họp: {title}",
    "unanswered": "Nhắc họp, chưa trả lời giấy mời: {title}",
    "comments": "Lấy ý kiến dự thảo biên bản: {title}",
}
_OPENING: dict[LetterKind, str] = {
    "request": "{host} trân trọng kính mời {site} tham dự cuộc họp trực tuyến:",
    "update": "Cuộc họp dưới đây có thay đổi. Thông tin mới nhất:",
    "moved": "Cuộc họp dưới đây đã dời sang {when}. Đường dẫn vào họp không thay đổi.",
    "postponed": "Cuộc họp dưới đây tạm hoãn. Thời gian họp mới sẽ được thông báo sau.",
    "cancel": "Cuộc họp dưới đây đã hủy.",
    "removed": "Điểm cầu không còn trong thành phần dự cuộc họp dưới đây.",
    "reminder": "Cuộc họp dưới đây bắt đầu lúc {when}. Đề nghị mở phòng họp và kiểm tra thiết bị trước 15 phút.",
    "unanswered": "Cuộc họp dưới đây bắt đầu lúc {when}. Điểm cầu chưa trả lời giấy mời: đề nghị trả lời ngay, "
    "mở phòng họp và kiểm tra thiết bị trước 15 phút.",
    "comments": "Dự thảo biên bản cuộc họp dưới đây đang được lấy ý kiến đến {until}. Đề nghị đọc dự thảo và góp ý "
    "trước hạn này.",
}
_INVITING = frozenset({"request", "update", "moved", "postponed", "reminder", "unanswered"})


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that stands in one letter to one site."""

    kind: LetterKind
    sender: str
    sender_name: str
    reply_to: str
    to: str
    site: str
    host: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    chair: str
    items: tuple[str, ...]
    note: str
    reason: str
    contact_phone: str
    link: str
    written_at: datetime
    meeting_id: str
    site_id: str
    until: datetime | None = None  # for comments


def compose(letter: Letter, ics: bytes | None, method: str, delivery_key: str) -> Message:
    """A multipart message that mail programs show as a meeting request; without ``ics`` one to read only."""
    message = MIMEMultipart("alternative", None, [_text(text_of(letter), "plain"), _text(html_of(letter), "html")])
    if ics is not None:
        event = _text(ics.decode("utf-8"), "calendar")
        event.set_param("method", method)
        message.attach(event)
        file = MIMEApplication(ics, "ics")
        file.add_header("Content-Disposition", "attachment", filename="cuoc-hop.ics")
        message = MIMEMultipart("mixed", None, [message, file])
    message["From"] = _address("From", letter.sender_name, letter.sender)
    message["To"] = _address("To", letter.site, letter.to)
    if letter.reply_to:
        message["Reply-To"] = _address("Reply-To", "", letter.reply_to)
    message["Subject"] = _header("Subject", _SUBJECT[letter.kind].format(title=letter.title)).encode()
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = message_id(delivery_key, letter.sender)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Giaoban-Kind"] = letter.kind
    message["X-Giaoban-Meeting"], message["X-Giaoban-Site"] = letter.meeting_id, letter.site_id
    return message


def _text(text: str, kind: str) -> MIMEText:
    return MIMEText(text, kind, "utf-8")


def _header(field: str, text: str) -> Header:
    text = _one_line(text)
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=field)


def _address(field: str, name: str, email: str) -> str:
    email = Address(addr_spec=email).addr_spec  # refuses what is no address
    if name.isascii():
        return formataddr((_one_line(name), email))
    header = _header(field, name)
    header.append(f"<{email}>", "us-ascii")
    return header.encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _rows(letter: Letter) -> list[tuple[str, str]]:
    rows = [
        ("Cuộc họp", letter.title),
        ("Thời gian", f"{written(letter.starts_at)} – kết thúc dự kiến {written(letter.ends_at)[:5]}"),
        ("Địa điểm", letter.place),
        ("Chủ trì", letter.chair),
        ("Điểm cầu", letter.site),
        ("Lý do", letter.reason),
        ("Ghi chú", letter.note),
    ]
    return [(name, value) for name, value in rows if value]


def _opening(letter: Letter) -> str:
    until = written(letter.until) if letter.until else ""
    return _OPENING[letter.kind].format(host=letter.host, site=letter.site, when=written(letter.starts_at), until=until)


def text_of(letter: Letter) -> str:
    """The plain text."""
    lines = [_opening(letter), "", *(f"{name}: {value}" for name, value in _rows(letter))]
    if letter.kind in _INVITING:
        if letter.items:
            lines += ["", "Chương trình họp:", *(f"{n}. {item}" for n, item in enumerate(letter.items, start=1))]
        lines += ["", "Vào họp, kiểm tra thiết bị và trả lời giấy mời tại đường dẫn của điểm cầu:", letter.link, ""]
        lines += ["Mở đường dẫn bằng Chrome, Edge, Cốc Cốc hoặc Firefox. Không cần cài đặt thêm."]
    if letter.kind == "comments":
        lines += ["", "Đọc dự thảo và góp ý (đăng nhập bằng tài khoản của điểm cầu):", letter.link, ""]
    if letter.contact_phone:
        lines += [f"Liên hệ: {letter.contact_phone}"]
    return "\n".join(lines) + "\n"


def html_of(letter: Letter) -> str:
    """The same, with a button; no picture, no address other than our own."""
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0;color:#555;vertical-align:top">{escape(name)}</td>'
        f'<td style="padding:4px 0"><strong>{escape(value)}</strong></td></tr>'
        for name, value in _rows(letter)
    )
    parts = [f"<p>{escape(_opening(letter))}</p>", f'<table style="border-collapse:collapse">{rows}</table>']
    if letter.kind in _INVITING:
        parts += [*_html_agenda(letter), _html_link(letter.link, "Mở giấy mời – Vào họp")]
    if letter.kind == "comments":
        parts.append(_html_link(letter.link, "Đọc dự thảo – Góp ý"))
    if letter.contact_phone:
        parts.append(f"<p>Liên hệ: {escape(letter.contact_phone)}</p>")
    body = "".join(parts)
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8"></head>'
        f"<body style=\"font-family:'Times New Roman',serif;font-size:16px;color:#111\">{body}</body></html>\n"
    )


def _html_link(address: str, text: str) -> str:
    link = escape(address, quote=True)
    return (
        f'<p style="margin:24px 0"><a href="{link}" style="background:#a61c1c;color:#fff;padding:12px 24px;'
        f'text-decoration:none;border-radius:4px">{text}</a></p>'
        f'<p style="color:#555">Hoặc sao chép đường dẫn: {link}</p>'
    )


def _html_agenda(letter: Letter) -> list[str]:
    if not letter.items:
        return []
    items = "".join(f"<li>{escape(item)}</li>" for item in letter.items)
    return [f"<p>Chương trình họp:</p><ol>{items}</ol>"]
