"""Letters out: one transport protocol, a mail server or a folder of .eml files behind it.

Each is idempotent on the delivery key: the Message-ID is derived from it, so a mail server that got a letter twice
shows one to the reader, and the folder's file is named by it. Twice it comes only from a server that died between
keeping a letter and saying so: until it has said 250, RFC 5321 (4.2.5, 6.1) leaves the letter to the sender.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol

import aiosmtplib

from scheduler.errors import MailFailed, NotFound
from scheduler.settings import MailSettings

_CRLF = compat32.clone(linesep="\r\n")
_HEADERS = BytesHeaderParser(policy=compat32)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class Transport(Protocol):
    """Hands a letter over; MailFailed says why not, in words for people."""

    async def deliver(self, message: Message, delivery_key: str) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter of the folder, as the administrator's page lists it."""

    id: str
    to: str
    subject: str
    at: datetime
    kind: str  # "request", "cancel" …: a LetterKind
    meeting_id: str = ""  # of which meeting, to which site; "": it does not say
    site_id: str = ""


def message_id(delivery_key: str, sender: str) -> str:
    """The same for the same delivery, whenever it is tried."""
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(delivery_key.encode()).hexdigest()[:32]}@{domain}>"


def transport(settings: MailSettings) -> Transport:
    """The transport these settings describe: a mail server when there is a host, else the folder."""
    if settings.host:
        return SmtpTransport(settings)
    if settings.folder is None:
        raise ValueError("neither a mail server nor a mail folder is set")
    return FolderTransport(settings.folder)


class FolderTransport:
    """Writes each letter to ``<delivery key>.eml``, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def deliver(self, message: Message, delivery_key: str) -> None:
        try:
            await asyncio.to_thread(self._write, self._path(delivery_key), message)
        except OSError as fault:
            raise MailFailed(f"Không ghi được thư vào thư mục {self.folder}: {fault.strerror}") from fault

    async def list(self) -> list[StoredLetter]:
        """Newest first."""
        return await asyncio.to_thread(lambda: sorted(self._letters(), key=lambda letter: letter.at, reverse=True))

    async def read(self, id: str) -> bytes:
        """The .eml file; NotFound when there is none."""
        path = self._path(id)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("mail", id)
        return await asyncio.to_thread(path.read_bytes)

    async def envelope(self, id: str) -> StoredLetter:
        """One letter as the list has it; NotFound when there is none."""
        path = self._path(id)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("mail", id)
        return await asyncio.to_thread(_envelope, path)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NotFound("mail", key)
        return self.folder / f"{key}.eml"

    def _write(self, path: Path, message: Message) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.write(message.as_bytes(policy=_CRLF))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def _letters(self) -> Iterator[StoredLetter]:
        return (_envelope(path) for path in self.folder.glob("*.eml"))


def _envelope(path: Path) -> StoredLetter:
    with path.open("rb") as file:
        letter = _HEADERS.parse(file)
    return StoredLetter(
        id=path.stem,
        to=_in_clear(letter["To"]),
        subject=_in_clear(letter["Subject"]),
        at=parsedate_to_datetime(str(letter["Date"])),
        kind=str(letter.get("X-Giaoban-Kind", "")),
        meeting_id=str(letter.get("X-Giaoban-Meeting", "")),
        site_id=str(letter.get("X-Giaoban-Site", "")),
    )


def _in_clear(header: str | None) -> str:
    """RFC 2047 (6.2): what stands between two encoded words is no space, though an address's parser makes it one."""
    return str(make_header(decode_header(header or "")))


class SmtpTransport:
    """Hands letters to a mail server, with TLS from the start, STARTTLS, or none on a closed network."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings

    async def deliver(self, message: Message, delivery_key: str) -> None:
        s = self.settings
        try:
            await aiosmtplib.send(
                message,
                hostname=s.host,
                port=s.port,
                username=s.username or None,
                password=s.password or None,
                use_tls=s.security == "tls",
                start_tls=s.security == "starttls",
                tls_context=None if s.security == "none" else self._tls_context(),
                timeout=s.timeout_s,
            )
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise _in_words(fault, s) from fault

    def _tls_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.settings.ca_file) if self.settings.ca_file else None)


def _in_words(fault: Exception, settings: MailSettings) -> MailFailed:
    """What happened, for the secretary who sees it beside the site."""
    server = f"{settings.host}:{settings.port}"
    if isinstance(fault, aiosmtplib.SMTPAuthenticationError):
        return MailFailed("Máy chủ thư từ chối tài khoản gửi thư. Báo quản trị hệ thống.", permanent=True)
    if isinstance(fault, aiosmtplib.SMTPRecipientsRefused):
        refusal = fault.recipients[0]
        permanent = refusal.code >= 500
        return MailFailed(f"Địa chỉ {refusal.recipient} không được nhận: {refusal.message}", permanent=permanent)
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return MailFailed(f"Máy chủ thư trả lời {fault.code}: {fault.message}", permanent=fault.code >= 500)
    if isinstance(fault, aiosmtplib.SMTPTimeoutError):
        return MailFailed(f"Máy chủ thư {server} không trả lời.")
    if isinstance(fault, aiosmtplib.SMTPServerDisconnected):
        return MailFailed(f"Máy chủ thư {server} ngắt giữa chừng. Hệ thống sẽ tự gửi lại.")
    return MailFailed(f"Không kết nối được máy chủ thư {server}.")
