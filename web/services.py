"""What one web process holds while it runs: made by ``web.app``, handed to every endpoint, socket and job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import HTTPConnection

from recordings.minutes.settings import FilingSettings, SigningSettings
from recordings.papers.office import Office
from recordings.papers.render import Renderer
from recordings.papers.store import ObjectStore
from recordings.settings import ArchiveSettings, CaptureSettings
from scheduler.database import Database
from scheduler.mail import Transport
from scheduler.meetings.invitation import Post
from scheduler.meetings.site_link import SiteLinks
from scheduler.secrecy import Secrecy
from web.link.channel import LinkChannel
from web.mail import mail_settings
from web.passwords import Passwords
from web.rate_limit import FailureLimiter
from web.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Services:
    """One process's belongings. ``web.start`` sets what needs folders, keys or a connection."""

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = utc_now
    passwords: Passwords = field(default_factory=Passwords)
    login_failures: FailureLimiter = field(default_factory=FailureLimiter)
    link_failures: FailureLimiter = field(default_factory=lambda: FailureLimiter(limit=60, window_s=60.0))
    key_attempts: FailureLimiter = field(default_factory=lambda: FailureLimiter(limit=10, window_s=60.0))
    links: SiteLinks = field(default_factory=lambda: SiteLinks(b"", ""))  # its key is read when the app starts
    store: ObjectStore = field(init=False)  # papers, minutes, signed documents, by SHA-256
    renderer: Renderer = field(default_factory=Renderer)  # draws pages, in child processes
    office: Office = field(default_factory=Office)  # LibreOffice, where it is installed
    mail: Transport = field(init=False)  # where letters go: a mail server or a folder of .eml files
    hub: Any = None  # live rooms: web.live
    channel: LinkChannel = field(default_factory=LinkChannel)  # to the installations above and below
    node_links: Any = None  # the links behind the channel: web.link.service.Links
    meetings: Any = None  # rooms held for one another: web.link.meetings.Meetings
    boards: Any = None  # site boards of rooms held elsewhere: web.link.boards.Boards
    missed: Any = None  # what rooms here missed of recordings above: web.live.missed_parts.MissedParts
    doors: Any = None  # encoders and players that are not ours: web.doors
    jobs: Any = None  # web.jobs.relay.JobRunner, when this process carries out jobs
    measuring: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(6))  # lines of sites, at a time
    outbox_changed: asyncio.Event = field(default_factory=asyncio.Event)  # wakes the job runner

    def now(self) -> datetime:
        return self.clock()

    @property
    def secrecy(self) -> Secrecy:
        """What may be taken in."""
        return Secrecy(isolated=self.settings.isolated_network)

    @property
    def signing(self) -> SigningSettings:
        """Whose certificates count: those under roots laid down in the keys folder."""
        roots = tuple(sorted((self.settings.keys_folder / "trusted-roots").glob("*")))
        return SigningSettings(self.settings.keys_folder / "test-authority", roots)

    @property
    def filing(self) -> FilingSettings:
        """Where dossiers are delivered."""
        return FilingSettings(self.settings.dossiers_folder)

    @property
    def post(self) -> Post:
        """How invitations leave."""
        return Post(self.mail, mail_settings(self.settings), self.links)

    @property
    def captures(self) -> CaptureSettings:
        """Where recordings lie, and how large their archive is."""
        height = self.settings.archive_height
        archive = ArchiveSettings(height * 16 // 9, height)
        return CaptureSettings(self.settings.captures_folder, self.settings.recordings_folder, archive=archive)


def services_of(connection: HTTPConnection) -> Services:
    """The services of the process that serves this request or socket."""
    services: Services = connection.app.state.services
    return services
