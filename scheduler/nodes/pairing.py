"""The pairing text: what an administrator hands to the one of another installation, by mail, paper or file.

It holds nothing secret. What must not be forged on the way is the key: both read its fingerprint to one another.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from scheduler.errors import Invalid
from scheduler.nodes.key import is_public_key

PREFIX = "GB1-"
MOST_TEXT = 20_000
MOST_JSON = 64_000
_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Pairing:
    """An installation, as it introduces itself."""

    id: str
    name: str
    public_key: str
    url: str
    authority_pem: str = ""  # of a certificate authority of its own, so that the other side trusts its certificate


def to_text(pairing: Pairing) -> str:
    """In lines of 64 characters, with blanks and line breaks free to be lost or added on the way."""
    packed = zlib.compress(json.dumps(asdict(pairing), ensure_ascii=False).encode(), 9)
    text = PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64))


def from_text(text: str) -> Pairing:
    """What a pairing text says; raises :class:`Invalid` for anything else."""
    packed = "".join(text.split()) if len(text) <= MOST_TEXT else ""
    if not packed.startswith(PREFIX):
        raise Invalid({"text": "no_pairing_text"})
    packed = packed.removeprefix(PREFIX)
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True), MOST_JSON)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise Invalid({"text": "no_pairing_text"})
        values = json.loads(raw)
        pairing = Pairing(**values)
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError) as error:
        raise Invalid({"text": "no_pairing_text"}) from error
    check(pairing)
    return pairing


def check(pairing: Pairing) -> None:
    """Every field is what it should be; :class:`Invalid` names the one that is not."""
    fields = asdict(pairing)
    if any(not isinstance(value, str) or "\0" in value or not _is_text(value) for value in fields.values()):
        raise Invalid({"text": "no_pairing_text"})
    if not _ID.fullmatch(pairing.id) or not is_public_key(pairing.public_key):
        raise Invalid({"text": "no_pairing_text"})
    if not 0 < len(pairing.name.strip()) <= 200:
        raise Invalid({"name": "length"})
    if len(pairing.authority_pem) > 16_000 or (
        pairing.authority_pem and "BEGIN CERTIFICATE" not in pairing.authority_pem
    ):
        raise Invalid({"text": "no_pairing_text"})
    check_url(pairing.url)


def check_url(url: str) -> None:
    """``https://host[:port][/path]``; plain http only to this very machine."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid({"url": "no_url"}) from error
    if len(url) > 500 or not host or parts.username or parts.password or parts.query or parts.fragment:
        raise Invalid({"url": "no_url"})
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return
    raise Invalid({"url": "not_https" if parts.scheme == "http" else "no_url"})


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)
