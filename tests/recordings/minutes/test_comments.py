"""Rounds of comments on a draft: who may, until when, what is kept, and what waits for them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from recordings.errors import BadInput, Conflict, NotAllowed, NotFound
from recordings.minutes.comments import MOST, add_comment, comments_json, resolve_comment
from recordings.minutes.read import html_file, minutes_json, pdf_file
from recordings.minutes.revise import revise_minutes
from recordings.minutes.rounds import LONGEST, close_round, open_round
from recordings.minutes.text import Section, Text
from scheduler.permissions import Actor
from tests.recordings.minutes.acts import draft, submit
from tests.recordings.world import NOW, World

DEADLINE = NOW + timedelta(days=2)
SOON = NOW + timedelta(hours=1)
TEXT = Text((Section("m1-i1", "Các xã nêu khó khăn về vốn.\nXã Tam Sơn đề nghị lùi hạn.", "Thống nhất."),))
OPINIONS = "m1-i1.opinions"


async def open_for_comments(world: World, deadline: datetime = DEADLINE, now: datetime = NOW) -> None:
    async with world.database.transaction() as session:
        await open_round(session, world.secretary, "m1", deadline=deadline, note="Xem mục 1", now=now)


async def with_a_round(world: World) -> None:
    await draft(world)
    async with world.database.transaction() as session:
        await revise_minutes(session, world.secretary, "m1", revision=1, text=TEXT, now=NOW)
    await open_for_comments(world)


async def comment(
    world: World, actor: Actor, text: str = "Đề nghị ghi rõ hạn.", now: datetime = SOON, **given: Any
) -> str:
    about = {"revision": 2, "part": OPINIONS, "paragraph": 1, **given}
    async with world.database.transaction() as session:
        return (await add_comment(session, actor, "m1", text=text, now=now, **about)).id


async def resolve(
    world: World, comment_id: str, outcome: Any = "accepted", answer: str = "", actor: Any = None
) -> None:
    async with world.database.transaction() as session:
        by = actor or world.secretary
        await resolve_comment(session, by, "m1", comment_id, outcome=outcome, answer=answer, now=SOON)


async def told(world: World, actor: Actor, now: datetime = SOON) -> dict[str, Any]:
    async with world.database.reading() as session:
        return await comments_json(session, actor, "m1", now)


async def status(world: World, actor: Actor, now: datetime = SOON) -> str:
    async with world.database.reading() as session:
        return str((await minutes_json(session, actor, "m1", now))["status"])


async def test_a_commune_comments_and_the_secretary_answers_each(world: World) -> None:
    await with_a_round(world)
    assert await status(world, world.commune) == "review"
    first = await comment(world, world.commune)
    second = await comment(world, world.chair, "Bỏ đoạn này.", part="attendance", paragraph=0)
    seen = await told(world, world.commune)
    assert seen["round"] | {"opened_at": ""} == {
        "number": 1, "note": "Xem mục 1", "opened_at": "", "opened_by": "Hoàng Thị Mỵ",
        "deadline": "2026-11-07T06:00:00.000Z", "is_open": True, "closed_at": None, "closed_by": "",
    }  # fmt: skip
    assert [(c["author"], c["is_mine"], c["quote"], c["text"], c["outcome"]) for c in seen["items"]] == [
        ("xã Quản Bạ – Phòng họp UBND", True, "Xã Tam Sơn đề nghị lùi hạn.", "Đề nghị ghi rõ hạn.", None),
        ("Nguyễn Văn Hùng, Chủ tịch UBND huyện", False, seen["parts"][0]["lines"][0], "Bỏ đoạn này.", None),
    ]
    assert (seen["may"], (await told(world, world.secretary))["may"]) == (
        ["comment"], ["close_round", "comment", "resolve"],
    )  # fmt: skip
    await resolve(world, first)
    with pytest.raises(BadInput, match="lý do"):
        await resolve(world, second, "declined", " ")
    await resolve(world, second, "declined", "Đúng theo diễn biến.")
    with pytest.raises(Conflict, match="đã được xử lý") as again:
        await resolve(world, second, "accepted")
    assert again.value.detail == {"outcome": "declined", "answer": "Đúng theo diễn biến."}
    assert [(c["outcome"], c["answer"]) for c in (await told(world, world.commune))["items"]] == [
        ("accepted", ""), ("declined", "Đúng theo diễn biến."),
    ]  # fmt: skip


async def test_nothing_goes_to_the_signatures_while_a_round_is_open_or_a_comment_waits(world: World) -> None:
    await with_a_round(world)
    waiting = await comment(world, world.commune)
    with pytest.raises(Conflict, match="Đang lấy ý kiến đến 13 giờ 00 phút, ngày 07 tháng 11") as refused:
        await submit(world)
    assert refused.value.code == "round_open"
    async with world.database.transaction() as session:
        await close_round(session, world.secretary, "m1", SOON)
    assert await status(world, world.secretary) == "draft"
    with pytest.raises(Conflict, match="Còn 1 ý kiến") as unanswered:
        await submit(world)
    assert unanswered.value.code == "comments_unresolved"
    await resolve(world, waiting)
    await submit(world)
    with pytest.raises(Conflict, match="Chờ thư ký ký"):
        await open_for_comments(world)
    with pytest.raises(Conflict, match="Chờ thư ký ký"):
        await resolve(world, waiting)


async def test_the_deadline_ends_the_round_by_itself(world: World) -> None:
    await with_a_round(world)
    await comment(world, world.commune, now=DEADLINE - timedelta(seconds=1))
    with pytest.raises(NotFound):
        await comment(world, world.commune, now=DEADLINE)
    with pytest.raises(Conflict, match="đã kết thúc") as late:
        await comment(world, world.secretary, now=DEADLINE)  # he reads the draft, but the round is over
    assert late.value.code == "round_closed"
    assert await status(world, world.secretary, DEADLINE) == "draft"
    over = (await told(world, world.secretary, DEADLINE))["round"]
    assert (over["is_open"], over["closed_at"], over["closed_by"]) == (False, "2026-11-07T06:00:00.000Z", "")
    with pytest.raises(Conflict, match="Không có đợt"):
        async with world.database.transaction() as session:
            await close_round(session, world.secretary, "m1", DEADLINE)
    await open_for_comments(world, DEADLINE + timedelta(days=1), DEADLINE)
    seen = await told(world, world.commune, DEADLINE)
    assert (seen["round"]["number"], [c["round"] for c in seen["items"]]) == (2, [1])


async def test_the_draft_is_read_by_those_invited_only_while_it_is_open(world: World) -> None:
    await draft(world)
    for now in (NOW, DEADLINE):
        with pytest.raises(NotFound):
            await status(world, world.commune, now)
        with pytest.raises(NotFound):
            await told(world, world.commune, now)
    await open_for_comments(world)
    async with world.database.reading() as session:
        assert (await pdf_file(session, world.store, world.commune, "m1", SOON)).startswith(b"%PDF-")
        assert "BIÊN BẢN" in await html_file(session, world.commune, "m1", SOON)
    for actor in (world.stranger, Actor(site_id="site-1", bound_meeting_id="m2")):
        with pytest.raises(NotFound):
            await status(world, actor)
        with pytest.raises(NotFound):
            await comment(world, actor, revision=1, part="attendance", paragraph=0)
    with pytest.raises(NotFound):
        await status(world, world.commune, DEADLINE)


async def test_only_who_writes_opens_closes_and_answers(world: World) -> None:
    await with_a_round(world)
    given = await comment(world, world.clerk)
    for actor in (world.clerk, world.chair):
        with pytest.raises(NotAllowed, match="thư ký"):
            async with world.database.transaction() as session:
                await open_round(session, actor, "m1", deadline=DEADLINE, note="", now=NOW)
        with pytest.raises(NotAllowed, match="thư ký"):
            async with world.database.transaction() as session:
                await close_round(session, actor, "m1", SOON)
        with pytest.raises(NotAllowed, match="thư ký"):
            await resolve(world, given, actor=actor)
    with pytest.raises(NotFound):
        await resolve(world, given, actor=world.commune)
    with pytest.raises(NotFound):
        await resolve(world, "no such comment")


@pytest.mark.parametrize("deadline", [NOW - timedelta(days=1), NOW, NOW + LONGEST + timedelta(seconds=1)])
async def test_a_deadline_lies_ahead_and_near(world: World, deadline: datetime) -> None:
    await draft(world)
    with pytest.raises(BadInput, match="Hạn góp ý"):
        await open_for_comments(world, deadline)


async def test_one_round_at_a_time(world: World) -> None:
    await with_a_round(world)
    with pytest.raises(Conflict, match="Kết thúc đợt đó trước"):
        await open_for_comments(world)


@pytest.mark.parametrize(
    "wrong",
    [{"part": "m1-i9.opinions"}, {"paragraph": 2}, {"paragraph": -1}, {"part": "m1-i1.conclusion"}, {"text": " \x07 "},
     {"text": "x" * 5001}],
)  # fmt: skip
async def test_a_comment_is_about_a_paragraph_that_is_there(world: World, wrong: dict[str, Any]) -> None:
    await with_a_round(world)
    with pytest.raises(BadInput):
        await comment(world, world.commune, **wrong)
    with pytest.raises(NotFound):
        await comment(world, world.commune, revision=9)
    assert (await told(world, world.commune))["items"] == []


async def test_a_text_revised_meanwhile_loses_nothing(world: World) -> None:
    """The reader had revision 2 before him; the secretary saves 3 first, without the paragraph he speaks of."""
    await with_a_round(world)
    async with world.database.transaction() as session:
        await revise_minutes(session, world.secretary, "m1", revision=2, text=Text(opening="Mới"), now=NOW)
    await comment(world, world.commune)
    seen = await told(world, world.secretary)
    assert seen["revision"] == 3
    assert [(c["revision"], c["quote"]) for c in seen["items"]] == [(2, "Xã Tam Sơn đề nghị lùi hạn.")]


async def test_comments_at_the_same_moment_are_all_kept_and_none_slips_past_the_end(world: World) -> None:
    await with_a_round(world)

    async def close() -> None:
        async with world.database.transaction() as session:
            await close_round(session, world.secretary, "m1", SOON)

    acts = [comment(world, world.commune, f"Ý {n}") for n in range(12)]
    outcomes = await asyncio.gather(*acts[:6], close(), *acts[6:], return_exceptions=True)
    kept = {c["id"] for c in (await told(world, world.secretary))["items"]}
    assert kept == {one for one in outcomes if isinstance(one, str)}
    assert all(isinstance(one, str | Conflict | NotFound | None) for one in outcomes), outcomes
    with pytest.raises((Conflict, NotFound)):
        await comment(world, world.commune)


async def test_nobody_floods_a_round(world: World) -> None:
    await with_a_round(world)
    async with world.database.transaction() as session:
        for _ in range(MOST):
            await add_comment(
                session, world.commune, "m1", revision=2, part=OPINIONS, paragraph=0, text="x", now=SOON
            )  # fmt: skip
    with pytest.raises(Conflict, match="tối đa"):
        await comment(world, world.commune)
    await comment(world, world.chair)
