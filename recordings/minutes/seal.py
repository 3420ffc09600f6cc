"""One PAdES B-B signature into its field: name and time on its face, "CHỮ KÝ THỬ NGHIỆM" on a test's.

It approves and does not certify: a certified document takes no new visible signature field, which is what the next
signer's own program may bring (docs/decisions/0060).
"""

from __future__ import annotations

import io
from datetime import datetime

from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.stamp import StaticStampStyle

from recordings.minutes.clock import local
from recordings.minutes.fields import SIGNATURE_FIELDS, import_face, label

TEST_MARK = "CHỮ KÝ THỬ NGHIỆM – không có giá trị pháp lý"
REASONS = {"secretary": "Thư ký ký biên bản", "chair": "Chủ tọa ký biên bản"}
RESERVED_BYTES = 32768  # of /Contents: room for a time-stamp and a chain later


async def seal(pdf: bytes, role: str, signer: Signer, *, name: str, is_test: bool, now: datetime) -> bytes:
    """The PDF with this signature added as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    field = SIGNATURE_FIELDS[role]
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=REASONS[role],
        name=name,
    )
    width, height = _size_of(writer, field)
    style = StaticStampStyle(background=Face(_face(name, now, is_test, width, height)), border_width=0)
    at = local(now).replace(microsecond=0)
    signed = await TimedSigner(metadata, signer, style, at).async_sign_pdf(
        writer, existing_fields_only=True, bytes_reserved=RESERVED_BYTES
    )
    return bytes(signed.getbuffer())


class TimedSigner(PdfSigner):
    """Signs at the moment it is told, in Vietnam's zone, so that page and signature say the same."""

    def __init__(self, metadata: PdfSignatureMetadata, signer: Signer, style: StaticStampStyle, at: datetime) -> None:
        super().__init__(metadata, signer, stamp_style=style)
        self._at = at

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session


class Face(PdfContent):
    """A one-page PDF drawn as the face of a signature."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self._page = page

    def render(self) -> bytes:
        face = import_face(self._ensure_writer, self._page)
        self.resources.xobject["/Face"] = face
        x1, y1, x2, y2 = (float(edge) for edge in face.get_object()["/BBox"])
        self.box = BoxConstraints(width=abs(x2 - x1), height=abs(y2 - y1))
        return b"/Face Do"


def _face(name: str, now: datetime, is_test: bool, width: float, height: float) -> bytes:
    blue, red = "#00309c", "#b00020"
    lines: list[dict[str, object]] = [
        {"text": name, "size": 11, "weight": "bold", "colour": blue},
        {"text": local(now).isoformat(timespec="seconds"), "size": 10, "weight": "regular", "colour": blue},
    ]
    if is_test:
        lines.append({"text": TEST_MARK, "size": 8, "weight": "bold", "colour": red})
    return label(lines, width, height, centred=True)


def _size_of(writer: IncrementalPdfFileWriter, name: str) -> tuple[float, float]:
    for field in writer.root["/AcroForm"]["/Fields"]:
        found = field.get_object()
        if found.get("/T") == name:
            left, bottom, right, top = (float(edge) for edge in found["/Rect"])
            return right - left, top - bottom
    raise ValueError(f"no field {name}")


def revisions_in(pdf: bytes) -> int:
    return int(PdfFileReader(io.BytesIO(pdf), strict=False).xrefs.total_revisions)
