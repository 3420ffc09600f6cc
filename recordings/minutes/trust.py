"""Whose certificates count: the roots the installation was given. What is under none of them is a test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, ValidationError

from recordings.errors import OurFailure


def load_roots(paths: Iterable[Path]) -> tuple[x509.Certificate, ...]:
    """Trusted roots of these files, PEM or DER."""
    roots: list[x509.Certificate] = []
    for path in paths:
        try:
            content = path.read_bytes()
            parts = [der for _, _, der in pem.unarmor(content, multiple=True)] if pem.detect(content) else [content]
            roots += [x509.Certificate.load(der) for der in parts]
        except (OSError, ValueError) as error:
            raise OurFailure(f"Không đọc được chứng thư gốc {path.name}.", code="bad_root") from error
    return tuple(roots)


def context_of(roots: Iterable[x509.Certificate], now: datetime | None = None) -> ValidationContext:
    """Offline: nothing is fetched; revocation is checked only with what is at hand."""
    return ValidationContext(trust_roots=list(roots), allow_fetching=False, revocation_mode="soft-fail", moment=now)


async def is_trusted(
    certificate: x509.Certificate, others: Iterable[x509.Certificate], roots: Iterable[x509.Certificate], now: datetime
) -> bool:
    """Whether a path leads from the certificate to one of the roots."""
    roots = tuple(roots)
    if not roots:
        return False
    validator = CertificateValidator(certificate, list(others), validation_context=context_of(roots, now))
    try:
        await validator.async_validate_path()
    except (PathBuildingError, PathValidationError, ValidationError):
        return False
    return True
