"""A certificate authority of our own for trying the product out. What it certifies has no legal value and says so on
the page: it is under no trusted root."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

AUTHORITY_NAME = "Giao Ban – CA thử nghiệm (không có giá trị pháp lý)"
DAY = timedelta(days=1)


def make_test_pkcs12(folder: Path, name: str, pin: str, now: datetime) -> bytes:
    """A key and a certificate for this person, locked by the PIN."""
    authority, authority_key = _authority(folder, now)
    key = rsa.generate_private_key(65537, 2048)
    certificate = (
        _builder(name, authority.subject, now, now + 365 * DAY)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    encryption = serialization.BestAvailableEncryption(pin.encode())
    return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, [authority], encryption)


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    path = folder / "test-authority.pem"
    if not path.exists():
        _make_authority(path, now)
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - we wrote it
    return x509.load_pem_x509_certificate(content), key


def _make_authority(path: Path, now: datetime) -> None:
    """Key and certificate in one file, put in place whole, so that two makers cannot mix theirs."""
    key = rsa.generate_private_key(65537, 2048)
    certificate = (
        _builder(AUTHORITY_NAME, _name(AUTHORITY_NAME), now - DAY, now + 3650 * DAY)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    try:
        os.link(temporary, path)
    except FileExistsError:  # somebody else was first: his counts
        pass
    finally:
        Path(temporary).unlink()


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _builder(name: str, issuer: x509.Name, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(minutes=5))
        .not_valid_after(end)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )
