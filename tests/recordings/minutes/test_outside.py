"""Signed elsewhere and uploaded back: our own file with one more signature is taken, anything else refused."""

from __future__ import annotations

import io

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pypdf import PdfWriter

from recordings.errors import Conflict, NotAllowed, RecordingsError, WrongType
from recordings.minutes.certificate import open_pkcs12
from recordings.minutes.check import check_signatures
from recordings.minutes.fields import fill_number
from recordings.minutes.outside import upload_signed
from recordings.minutes.read import minutes_json, pdf_file
from recordings.minutes.test_authority import make_test_pkcs12
from scheduler.permissions import Actor
from tests.recordings.documents.pdfs import one_page_pdf
from tests.recordings.minutes.acts import certify, draft, number, sign, submit
from tests.recordings.world import NOW, PIN, World


async def waiting(world: World) -> bytes:
    await draft(world)
    await submit(world)
    return await current(world)


async def current(world: World) -> bytes:
    async with world.database.reading() as session:
        return await pdf_file(session, world.store, world.secretary, "m1", NOW)


async def upload(world: World, content: bytes, actor: Actor | None = None) -> None:
    async with world.database.transaction() as session:
        await upload_signed(session, world.store, world.signing, actor or world.secretary, "m1", content, NOW)


async def signed_outside(world: World, pdf: bytes, name: str, field: str = "VGCA_1") -> bytes:
    """As an outside program does it: an approval signature in a field of its own."""
    signer = open_pkcs12(make_test_pkcs12(world.signing.test_authority, name, PIN, NOW), PIN)
    metadata = PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    outside = PdfSigner(metadata, signer, new_field_spec=SigFieldSpec(field, on_page=-1, box=(100, 150, 270, 180)))
    return bytes((await outside.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))).getbuffer())


async def test_both_sign_outside_and_the_number_comes_after(world: World) -> None:
    pdf = await waiting(world)
    await upload(world, await signed_outside(world, pdf, "Hoàng Thị Mỵ"))
    await upload(world, await signed_outside(world, await current(world), "Nguyễn Văn Hùng", "VGCA_2"), world.chair)
    await number(world, "7")
    assert [(s.name, s.defect) for s in await check_signatures(await current(world))] == [
        ("Hoàng Thị Mỵ", ""),
        ("Nguyễn Văn Hùng", ""),
    ]
    async with world.database.reading() as session:
        shown = await minutes_json(session, world.secretary, "m1", NOW)
    assert shown["status"] == "signed"
    assert [(s["source"], s["test_certificate"]) for s in shown["signatures"]] == [("outside", True)] * 2


async def test_one_signs_here_the_other_outside(world: World) -> None:
    await certify(world)
    await waiting(world)
    await sign(world, "secretary")
    await upload(world, await signed_outside(world, await current(world), "Nguyễn Văn Hùng"), world.chair)
    assert [s.defect for s in await check_signatures(await current(world))] == ["", ""]


async def test_a_certifying_signature_from_outside_is_taken(world: World) -> None:
    pdf = await waiting(world)
    signer = open_pkcs12(make_test_pkcs12(world.signing.test_authority, "Hoàng Thị Mỵ", PIN, NOW), PIN)
    metadata = PdfSignatureMetadata(
        field_name="ThuKy", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )  # fmt: skip
    signed = await PdfSigner(metadata, signer).async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    await upload(world, bytes(signed.getbuffer()))
    await certify(world)
    await sign(world, "chair")
    await number(world, "7")
    assert [s.defect for s in await check_signatures(await current(world))] == ["", ""]


async def refused(world: World, content: bytes, why: str, actor: Actor | None = None) -> None:
    with pytest.raises(RecordingsError, match=why) as caught:
        await upload(world, content, actor)
    assert isinstance(caught.value, Conflict | WrongType | NotAllowed)


async def test_anything_else_is_refused_with_the_reason(world: World) -> None:
    pdf = await waiting(world)
    good = await signed_outside(world, pdf, "Hoàng Thị Mỵ")
    await refused(world, b"hello", "không phải tệp PDF")
    await refused(world, one_page_pdf(), "không phải là bản tiếp theo")
    await refused(world, await signed_outside(world, one_page_pdf(), "Hoàng Thị Mỵ"), "không phải là bản tiếp theo")
    await refused(world, pdf, "chưa có chữ ký mới")
    await refused(world, pdf + b"\n%%EOF\n", "phải có thêm đúng một chữ ký|hỏng")
    await refused(world, fill_number(pdf, "99/BB-UBND"), "phải có thêm đúng một chữ ký")
    await refused(
        world, await signed_outside(world, fill_number(pdf, "99/BB-UBND"), "Hoàng Thị Mỵ"), "số văn bản đã bị sửa"
    )
    await refused(world, await signed_outside(world, pdf, "Trần Văn Lạ"), "mang tên “Trần Văn Lạ”")
    await refused(world, await signed_outside(world, with_page_changed(pdf), "Hoàng Thị Mỵ"), "thay đổi ngoài việc ký")
    await refused(world, good, "Chỉ thư ký", world.chair)
    changed = bytearray(good)
    at = good.rindex(b"/Contents <", 0, len(good)) + 400
    changed[at] = ord("0") if changed[at] != ord("0") else ord("1")
    await refused(world, bytes(changed), "Tệp đã bị thay đổi sau khi ký")
    await upload(world, good)
    await refused(world, good, "chưa có chữ ký mới")


def with_page_changed(pdf: bytes) -> bytes:
    """An incremental update that adds a page and then gets signed."""
    writer = PdfWriter(fileobj=io.BytesIO(pdf), incremental=True)
    writer.add_blank_page(595, 842)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
