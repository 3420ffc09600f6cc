"""From the log to the issued minutes: draft, revise, submit, both signatures, number, issue, recall."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from recordings.errors import BadInput, Conflict, NotAllowed, NotFound
from recordings.minutes.certificate import WrongPin, make_test_certificate
from recordings.minutes.check import check_signatures
from recordings.minutes.draft import draft_minutes
from recordings.minutes.fields import number_in
from recordings.minutes.number import give_number
from recordings.minutes.publish import issue_minutes, recall_minutes
from recordings.minutes.read import minutes_json, pdf_file, signed_pdf_file
from recordings.minutes.revise import revise_minutes
from recordings.minutes.sign import sign_minutes
from recordings.minutes.submit import return_minutes
from recordings.minutes.text import Section, Text
from scheduler.database import Base
from scheduler.meetings.meeting import Meeting
from tests.recordings.minutes.acts import certify, draft, number, sign, submit
from tests.recordings.minutes.pages import text_drawn
from tests.recordings.world import NOW, PIN, World, add_meeting, hold_meeting


async def stage(world: World) -> str:
    async with world.database.reading() as session:
        return (await session.get_one(Meeting, world.meeting_id)).stage


async def test_the_whole_story(world: World) -> None:
    await certify(world)
    await draft(world)
    async with world.database.transaction() as session:
        text = Text((Section("m1-i1", "Các xã nêu khó khăn về #vốn $đối ứng$.", "Thống nhất."),))
        await revise_minutes(session, world.secretary, "m1", revision=1, text=text, now=NOW)
    assert await stage(world) == "adjourned"
    await submit(world)
    assert await stage(world) == "minuted"
    with pytest.raises(Conflict, match="Thư ký ký trước"):
        await sign(world, "chair")
    await sign(world, "secretary")
    await sign(world, "chair")
    assert await stage(world) == "signed"
    with pytest.raises(Conflict, match="Chưa có số"):
        async with world.database.transaction() as session:
            await issue_minutes(session, world.clerk, "m1", NOW)
    await number(world, "7")
    async with world.database.transaction() as session:
        await issue_minutes(session, world.clerk, "m1", NOW)
    assert await stage(world) == "published"
    async with world.database.reading() as session:
        shown = await minutes_json(session, world.commune, "m1", NOW)
        pdf = await signed_pdf_file(session, world.store, world.commune, "m1")
    assert (shown["status"], shown["number"], shown["notation"]) == ("issued", "07", "BB-UBND")
    assert [(s["role"], s["name"], s["test_certificate"]) for s in shown["signatures"]] == [
        ("secretary", "Hoàng Thị Mỵ", True),
        ("chair", "Nguyễn Văn Hùng", True),
    ]
    assert number_in(pdf) == "07/BB-UBND"
    assert [(s.role, s.is_valid, s.defect) for s in await check_signatures(pdf)] == [
        ("secretary", True, ""),
        ("chair", True, ""),
    ]
    async with world.database.transaction() as session:
        recalled = await recall_minutes(session, world.clerk, "m1", "sai thành phần", NOW)
    assert recalled.status == "recalled"


async def test_only_those_concerned_read_the_draft(world: World) -> None:
    await draft(world)
    async with world.database.reading() as session:
        for actor in (world.commune, world.stranger):
            with pytest.raises(NotFound):
                await minutes_json(session, actor, "m1", NOW)
        assert "submit" in (await minutes_json(session, world.secretary, "m1", NOW))["may"]
        assert (await minutes_json(session, world.clerk, "m1", NOW))["may"] == ["number", "dossier"]


async def test_others_may_not_write_sign_number_or_issue(world: World) -> None:
    await certify(world)
    await draft(world)
    await submit(world)
    async with world.database.transaction() as session:
        with pytest.raises(NotAllowed, match="thư ký"):
            await draft_minutes(session, world.clerk, "m1", NOW)
        with pytest.raises(NotAllowed, match="văn thư"):
            await give_number(
                session, world.store, world.secretary, "m1", number="7", notation="BB-UBND",
                issued_on=date(2026, 11, 5), now=NOW,
            )  # fmt: skip
        with pytest.raises(NotAllowed, match="văn thư"):
            await issue_minutes(session, world.secretary, "m1", NOW)
    with pytest.raises(NotAllowed, match="thư ký"):
        await sign_minutes(
            world.database, world.store, world.signing, world.chair, "m1", role="secretary", pin=PIN, now=NOW
        )


async def test_a_wrong_pin_is_counted_and_locks_the_key(world: World) -> None:
    await certify(world)
    await draft(world)
    await submit(world)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongPin, match=f"Còn {left} lần"):
            await sign(world, "secretary", pin="999999")
    with pytest.raises(WrongPin, match="tạm khóa"):
        await sign(world, "secretary", pin="999999")
    with pytest.raises(WrongPin, match="Thử lại sau"):
        await sign(world, "secretary")
    await sign(world, "secretary", now=NOW + timedelta(minutes=16))


async def test_the_text_is_frozen_once_submitted(world: World) -> None:
    await draft(world)
    await submit(world)
    async with world.database.transaction() as session:
        with pytest.raises(Conflict, match="Chờ thư ký ký"):
            await revise_minutes(session, world.secretary, "m1", revision=1, text=Text(opening="x"), now=NOW)


async def test_the_chair_returns_and_signatures_fall_away(world: World) -> None:
    await certify(world)
    await draft(world)
    await submit(world)
    await sign(world, "secretary")
    async with world.database.transaction() as session:
        with pytest.raises(BadInput, match="lý do"):
            await return_minutes(session, world.chair, "m1", " ")
        await return_minutes(session, world.chair, "m1", "thiếu ý kiến xã Tam Sơn")
    async with world.database.reading() as session:
        shown = await minutes_json(session, world.secretary, "m1", NOW)
    assert (shown["status"], shown["signatures"]) == ("draft", [])
    assert shown["return_reason"] == "thiếu ý kiến xã Tam Sơn"
    assert await stage(world) == "adjourned"
    await submit(world)
    await sign(world, "secretary")


async def test_a_stale_revision_gets_both_texts(world: World) -> None:
    await draft(world)
    async with world.database.transaction() as session:
        await revise_minutes(session, world.secretary, "m1", revision=1, text=Text(opening="Bản một"), now=NOW)
    with pytest.raises(Conflict) as caught:
        async with world.database.transaction() as session:
            await revise_minutes(session, world.secretary, "m1", revision=1, text=Text(opening="Bản hai"), now=NOW)
    detail = caught.value.detail
    assert caught.value.code == "stale"
    assert (detail["current"]["opening"], detail["yours"]["opening"]) == ("Bản một", "Bản hai")
    opening = next(change for change in detail["changes"] if change["part"] == "opening")
    assert opening["lines"] == (("-", "Bản một"), ("+", "Bản hai"))


async def test_a_number_given_twice_in_a_year_is_warned_of(world: World) -> None:
    await draft(world)
    await number(world, "07")
    await add_meeting(world, "m2", "Họp thứ hai")
    await hold_meeting(world, communes=1, meeting_id="m2")
    async with world.database.transaction() as session:
        await draft_minutes(session, world.secretary, "m2", NOW)
    with pytest.raises(Conflict, match="đã cấp cho biên bản “Giao ban") as caught:
        await number(world, "7", meeting_id="m2")
    assert caught.value.code == "duplicate"
    assert caught.value.message.startswith("Số 07/BB-UBND năm 2026 đã cấp cho biên bản “Giao ban trực tuyến")
    await number(world, "7", meeting_id="m2", confirm=True)


@pytest.mark.parametrize(
    ("there", "same", "others"),
    [
        ("007", ("7", "07", "007", "0007"), ("70", "007A", "17")),
        ("7", ("07", "007"), ("7A", "077")),
        ("07a", ("7A", "7a", "07A", "007a"), ("7", "07", "7B", "70A")),
    ],
)
async def test_a_number_is_the_same_however_it_is_typed(
    world: World, there: str, same: tuple[str, ...], others: tuple[str, ...]
) -> None:
    """Leading zeros and the case of the letter make no other number; each minutes keep theirs as it was typed."""
    await draft(world)
    await number(world, there)
    await add_meeting(world, "m2", "Họp thứ hai")
    await hold_meeting(world, communes=1, meeting_id="m2")
    async with world.database.transaction() as session:
        await draft_minutes(session, world.secretary, "m2", NOW)
    for given in same:
        with pytest.raises(Conflict) as caught:
            await number(world, given, meeting_id="m2")
        assert caught.value.code == "duplicate", given
        await number(world, given, meeting_id="m2", confirm=True)
    for given in others:
        await number(world, given, meeting_id="m2")
        async with world.database.reading() as session:
            shown = (await minutes_json(session, world.clerk, "m2", NOW))["number"]
        assert shown == given.zfill(2)  # below ten with a zero, as the form of documents asks


async def test_the_notation_in_other_letters_is_the_same_one(world: World) -> None:
    await draft(world)
    await number(world, "7")
    await add_meeting(world, "m2", "Họp thứ hai")
    await hold_meeting(world, communes=1, meeting_id="m2")
    for notation, is_same in (("BB-ubnd", True), ("BB-HĐND", False)):
        async with world.database.transaction() as session:
            await draft_minutes(session, world.secretary, "m2", NOW)
            ask = give_number(
                session, world.store, world.clerk, "m2", number="07", notation=notation, issued_on=date(2026, 11, 5),
                now=NOW,
            )  # fmt: skip
            if is_same:
                with pytest.raises(Conflict):
                    await ask
            else:
                await ask


@pytest.mark.parametrize(
    ("given", "notation", "day"),
    [
        ("0", "BB-UBND", date(2026, 11, 5)),
        ("٧", "BB-UBND", date(2026, 11, 5)),
        ("7/BB", "BB-UBND", date(2026, 11, 5)),
        ("7", "BB UBND", date(2026, 11, 5)),
        ("7", "BB-UBND", date(2026, 11, 4)),
        ("7", "BB-UBND", date(2026, 11, 6)),
    ],
)
async def test_a_malformed_number_is_refused(world: World, given: str, notation: str, day: date) -> None:
    await draft(world)
    async with world.database.transaction() as session:
        with pytest.raises(BadInput):
            await give_number(
                session, world.store, world.clerk, "m1", number=given, notation=notation, issued_on=day, now=NOW
            )


async def test_a_meeting_held_before_its_day_is_numbered_on_the_day_it_was_held(world: World) -> None:
    async with world.database.transaction() as session:
        meeting = await session.get_one(Meeting, "m1")
        meeting.starts_at += timedelta(days=1)
    await draft(world)
    await number(world, "07")


async def test_the_number_may_come_before_the_signatures(world: World) -> None:
    await certify(world)
    await draft(world)
    await number(world, "12")
    await submit(world)
    await sign(world, "secretary")
    await number(world, "13")
    async with world.database.reading() as session:
        pdf = await pdf_file(session, world.store, world.secretary, "m1", NOW)
    assert number_in(pdf) == "13/BB-UBND"
    assert [s.defect for s in await check_signatures(pdf)] == [""]


async def test_a_test_signature_says_so_on_the_page(world: World) -> None:
    await certify(world)
    await draft(world)
    await submit(world)
    await sign(world, "secretary")
    async with world.database.reading() as session:
        pdf = await signed_pdf_file(session, world.store, world.secretary, "m1")
    faces = [
        annotation.get_object()["/AP"]["/N"].get_object()
        for page in PdfReader(io.BytesIO(pdf)).pages
        for annotation in page.get("/Annots", [])
    ]
    assert any(face for face in faces)
    drawn = " ".join(text_drawn(pdf, flatten=True))
    assert "CHỮ KÝ THỬ NGHIỆM – không có giá trị pháp lý" in drawn
    assert "2026-11-05T13:00:00+07:00" in drawn


async def test_a_meeting_that_goes_on_has_no_minutes_yet(world: World) -> None:
    await add_meeting(world, "m2", "Chưa họp")
    async with world.database.transaction() as session:
        with pytest.raises(Conflict, match="chưa kết thúc"):
            await draft_minutes(session, world.secretary, "m2", NOW)


async def test_a_short_pin_makes_no_certificate(world: World) -> None:
    with pytest.raises(BadInput, match="PIN"):
        await make_test_certificate(world.database, world.signing, person_id="chair", pin="123", now=NOW)


async def test_the_pin_is_nowhere_in_the_database(world: World) -> None:
    await certify(world)
    async with world.database.reading() as session:
        kept = [repr(row) for table in Base.metadata.sorted_tables for row in await session.execute(select(table))]
    assert any("Hoàng Thị Mỵ" in row and "pkcs12" not in row and "b'0" in row for row in kept)  # the key is there
    assert not any(PIN in row for row in kept)
