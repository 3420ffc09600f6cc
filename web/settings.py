"""Settings of an installation: the only module that reads the environment.

Every setting has a name ``GIAOBAN_<FIELD>`` and a default that makes ``giaoban serve`` work on one machine. A value that
cannot be is refused at start, by name. ``docs/settings.md`` lists them all (a test compares).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scheduler.settings import DatabaseSettings

PREFIX = "GIAOBAN_"


class BadSetting(ValueError):
    """A setting whose value cannot be; the message names it and says what it takes."""


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"text": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation. Sizes in bytes, times in seconds."""

    data: Path = _setting(Path("var"), "folder of everything that is kept: database, files, captures, mail, keys")
    database_url: str = _setting("", "SQLAlchemy URL; empty: SQLite in the data folder")
    host: str = _setting("127.0.0.1", "address the web process listens on; 0.0.0.0 for all")
    port: int = _setting(8000, "TCP port of the web process")
    public_url: str = _setting("", "the address people type, links are made from it; empty: http(s)://localhost:port")
    tls_certificate: Path | None = _setting(None, "PEM certificate chain; with tls_key the web process speaks TLS")
    tls_key: Path | None = _setting(None, "PEM private key")
    behind_proxy: bool = _setting(False, "TLS ends at a proxy in front; X-Forwarded-* of loopback and proxy_addresses is trusted")
    proxy_addresses: tuple[str, ...] = _setting(("127.0.0.1",), "addresses of that proxy, comma separated")
    media_addresses: tuple[str, ...] = _setting((), "addresses announced for media; empty: every local address")
    media_port: int = _setting(3478, "UDP and TCP port of the media worker; 0: any free one")
    media_socket: Path | None = _setting(None, "Unix socket of the media worker; empty: media.sock in the run folder")
    media_remote: bool = _setting(False, "the media worker is started by somebody else (a container), not by this server")
    smtp_url: str = _setting("", "smtp://user:password@host:port or smtps://…; empty: mail goes to a folder of .eml files")
    mail_sender: str = _setting("giaoban@localhost", "From address of invitations")
    document_folder: Path | None = _setting(None, "where dossiers are delivered; empty: dossiers in the data folder")
    upload_limit: int = _setting(50 * 1024 * 1024, "largest paper")
    isolated_network: bool = _setting(False, "the installation is declared isolated: meetings marked Mật may be planned")
    workers: int = _setting(1, "media workers on this machine")
    language: str = _setting("vi", "language of somebody who has not chosen: vi or en")
    log_level: str = _setting("info", "debug, info, warning or error")

    def __post_init__(self) -> None:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise BadSetting(f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY go together")
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise BadSetting(f"{PREFIX}PUBLIC_URL is {self.public_url!r}; it begins with https:// (or http:// on localhost)")
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
        """Browsers give camera and microphone over TLS, or on localhost; elsewhere a room is refused with the reason."""
        return self.is_local or self.url.startswith("https:")

    @property
    def socket(self) -> Path:
        """The Unix socket of the media worker."""
        return self.media_socket or self.data / "run" / "media.sock"

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"

    @property
    def files_folder(self) -> Path:
        """The object store: papers, minutes, signed documents, by SHA-256."""
        return self.data / "files"

    @property
    def captures_folder(self) -> Path:
        """Packet logs, one folder per meeting."""
        return self.data / "captures"

    @property
    def recordings_folder(self) -> Path:
        """Playable files and archives, one folder per meeting."""
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


_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "bool": _boolean,
    "Path": Path,
    "Path | None": lambda text: Path(text) if text else None,
    "tuple[str, ...]": _addresses,
}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the environment; raises :class:`BadSetting` for a value or a name that cannot be."""
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise BadSetting(f"{unknown[0]} is no setting; see docs/settings.md")
    values: dict[str, Any] = {}
    for name, item in known.items():
        if name in environment:
            try:
                values[item.name] = _READERS[str(item.type)](environment[name])
            except (KeyError, ValueError) as error:
                raise BadSetting(f"{name} is {environment[name]!r}; it takes: {item.metadata['text']}") from error
    return Settings(**values)


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment that makes them again: how a supervisor hands them to its children."""
    result: dict[str, str] = {}
    for item in fields(Settings):
        value = getattr(settings, item.name)
        text = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        result[PREFIX + item.name.upper()] = text
    return result
