"""A person's PKCS#12: kept as uploaded, opened with the PIN only while signing. Wrong PINs are counted and lock it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from asn1crypto import x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509 import Certificate as Certified
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from recordings.errors import BadInput, Conflict, NotAllowed, NotFound
from recordings.minutes.clock import full
from recordings.minutes.settings import SigningSettings
from recordings.minutes.tables import Certificate
from recordings.minutes.test_authority import make_test_pkcs12
from recordings.minutes.trust import is_trusted, load_roots
from scheduler.database import Database
from scheduler.organization.person import Person

MAX_BYTES = 100_000
MIN_PIN = 6


class WrongPin(NotAllowed):
    code = "wrong_pin"


async def add_certificate(
    database: Database, settings: SigningSettings, *, person_id: str, content: bytes, pin: str, now: datetime
) -> Certificate:
    """Keep this file for this person; the PIN is checked by opening it, and forgotten."""
    if len(content) > MAX_BYTES:
        raise BadInput("Tệp chứng thư số quá lớn.", {"file": "tối đa 100 KB"})
    try:
        signer = await asyncio.to_thread(open_pkcs12, content, pin)
    except WrongPin as error:
        raise BadInput(
            "Mã PIN không đúng, hoặc tệp không phải là PKCS#12 (.p12, .pfx).", {"pin": "không đúng"}
        ) from error
    _check_usable(signer, now)
    certificate = _certificate(signer)
    trusted = await is_trusted(certificate, _others(signer), load_roots(settings.trusted_roots), now)
    row = Certificate(
        person_id=person_id,
        pkcs12=content,
        subject=name_in(certificate),
        issuer=_common_name(certificate.issuer),
        sha256=fingerprint(certificate),
        valid_from=certificate.not_valid_before.astimezone(UTC),
        valid_to=certificate.not_valid_after.astimezone(UTC),
        is_test=not trusted,
        failures=0,
        locked_until=None,
        added_at=now,
    )
    async with database.transaction() as session:
        return await session.merge(row)


async def make_test_certificate(
    database: Database, settings: SigningSettings, *, person_id: str, pin: str, now: datetime
) -> Certificate:
    """A test certificate in the person's name."""
    if len(pin) < MIN_PIN:
        raise BadInput(f"Mã PIN cần ít nhất {MIN_PIN} ký tự.", {"pin": f"ít nhất {MIN_PIN} ký tự"})
    async with database.reading() as session:
        person = await session.get_one(Person, person_id)
    content = await asyncio.to_thread(make_test_pkcs12, settings.test_authority, person.name, pin, now)
    return await add_certificate(database, settings, person_id=person_id, content=content, pin=pin, now=now)


async def certificate_of(database: Database, person_id: str) -> Certificate | None:
    async with database.reading() as session:
        return await session.get(Certificate, person_id)


async def remove_certificate(database: Database, person_id: str) -> None:
    async with database.transaction() as session:
        row = await session.get(Certificate, person_id)
        if row is not None:
            await session.delete(row)


async def unlock(
    database: Database, settings: SigningSettings, *, person_id: str, pin: str, now: datetime
) -> tuple[Certificate, SimpleSigner]:
    """The person's key, ready to sign; a wrong PIN is counted even though the request fails."""
    async with database.transaction() as session:
        row = await session.get(Certificate, person_id, with_for_update=True)
        if row is None:
            raise NotFound("Anh/chị chưa có chứng thư số trên hệ thống. Tải lên tệp .p12 trước khi ký.")
        _check_lock(row, now)
        try:
            signer = await asyncio.to_thread(open_pkcs12, row.pkcs12, pin)
        except WrongPin:
            signer = None
            _count_failure(row, settings, now)
        else:
            row.failures, row.locked_until = 0, None
    if signer is None:
        raise WrongPin(_wrong_pin(row, settings, now), detail={"left": settings.pin_attempts - row.failures})
    _check_usable(signer, now)
    return row, signer


def _check_lock(row: Certificate, now: datetime) -> None:
    if row.locked_until is not None and now < row.locked_until:
        raise WrongPin(f"Nhập sai mã PIN quá nhiều lần. Thử lại sau {full(row.locked_until)}.", code="pin_locked")


def _count_failure(row: Certificate, settings: SigningSettings, now: datetime) -> None:
    row.failures += 1
    if row.failures >= settings.pin_attempts:
        row.failures, row.locked_until = 0, now + timedelta(minutes=settings.lock_minutes)


def _wrong_pin(row: Certificate, settings: SigningSettings, now: datetime) -> str:
    if row.locked_until is not None and now < row.locked_until:
        return f"Mã PIN không đúng. Đã nhập sai {settings.pin_attempts} lần, tạm khóa {settings.lock_minutes} phút."
    return f"Mã PIN không đúng. Còn {settings.pin_attempts - row.failures} lần thử."


def open_pkcs12(content: bytes, pin: str) -> SimpleSigner:
    """The key and certificate inside; :class:`WrongPin` if it does not open."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, pin.encode())
    except ValueError as error:
        raise WrongPin("Mã PIN không đúng.") from error
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadInput("Tệp không chứa khóa ký và chứng thư số dùng được.", {"file": "không có khóa ký"})
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 2048:
        raise BadInput("Khóa ký quá yếu (cần RSA từ 2048 bit).", {"file": "khóa quá yếu"})
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())  # the file opens slowly: only once
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([_asn1(other) for other in others])
    return SimpleSigner(_asn1(certificate), PrivateKeyInfo.load(der), registry)


def _asn1(certificate: Certified) -> x509.Certificate:
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _check_usable(signer: SimpleSigner, now: datetime) -> None:
    certificate = _certificate(signer)
    if now < certificate.not_valid_before or now > certificate.not_valid_after:
        raise Conflict(f"Chứng thư số hết hạn {full(certificate.not_valid_after)}.", code="certificate_expired")
    usage = certificate.key_usage_value
    if usage is not None and not usage.native & {"digital_signature", "non_repudiation"}:
        raise BadInput("Chứng thư số này không được cấp để ký.", {"file": "không dùng để ký"})


def _certificate(signer: SimpleSigner) -> x509.Certificate:
    if signer.signing_cert is None:
        raise BadInput("Tệp không chứa chứng thư số.", {"file": "không có chứng thư số"})
    return signer.signing_cert


def _others(signer: SimpleSigner) -> Iterable[x509.Certificate]:
    return [certificate for certificate in signer.cert_registry if certificate != signer.signing_cert]


def fingerprint(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.dump()).hexdigest()


def name_in(certificate: x509.Certificate) -> str:
    """The person's name in a certificate."""
    return _common_name(certificate.subject)


def _common_name(name: x509.Name) -> str:
    found = name.native.get("common_name", "")
    return str(found[0] if isinstance(found, list) else found)
