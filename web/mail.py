"""From ``smtp_url`` to how letters leave: smtps:// is TLS from the start; smtp:// takes STARTTLS when there is a
login, else none; ``?security=none|starttls|tls`` decides otherwise. Empty: a folder of .eml files."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from scheduler.settings import MailSettings
from web.settings import BadSetting, Settings

Security = Literal["none", "starttls", "tls"]
_PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}


def mail_settings(settings: Settings) -> MailSettings:
    """The mail settings; raises BadSetting for an address that cannot be."""
    if not settings.smtp_url:
        return MailSettings(folder=settings.mail_folder, sender=settings.mail_sender)
    url = urlsplit(settings.smtp_url)
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise BadSetting("GIAOBAN_SMTP_URL begins with smtp:// or smtps:// and names a host")
    default = "tls" if url.scheme == "smtps" else "starttls" if url.username else "none"
    security = parse_qs(url.query).get("security", [default])[0]
    if security not in _PORTS:
        raise BadSetting("GIAOBAN_SMTP_URL: security is none, starttls or tls")
    chosen: Security = security
    return MailSettings(
        host=url.hostname,
        port=url.port or _PORTS[chosen],
        security=chosen,
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        sender=settings.mail_sender,
    )
