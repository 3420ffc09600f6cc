"""The link of a site: a signed token bound to (site, its link epoch, optionally one meeting).

Nothing is stored: mail, A4 page and a copied address are the same token, made again from the server's key whenever it
is shown. It survives a postponement (no time inside), dies a day after the meeting, and all older links of a site die
when its ``link_epoch`` is raised. Calendar addresses are tokens of another kind. See docs/decisions/0040.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from scheduler import audit
from scheduler.database import ReadSession, WriteSession
from scheduler.errors import LinkRefused, NotFound
from scheduler.meetings.access import require
from scheduler.meetings.attendee import Attendee
from scheduler.meetings.meeting import LIVE_STAGES, Meeting
from scheduler.organization.site import Site
from scheduler.organization.tree import path_of
from scheduler.permissions import Actor, may_administer_unit

GRACE = timedelta(days=1)  # a link opens until this long after the planned end, and always while the room is live
LinkState = Literal["valid", "expired", "revoked"]
TokenKind = Literal["site", "site_calendar", "person_calendar"]

_KINDS: tuple[TokenKind, ...] = ("site", "site_calendar", "person_calendar")
_MAC_BYTES = 16
_NO_MEETING = UUID(int=0)
_LENGTH = 1 + 16 + 4 + 16 + _MAC_BYTES


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: about whom, in which epoch, for which meeting (None: all of the site)."""

    kind: TokenKind
    subject_id: str
    epoch: int
    meeting_id: str | None = None


@dataclass(frozen=True, slots=True)
class SiteLinks:
    """Makes and reads tokens with the server's key (32 random bytes, kept beside the database)."""

    key: bytes
    public_url: str  # "https://giaoban.hagiang.example"

    def write(self, token: Token) -> str:
        """The token as 71 letters that stand in an address."""
        meeting = UUID(token.meeting_id) if token.meeting_id else _NO_MEETING
        body = bytes([_KINDS.index(token.kind)]) + UUID(token.subject_id).bytes
        body += token.epoch.to_bytes(4, "big") + meeting.bytes
        return base64.urlsafe_b64encode(body + self._mac(body)).rstrip(b"=").decode("ascii")

    def read(self, text: str) -> Token:
        """What a genuine token says; LinkRefused("unknown") for anything else."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as garbage:
            raise LinkRefused("unknown") from garbage
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(raw) != _LENGTH or not hmac.compare_digest(mac, self._mac(body)) or body[0] >= len(_KINDS):
            raise LinkRefused("unknown")
        meeting = UUID(bytes=body[21:37])
        token = Token(
            kind=_KINDS[body[0]],
            subject_id=str(UUID(bytes=body[1:17])),
            epoch=int.from_bytes(body[17:21], "big"),
            meeting_id=None if meeting == _NO_MEETING else str(meeting),
        )
        if self.write(token) != text:  # base64 has several spellings of the same bytes: one is ours
            raise LinkRefused("unknown")
        return token

    def token_of(self, site: Site, meeting_id: str | None = None) -> str:
        """The token of a site, for one meeting or for all of its meetings."""
        return self.write(Token("site", site.id, site.link_epoch, meeting_id))

    def url_of(self, site: Site, meeting_id: str | None = None) -> str:
        """The address to send, print and copy."""
        return f"{self.public_url.rstrip('/')}/j/{self.token_of(site, meeting_id)}"

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self.key, b"giaoban link 1\0" + body, hashlib.sha256).digest()[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a genuine link is for; only a "valid" one lets anybody act."""

    state: LinkState
    site: Site
    meeting: Meeting | None
    attendee: Attendee | None

    @property
    def actor(self) -> Actor:
        """The site, seeing only what the link is for; LinkRefused unless the link is valid."""
        if self.state != "valid":
            raise LinkRefused(self.state, self.meeting.contact_phone if self.meeting else self.site.technician_phone)
        return Actor(site_id=self.site.id, bound_meeting_id=self.meeting.id if self.meeting else None)


async def open_site_link(session: ReadSession | WriteSession, links: SiteLinks, text: str, now: datetime) -> OpenedLink:
    """What the link is for, and whether it still opens; changes nothing. LinkRefused when it is not one of ours."""
    token = links.read(text)
    site = await session.get(Site, token.subject_id) if token.kind == "site" else None
    if site is None:
        raise LinkRefused("unknown")
    if not site.active or token.epoch != site.link_epoch:
        return OpenedLink("revoked", site, None, None)
    if token.meeting_id is None:
        return OpenedLink("valid", site, None, None)
    meeting = await session.get(Meeting, token.meeting_id)
    query = select(Attendee).where(Attendee.meeting_id == token.meeting_id, Attendee.site_id == site.id)
    attendee = await session.scalar(query)
    if meeting is None or attendee is None or meeting.sent_at is None:
        return OpenedLink("revoked", site, None, None)
    return OpenedLink("expired" if is_over(meeting, now) else "valid", site, meeting, attendee)


def is_over(meeting: Meeting, now: datetime) -> bool:
    """Links and tickets of this meeting open no more."""
    return meeting.stage not in LIVE_STAGES | {"postponed"} and now > meeting.ends_at + GRACE


async def renew_site_link(session: WriteSession, actor: Actor, site_id: str, now: datetime) -> Site:
    """Make all older links (and the calendar address) of the site invalid; for the unit's administrator."""
    site = await session.get(Site, site_id)
    if site is None:
        raise NotFound("site", site_id)
    path = await path_of(session, site.unit_id)
    require(may_administer_unit(actor, path), "renew_site_link", "unit_administrator")
    site.link_epoch += 1
    audit.record(session, "site_link_renewed", actor, now, subject_id=site.id, epoch=site.link_epoch)
    await session.flush()
    return site
