"""What the signatures in a PDF are worth: offline, with pyHanko's difference analysis; every defect in words."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    CatalogModificationRule,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.constants import ROOT_EXEMPT_STRICT_COMPARISON
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus

from recordings.errors import OutsideMistake
from recordings.minutes.certificate import fingerprint, name_in
from recordings.minutes.fields import SIGNATURE_FIELDS
from recordings.minutes.trust import context_of, is_trusted

CHANGED = "Tệp đã bị thay đổi sau khi ký"
ROLES = {field: role for role, field in SIGNATURE_FIELDS.items()}
TITLES = {"secretary": "thư ký", "chair": "chủ tọa"}


class BrokenPdf(OutsideMistake):
    """It cannot be read as a PDF at all."""

    code = "broken_pdf"


@dataclass(frozen=True, slots=True)
class Checked:
    """One signature."""

    field: str
    role: str | None  # by the field it stands in; None in a field that is not ours
    name: str
    at: datetime | None
    is_valid: bool
    is_test: bool  # under no trusted root
    certificate_sha256: str
    defect: str = ""


async def check_signatures(pdf: bytes, roots: Iterable[x509.Certificate] = ()) -> list[Checked]:
    """Every signature, oldest first; raises :class:`BrokenPdf` when the file cannot be read."""
    roots = tuple(roots)
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signatures = reader.embedded_regular_signatures
    except Exception as error:  # whoever crafts a file decides how it breaks the parser
        raise BrokenPdf("Tệp PDF hỏng, không đọc được.") from error
    return [await _check(signature, reader, roots) for signature in signatures]


async def _check(
    signature: EmbeddedPdfSignature, reader: PdfFileReader, roots: tuple[x509.Certificate, ...]
) -> Checked:
    name, sha256 = "", ""
    try:
        certificate = signature.signer_cert
        name, sha256 = name_in(certificate), fingerprint(certificate)
        # Integrity first, with the signer's own certificate as anchor; whether it counts is asked apart.
        status = await async_validate_pdf_signature(signature, context_of([certificate]))
        defect, at = _defect(status, signature, reader), status.signer_reported_dt
        others = signature.other_embedded_certs
        trusted = not defect and at is not None and await is_trusted(certificate, others, roots, at)
    except Exception:  # likewise: a signature that cannot be read is one that does not hold
        defect, trusted, at = f"{CHANGED} hoặc chữ ký hỏng", False, None
    field = str(signature.field_name)
    return Checked(
        field=field,
        role=ROLES.get(field),
        name=name,
        at=at,
        is_valid=not defect,
        is_test=not trusted,
        certificate_sha256=sha256,
        defect=defect,
    )


def _defect(status: PdfSignatureStatus, signature: EmbeddedPdfSignature, reader: PdfFileReader) -> str:
    if not status.intact or not status.valid:
        return f"{CHANGED}: nội dung không còn khớp chữ ký"
    level = status.modification_level
    if isinstance(status.diff_result, SuspiciousModification) or level in (None, ModificationLevel.OTHER):
        return CHANGED + _pages(signature, reader)
    if not status.docmdp_ok or level == ModificationLevel.ANNOTATIONS:
        return f"{CHANGED}: có thay đổi mà chữ ký không cho phép{_pages(signature, reader)}"
    return ""


def _pages(signature: EmbeddedPdfSignature, reader: PdfFileReader) -> str:
    """Which pages differ between the signed revision and now."""
    try:
        before = reader.get_historical_root(signature.signed_revision)
        changed = [
            number
            for number, (old, new) in enumerate(zip(_contents(before), _contents(reader.root), strict=False), 1)
            if old != new
        ]
    except Exception:  # likewise: then it is not said which
        return ""
    return f" (trang {', '.join(map(str, changed))})" if changed else ""


def _contents(root: object) -> list[str]:
    return [hashlib.sha256(_content(page)).hexdigest() for page in _leaves(root["/Pages"])]  # type: ignore[index]


def _leaves(node: object) -> list[object]:
    kids = node.get("/Kids")  # type: ignore[attr-defined]
    if kids is None:
        return [node]
    return [leaf for kid in kids for leaf in _leaves(kid.get_object() if hasattr(kid, "get_object") else kid)]


def _content(page: object) -> bytes:
    contents = page["/Contents"]  # type: ignore[index]
    parts = contents if isinstance(contents, list) else [contents]
    return b"".join(part.get_object().data if hasattr(part, "get_object") else part.data for part in parts)


def _first_signature_policy() -> StandardDiffPolicy:
    """The usual policy, except that the first signature may certify: that adds /Perms to the catalog."""
    rule = CatalogModificationRule(ignored_keys=ROOT_EXEMPT_STRICT_COMPARISON | {"/Perms"})
    rules = [rule if isinstance(r, CatalogModificationRule) else r for r in DEFAULT_DIFF_POLICY.global_rules]
    return StandardDiffPolicy(global_rules=rules, form_rule=DEFAULT_DIFF_POLICY.form_rule)


def difference_from(ours: bytes, theirs: bytes) -> str:
    """Why ``theirs`` is not an incremental update of ``ours`` that only signs; "" when it is."""
    if not theirs.startswith(ours):
        return "tệp tải lên không phải là bản tiếp theo của tệp hệ thống đã phát ra"
    if len(theirs) == len(ours):
        return "tệp chưa có chữ ký mới"
    try:
        reader = PdfFileReader(io.BytesIO(theirs), strict=False)
        base = PdfFileReader(io.BytesIO(ours), strict=False).xrefs.total_revisions - 1
        result = _first_signature_policy().review_file(reader, base)
    except Exception:  # likewise
        return "tệp hỏng, không đọc được"
    if isinstance(result, SuspiciousModification) or result.modification_level > ModificationLevel.FORM_FILLING:
        return "nội dung đã bị thay đổi ngoài việc ký"
    return ""
