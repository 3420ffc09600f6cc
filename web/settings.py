"""Settings of an installation: the only module that reads the environment.

Every setting has a name ``GIAOBAN_<FIELD>`` and a default that makes ``giaoban serve`` work on one machine. A value
that cannot be is refused at start, by name. ``docs/settings.md`` lists them all (a test compares).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, get_type_hints
from urllib.parse import urlsplit

from scheduler.settings import DatabaseSettings

PREFIX = "GIAOBAN_"
_TURN = re.compile(r"turns?:[A-Za-z0-9.\-\[\]:]+(\?transport=(udp|tcp))?")
LEAST_MEDIA_MEMORY = 16 * 1024 * 1024  # two seconds of a dozen cameras


class BadSetting(ValueError):
    """A setting whose value cannot be; the message names it and says what it takes."""


@dataclass(frozen=True, slots=True)
class MediaWorker:
    """One of the installation's media workers, as its own process and the web process know it."""

    number: int  # from 1
    port: int  # UDP and TCP
    socket: Path

    @property
    def name(self) -> str:
        """In logs, measures and file names."""
        return f"media-{self.number}"


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Sizes in bytes, times in seconds."""

    data: Annotated[Path, "folder of everything that is kept: database, files, captures, mail, keys"] = Path("var")
    database_url: Annotated[str, "SQLAlchemy URL; empty: SQLite in the data folder"] = ""
    host: Annotated[str, "address the web process listens on; 0.0.0.0 for all"] = "127.0.0.1"
    port: Annotated[int, "TCP port of the web process"] = 8000
    public_url: Annotated[str, "the address people type, links are made from it; empty: http(s)://localhost:port"] = ""
    tls_certificate: Annotated[Path | None, "PEM certificate chain; with tls_key the web process speaks TLS"] = None
    tls_key: Annotated[Path | None, "PEM private key"] = None
    behind_proxy: Annotated[bool, "TLS ends at a proxy in front; its X-Forwarded-* are trusted"] = False
    proxy_addresses: Annotated[tuple[str, ...], "addresses of that proxy, comma separated"] = ("127.0.0.1",)
    media_addresses: Annotated[tuple[str, ...], "addresses announced for media; empty: every local address"] = ()
    media_workers: Annotated[int, "media workers on this machine: one process and one port each"] = 1
    media_peers: Annotated[int, "connections one media worker takes; a room that has more goes on on another too"] = (
        1000
    )
    media_port: Annotated[int, "UDP and TCP port of the first media worker, the others follow; 0: any free ones"] = 3478
    media_sockets: Annotated[Path | None, "folder of the media workers' Unix sockets; empty: the run folder"] = None
    media_remote: Annotated[bool, "somebody else (a container) starts the media workers"] = False
    turn_urls: Annotated[
        tuple[str, ...], "TURN servers for clients: turn:HOST:3478?transport=udp, turns:…; or none"
    ] = ()
    turn_secret: Annotated[str, "secret shared with them (coturn: static-auth-secret); goes with turn_urls"] = ""
    video_codec: Annotated[str, "what cameras send in all rooms: vp8, or h264 (old PCs, hardware encoders)"] = "vp8"
    plane: Annotated[str, "what carries media packets: native, or reference (readable, many times slower)"] = "native"
    media_memory: Annotated[int, "bytes of one media worker for packets kept for repairs and late viewers"] = (
        256 * 1024 * 1024
    )
    smtp_url: Annotated[str, "smtp://user:password@host:port or smtps://…; empty: a folder of .eml files"] = ""
    mail_sender: Annotated[str, "From address of invitations"] = "giaoban@localhost"
    document_folder: Annotated[Path | None, "where dossiers are delivered; empty: dossiers in the data folder"] = None
    upload_limit: Annotated[int, "largest paper"] = 50 * 1024 * 1024
    archive_height: Annotated[int, "rows of an archived recording's picture: 360, 540, 720 or 1080"] = 720
    link_beat_ms: Annotated[int, "how often linked installations say that they are there"] = 1000
    link_lost_ms: Annotated[int, "a link is lost after so long without a word"] = 3000
    isolated_network: Annotated[bool, "declared isolated: Mật is taken in; never recorded, mailed, exported"] = False
    language: Annotated[str, "language of somebody who has not chosen: vi or en"] = "vi"
    metrics_token: Annotated[str, "who bears it reads /metrics from elsewhere; empty: loopback, administrators"] = ""
    log_level: Annotated[str, "debug, info, warning or error"] = "info"

    def __post_init__(self) -> None:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise BadSetting(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY go together")
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise BadSetting(f"{PREFIX}PUBLIC_URL is {self.public_url!r}; it begins with https://")
        if self.media_workers < 1:
            raise BadSetting(f"{PREFIX}MEDIA_WORKERS is {self.media_workers}; it takes 1 or more")
        if self.media_peers < 1:
            raise BadSetting(f"{PREFIX}MEDIA_PEERS is {self.media_peers}; it takes 1 or more")
        if self.media_memory < LEAST_MEDIA_MEMORY:
            raise BadSetting(f"{PREFIX}MEDIA_MEMORY is {self.media_memory}; it takes {LEAST_MEDIA_MEMORY} or more")
        if not 0 < self.link_beat_ms < self.link_lost_ms:
            raise BadSetting(f"{PREFIX}LINK_LOST_MS is {self.link_lost_ms}; it takes more than LINK_BEAT_MS")
        if self.archive_height not in {360, 540, 720, 1080}:
            raise BadSetting(f"{PREFIX}ARCHIVE_HEIGHT is {self.archive_height}; it takes 360, 540, 720 or 1080")
        if bool(self.turn_urls) != bool(self.turn_secret):
            raise BadSetting(f"{PREFIX}TURN_URLS and {PREFIX}TURN_SECRET go together")
        if wrong := [url for url in self.turn_urls if not _TURN.fullmatch(url)]:
            raise BadSetting(f"{PREFIX}TURN_URLS has {wrong[0]!r}; it takes turn:HOST:PORT?transport=udp and the like")
        if self.video_codec not in {"vp8", "h264"}:
            raise BadSetting(f"{PREFIX}VIDEO_CODEC is {self.video_codec!r}; it takes vp8 or h264")
        if self.plane not in {"native", "reference"}:
            raise BadSetting(f"{PREFIX}PLANE is {self.plane!r}; it takes native or reference")
        if self.language not in {"vi", "en"}:
            raise BadSetting(f"{PREFIX}LANGUAGE is {self.language!r}; it takes vi or en")

    @property
    def database(self) -> DatabaseSettings:
        """Where the database is."""
        return DatabaseSettings(self.database_url or f"sqlite+aiosqlite:///{self.data / 'giaoban.sqlite'}")

    @property
    def has_tls(self) -> bool:
        """Whether people reach this server over TLS (its own, or a proxy's)."""
        return self.tls_certificate is not None or (self.behind_proxy and self.url.startswith("https:"))

    @property
    def url(self) -> str:
        """The address people type, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_certificate else "http"
        return f"{scheme}://localhost:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether ``url`` names this machine itself, where browsers give a camera without TLS."""
        name = urlsplit(self.url).hostname or ""
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return False

    @property
    def rooms_allowed(self) -> bool:
        """Browsers give a camera over TLS or on localhost only; elsewhere a room is refused, with the reason."""
        return self.is_local or self.url.startswith("https:")

    @property
    def run_folder(self) -> Path:
        """Through which the processes know of each other: sockets, locks, process ids."""
        return self.data / "run"

    @property
    def workers(self) -> tuple[MediaWorker, ...]:
        """The media workers: ports count up from ``media_port``."""
        folder = self.media_sockets or self.run_folder
        return tuple(
            MediaWorker(number, self.media_port and self.media_port + number - 1, folder / f"media-{number}.sock")
            for number in range(1, self.media_workers + 1)
        )

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"

    @property
    def files_folder(self) -> Path:
        """The object store: papers, minutes, signed documents, by SHA-256."""
        return self.data / "files"

    @property
    def captures_folder(self) -> Path:
        """Packet logs, one folder per recording."""
        return self.data / "captures"

    @property
    def recordings_folder(self) -> Path:
        """Playable files and archives, one folder per recording."""
        return self.data / "recordings"

    @property
    def dossiers_folder(self) -> Path:
        return self.document_folder or self.data / "dossiers"

    @property
    def keys_folder(self) -> Path:
        """Secrets of this installation: link key, node key, local CA; mode 0700."""
        return self.data / "keys"


def _boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    return words[text.lower()]


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    bool: _boolean,
    Path: Path,
    Path | None: lambda text: Path(text) if text else None,
    tuple[str, ...]: _addresses,
}


def descriptions() -> dict[str, str]:
    """What each setting is for, by its name in the environment."""
    hints = get_type_hints(Settings, include_extras=True)
    return {PREFIX + item.name.upper(): hints[item.name].__metadata__[0] for item in fields(Settings)}


def whole_environment() -> Mapping[str, str]:
    """For processes that are started with settings of their own."""
    return os.environ


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the environment; raises :class:`BadSetting` for a value or a name that cannot be."""
    texts, types = descriptions(), get_type_hints(Settings)
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in texts)
    if unknown:
        raise BadSetting(f"{unknown[0]} is no setting; see docs/settings.md")
    values: dict[str, Any] = {}
    for item in fields(Settings):
        name = PREFIX + item.name.upper()
        if name in environment:
            try:
                values[item.name] = _READERS[types[item.name]](environment[name])
            except (KeyError, ValueError) as error:
                raise BadSetting(f"{name} is {environment[name]!r}; it takes: {texts[name]}") from error
    return Settings(**values)
