"""A worker's DTLS certificate: self-signed ECDSA P-256, made at start, never stored."""

from __future__ import annotations

import datetime
import secrets
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Key and certificate; ``fingerprint`` is SHA-256 as it stands in SDP."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        digest = self.certificate.fingerprint(hashes.SHA256()).hex().upper()
        return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def new_certificate(now: datetime.datetime) -> Certificate:
    """A fresh certificate valid from a day ago (clocks of peers drift)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFETIME)
    )
    return Certificate(key, builder.sign(key, hashes.SHA256()))
