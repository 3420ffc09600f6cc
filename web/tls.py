"""The certificate and key that this server is to speak TLS with, looked at before anybody connects."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509


class UnusableCertificate(Exception):
    """With these files no TLS can be spoken; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """``names``: of hosts, and addresses; valid from ``begins`` until ``ends``."""

    names: tuple[str, ...]
    begins: datetime
    ends: datetime

    def is_valid(self, now: datetime) -> bool:
        """Whether browsers take it at this moment, if they know its authority."""
        return self.begins <= now < self.ends


def read_certificate(certificate: Path, key: Path) -> ServerCertificate:
    """The first certificate of the chain, once OpenSSL has taken both files; raises :class:`UnusableCertificate`."""
    for file in (certificate, key):
        try:
            file.open("rb").close()
        except OSError as error:
            raise UnusableCertificate(f"{file}: {error.strerror}") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
        first = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (ssl.SSLError, ValueError) as error:
        raise UnusableCertificate(f"{certificate} and {key} are no certificate with its key: {error}") from None
    return ServerCertificate(_names(first), first.not_valid_before_utc, first.not_valid_after_utc)


def _no_password() -> str:
    raise ValueError("the key is protected by a password, which nobody types at a start")


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))
