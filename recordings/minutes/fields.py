"""Fields of the signed document, made before anyone signs: two signature fields and one for the number.

The number comes after the signatures (văn thư), so its field is filled by an incremental update, which a signature that
permits filling forms survives (docs/decisions/0060). Faces of fields are drawn by Typst with the embedded font.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from recordings.errors import OurFailure
from recordings.minutes.render import Place, render

NUMBER_FIELD = "SoKyHieu"
SIGNATURE_FIELDS = {"secretary": "ThuKy", "chair": "ChuToa"}
TOOLTIPS = {"secretary": "Chữ ký của thư ký", "chair": "Chữ ký của chủ tọa"}
NUMBER_SIZE = 13.0
READ_ONLY, PRINT = 1, 4
APPEND_ONLY = 3  # signatures are to come and only incremental updates keep them: said now, so signing changes nothing
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # faces carry no time, so equal faces are equal bytes


def add_fields(pdf: bytes, places: Sequence[Place], number: str) -> bytes:
    """The PDF with its empty fields, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for place in places:
        if place.name == "number":
            _add_number_field(writer, place, number)
        else:
            box = (place.left, place.bottom, place.left + place.width, place.bottom + place.height)
            spec = SigFieldSpec(
                SIGNATURE_FIELDS[place.name],
                on_page=place.page,
                box=tuple(round(edge) for edge in box),  # type: ignore[arg-type]
                readable_field_name=TOOLTIPS[place.name],
            )
            append_signature_field(writer, spec)
    form = writer.root["/AcroForm"]
    form[pdf_name("/SigFlags")] = generic.NumberObject(APPEND_ONLY)
    writer.update_container(form)
    return _written(writer)


def fill_number(pdf: bytes, number: str) -> bytes:
    """The PDF with this number in its field, as an incremental update that signatures permit."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    field = _number_field(writer)
    left, bottom, right, top = (float(edge) for edge in field["/Rect"])
    field[pdf_name("/V")] = pdf_string(number)
    field[pdf_name("/AP")] = _appearance(writer, number, right - left, top - bottom)
    writer.update_container(field)
    return _written(writer)


def number_in(pdf: bytes) -> str:
    """What stands in the number field."""
    return str(_number_field(PdfFileReader(io.BytesIO(pdf), strict=False)).get("/V", "")).strip()


def _number_field(handler: IncrementalPdfFileWriter | PdfFileReader) -> generic.DictionaryObject:
    for field in handler.root["/AcroForm"]["/Fields"]:
        found: generic.DictionaryObject = field.get_object()
        if found.get("/T") == NUMBER_FIELD:
            return found
    raise OurFailure("Tệp biên bản không có ô ghi số.", code="no_number_field")


def _add_number_field(writer: IncrementalPdfFileWriter, place: Place, number: str) -> None:
    box = (place.left, place.bottom - 3, place.left + place.width, place.bottom + place.height)
    page_ref, _ = writer.find_page_for_modification(place.page)
    page = page_ref.get_object()
    field = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): pdf_string(NUMBER_FIELD),
            pdf_name("/TU"): pdf_string("Số, ký hiệu văn bản"),
            pdf_name("/V"): pdf_string(number),
            pdf_name("/DA"): pdf_string("/Helv 13 Tf 0 g"),
            pdf_name("/Ff"): generic.NumberObject(READ_ONLY),
            pdf_name("/F"): generic.NumberObject(PRINT),
            pdf_name("/P"): page_ref,
            pdf_name("/Rect"): generic.ArrayObject(generic.FloatObject(round(edge, 2)) for edge in box),
            pdf_name("/AP"): _appearance(writer, number, box[2] - box[0], box[3] - box[1]),
        }
    )
    field_ref = writer.add_object(field)
    annotations = page.get("/Annots")
    page[pdf_name("/Annots")] = generic.ArrayObject([*(annotations or []), field_ref])
    writer.update_container(page)
    form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject([field_ref])})
    writer.root[pdf_name("/AcroForm")] = writer.add_object(form)
    writer.update_root()


def _appearance(writer: BasePdfFileWriter, number: str, width: float, height: float) -> generic.DictionaryObject:
    lines = [{"text": number, "size": NUMBER_SIZE, "weight": "regular", "colour": "#000000"}]
    face = label(lines, width, height, centred=False)
    return generic.DictionaryObject({pdf_name("/N"): import_face(writer, face)})


def label(lines: list[dict[str, object]], width: float, height: float, *, centred: bool) -> bytes:
    """A page of exactly this size with these lines: the face of a field."""
    form = {"lines": lines, "width": width, "height": height, "centred": centred, "size": NUMBER_SIZE}
    return render("label", form, EPOCH)


def import_face(writer: BasePdfFileWriter, face: bytes) -> generic.IndirectObject:
    imported: generic.IndirectObject = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(face)))
    return imported


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
