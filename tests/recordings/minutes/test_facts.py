"""The locked facts: what the log says, and what an Đính chính makes of it."""

from __future__ import annotations

import json

from recordings.minutes.correction import corrected
from recordings.minutes.course import fold
from recordings.minutes.draft import draft_minutes, facts_in
from recordings.minutes.form import minutes_form
from recordings.minutes.revise import difference
from recordings.minutes.text import Section, Text
from scheduler.proceedings import facts as f
from scheduler.proceedings.facts import By, Fact, LogId
from scheduler.proceedings.log import facts_of
from tests.recordings.world import NOW, World, log


async def drawn(world: World) -> dict:  # type: ignore[type-arg]
    async with world.database.transaction() as session:
        return facts_in(await draft_minutes(session, world.secretary, "m1", NOW))


async def test_the_facts_of_a_meeting(world: World) -> None:
    facts = await drawn(world)
    assert (facts["started_at"], facts["ended_at"]) == ("2026-11-05T01:00:00.000Z", "2026-11-05T01:50:00.000Z")
    assert facts["chair"] == {"name": "Nguyễn Văn Hùng", "post": "Chủ tịch UBND huyện"}
    attendance = facts["attendance"]
    assert [site["title"] for site in attendance["present"]] == ["huyện Quản Bạ", "xã Quản Bạ", "xã Tam Sơn"]
    assert [site["late_at"] for site in attendance["present"]] == [None, None, "2026-11-05T01:15:00.000Z"]
    assert [(site["title"], site["reason"]) for site in attendance["excused"]] == [
        ("xã Lùng Tám", "mất điện do mưa lũ")
    ]
    first, second, third = facts["items"]
    assert (first["seconds"], second["status"], third["status"]) == (780, "closed", "postponed")
    assert first["speeches"][0] | {"speech_id": ""} == {
        "speech_id": "", "site_id": "site-1", "site_title": "xã Quản Bạ", "started_at": "2026-11-05T01:06:00.000Z",
        "speaker": {"name": "Vàng A Sính", "post": "Chủ tịch UBND xã"}, "seconds": 270, "recording_ms": 360_000,
    }  # fmt: skip
    assert first["tasks"][0]["lead"] == "xã Quản Bạ"
    assert facts["recording"]["sha256"] == "ab" * 32


async def test_a_correction_is_applied_and_shown(world: World) -> None:
    await drawn(world)
    async with world.database.reading() as session:
        facts = await facts_of(session, "m1")
    target = next(fact for fact in facts if isinstance(fact.body, f.HeadCountReported))
    correction = f.Corrected(target.id, "head_count", "2", "12", "nhập nhầm")
    await log(world, (70, correction), (71, f.Corrected("unknown", "x", "1", "2", "sai")))
    after = await drawn(world)
    assert after["attendance"]["present"][0]["head_count"] == 12
    assert [(c["field"], c["new"], c["is_void"]) for c in after["corrections"]] == [
        ("head_count", 12, False), ("x", 2, True),
    ]  # fmt: skip
    form = minutes_form(after, Text())
    assert form["corrections"] == ["- Về số người dự: “2” nay sửa là “12”. Lý do: nhập nhầm (Nguyễn Văn Hùng, 09:10)."]


def facts(*bodies: tuple[int, f.Body]) -> list[Fact]:
    return [
        Fact(f"f{seq}", LogId("n", "m", 1), seq, "", f"2026-11-05T01:{minute:02d}:00.000Z", By(), body, "")
        for seq, (minute, body) in enumerate(bodies, 1)
    ]


def test_who_was_there_only_while_testing_was_not_present() -> None:
    course = fold(
        facts(
            (0, f.TestingOpened(("a", "b", "c"), "p", "a", "s", "discussion", ())),
            (1, f.SiteJoined("a", "1")), (1, f.SiteJoined("b", "2")), (2, f.SiteLeft("b", "2", "left")),
            (5, f.Convened()), (6, f.RollCalled(("a",), (), ("b", "c"))),
            (7, f.SiteJoined("c", "3")), (8, f.SiteLeft("c", "3", "lost")), (9, f.Adjourned()),
        )
    )  # fmt: skip
    assert {site.site_id: site.status for site in course.sites.values()} == {
        "a": "present", "b": "absent", "c": "present",
    }  # fmt: skip
    assert course.sites["c"].left_at == "2026-11-05T01:08:00.000Z"


def test_the_second_in_the_recording_counts_no_pause_and_cuts_a_gap() -> None:
    course = fold(
        facts(
            (0, f.Convened()), (0, f.RecordingStarted("r")), (1, f.FloorGranted("s1", "a")),
            (2, f.RecordingPaused("r")), (3, f.FloorGranted("s2", "a")), (5, f.RecordingResumed("r")),
            (6, f.FloorGranted("s3", "b")), (7, f.RecordingInterrupted("r", "2026-11-05T01:07:00.000Z", "disk")),
            (9, f.RecordingResumed("r")), (10, f.FloorGranted("s4", "b")), (11, f.Adjourned()),
        )
    )  # fmt: skip
    assert [speech.recording_ms for speech in course.speeches.values()] == [60_000, None, 180_000, 310_000]
    assert [speech.ended_at is not None for speech in course.speeches.values()] == [True] * 4


def test_corrections_that_do_not_fit_change_nothing() -> None:
    before = facts((0, f.HeadCountReported("a", 2)), (1, f.Corrected("f1", "head_count", "2", '"ba"', "x")))
    after, corrections = corrected(before)
    assert after[0] == before[0]
    assert corrections[0].is_void
    new = json.dumps("2026-11-05T00:59:00.000Z")
    later, _ = corrected(facts((0, f.Convened()), (1, f.Corrected("f1", "at", "", new, "x"))))
    assert later[0].at == "2026-11-05T00:59:00.000Z"


def test_the_difference_names_parts_and_lines() -> None:
    before = Text((Section("i1", "một\nhai", ""),), "mở")
    after = Text((Section("i1", "một\nba", ""), Section("i2", "mới", "")), "mở")
    assert [(change.part, change.lines) for change in difference(before, after)] == [
        ("i1.opinions", ((" ", "một"), ("-", "hai"), ("+", "ba"))),
        ("i2.opinions", (("-", ""), ("+", "mới"))),
    ]
