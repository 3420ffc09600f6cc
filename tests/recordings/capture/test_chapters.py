"""Chapters, papers and scenes from facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recordings.capture.chapters import Chapter, Names, chapters, flat, gaps, papers
from recordings.capture.course import course_of
from recordings.capture.scan import Seen
from recordings.capture.scenes import scene_at, scenes
from recordings.capture.timeline import Interruption, Interval, Timeline, build
from scheduler.proceedings import facts as f
from tests.recordings.capture.media import BASE_S, wall_ns

LOG = f.LogId("node", "meeting", 1)
NAMES = Names({"item-1": "Kinh tế", "item-2": "Văn hóa"}, {"site-a": "xã Cán Tỷ", "site-b": "xã Lùng Tám"})


def facts(*bodies: tuple[float, f.Body]) -> list[f.Fact]:
    made = []
    for seq, (second, body) in enumerate(bodies, 1):
        at = (datetime.fromtimestamp(BASE_S, UTC) + timedelta(seconds=second)).isoformat(timespec="milliseconds")
        made.append(f.Fact(f"fact-{seq}", LOG, seq, "0" * 64, at.replace("+00:00", "Z"), f.By(), body, "0" * 64))
    return made


def recorded(*stretches: tuple[float, float]) -> Timeline:
    return build([Interval(wall_ns(start), wall_ns(end)) for start, end in stretches], [])


def shape(found: list[Chapter]) -> list[tuple[str, str, int, int]]:
    return [(chapter.kind, chapter.title, chapter.start_ms, chapter.end_ms) for chapter in found]


def test_items_hold_their_speeches() -> None:
    told = facts(
        (0, f.ItemOpened("item-1")),
        (5, f.FloorRequested("request-1", "site-a", "speech", f.Somebody("Vàng A Sính", "Chủ tịch"))),
        (10, f.FloorGranted("speech-1", "site-a", "request-1")),
        (20, f.FloorGranted("speech-2", "site-b")),
        (30, f.FloorReturned("speech-2")),
        (40, f.ItemOpened("item-2")),
        (50, f.Adjourned()),
    )
    found = chapters(told, recorded((0, 50)), [], NAMES)
    assert shape(found) == [
        ("item", "Kinh tế", 0, 40_000),
        ("speech", "xã Cán Tỷ – Vàng A Sính, Chủ tịch", 10_000, 20_000),
        ("speech", "xã Lùng Tám", 20_000, 30_000),
        ("item", "Văn hóa", 40_000, 50_000),
    ]
    assert (found[1].site_id, found[1].item_id, found[1].speech_id) == ("site-a", "item-1", "speech-1")
    assert [(c.title, c.start_ms, c.end_ms) for c in flat(found)] == [
        ("Kinh tế", 0, 10_000),
        ("xã Cán Tỷ – Vàng A Sính, Chủ tịch", 10_000, 20_000),
        ("xã Lùng Tám", 20_000, 30_000),
        ("Kinh tế", 30_000, 40_000),
        ("Văn hóa", 40_000, 50_000),
    ]


def test_a_speech_begins_with_its_picture() -> None:
    told = facts((10, f.FloorGranted("speech-1", "site-a")), (20, f.FloorRevoked("speech-1")))
    seen = [Seen(wall_ns(3), "program", "site-a"), Seen(wall_ns(10.4), "program", "site-a")]
    (speech,) = chapters(told, recorded((0, 30)), seen, NAMES)
    assert (speech.start_ms, speech.end_ms) == (10_400, 20_000)
    (without,) = chapters(told, recorded((0, 30)), [Seen(wall_ns(10.4), "presentation", "site-a")], NAMES)
    assert without.start_ms == 10_000


def test_a_speech_is_there_though_its_picture_came_after_it() -> None:
    told = facts(
        (10, f.FloorGranted("in-the-picture-before", "site-a")),
        (12, f.FloorReturned("in-the-picture-before")),
        (13.5, f.FloorGranted("called-again", "site-a")),
        (20, f.FloorRevoked("called-again")),
        (20, f.FloorGranted("too-short", "site-b")),
        (20.25, f.FloorReturned("too-short")),
        (30, f.FloorGranted("nobody-ended-it", "site-b")),
        (31, f.FloorGranted("at-the-end", "site-a")),
    )
    seen = [
        Seen(wall_ns(at), "program", site)
        for at, site in [
            (8, "site-a"),  # on air as it gets the floor, so that nothing changes then
            (12.5, "chair"),
            (13.75, "site-a"),
            (20.25, "site-b"),  # its keyframe came as it had finished
            (21, "chair"),
            (30.5, "site-b"),
            (31.5, "site-a"),
        ]
    ]
    found = chapters(told, recorded((0, 40)), seen, NAMES)
    assert [(speech.speech_id, speech.start_ms, speech.end_ms) for speech in found] == [
        ("in-the-picture-before", 10_000, 12_000),
        ("called-again", 13_750, 20_000),
        ("too-short", 20_000, 20_250),
        ("nobody-ended-it", 30_500, 31_500),
        ("at-the-end", 31_500, 40_000),
    ]


def test_a_speech_cut_by_a_kill_goes_on_behind_the_gap() -> None:
    told = facts((5, f.FloorGranted("speech-1", "site-a")), (70, f.FloorReturned("speech-1")))
    seen = [Seen(wall_ns(5.25), "program", "site-a"), Seen(wall_ns(60.25), "program", "site-a")]
    found = chapters(told, recorded((0, 10), (60, 80)), seen, NAMES)
    assert shape(found) == [("speech", "xã Cán Tỷ", 5_250, 30_000), ("gap", "Gián đoạn ghi hình", 10_000, 20_000)]


def test_what_happened_before_the_recording_is_not_in_it() -> None:
    told = facts(
        (1, f.FloorGranted("early", "site-a")),
        (2, f.FloorReturned("early")),
        (3, f.ItemOpened("item-1")),
        (12, f.ItemClosed("item-1")),
    )
    assert shape(chapters(told, recorded((10, 20)), [], NAMES)) == [("item", "Kinh tế", 0, 2_000)]


def test_a_speech_named_later_has_the_name() -> None:
    told = facts(
        (1, f.FloorGranted("speech-1", "site-a")),
        (2, f.FloorReturned("speech-1")),
        (3, f.SpeakerNamed("speech-1", f.Somebody("Lý Thị Mai"))),
    )
    assert [c.title for c in chapters(told, recorded((0, 5)), [], NAMES)] == ["xã Cán Tỷ – Lý Thị Mai"]


def test_papers_turn_and_go() -> None:
    told = facts(
        (1, f.PaperShown("paper-1", 1)),
        (2, f.PaperShown("paper-1", 2)),
        (2, f.PaperShown("paper-1", 3)),
        (4, f.PaperShown(None)),
        (5, f.Adjourned()),
    )
    shown = [(p["start_ms"], p["paper_id"], p["page"]) for p in papers(told, recorded((0, 6)))]
    assert shown == [(1000, "paper-1", 1), (2000, "paper-1", 3), (4000, None, 1)]


def test_gaps_say_how_long_they_really_were() -> None:
    timeline = build(
        [Interval(wall_ns(0), wall_ns(10)), Interval(wall_ns(100), wall_ns(110))],
        [],
        [Interruption(wall_ns(11), "disk")],
    )
    (gap,) = gaps(timeline)
    assert (gap["start_ms"], gap["end_ms"], gap["missing_ms"], gap["cause"]) == (10_000, 20_000, 90_000, "disk")
    (slate,) = [s for s in scenes(timeline, chapters([], timeline, [], NAMES), [], [], [], NAMES) if s.show == "gap"]
    assert slate.notice == "Gián đoạn ghi hình từ 05:13:30 đến 05:15:00: máy chủ hết chỗ lưu"


def test_a_shared_screen_goes_before_a_paper_and_the_floor_before_who_is_seen() -> None:
    told = facts(
        (0, f.ItemOpened("item-1")),
        (2, f.PaperShown("paper-1", 4)),
        (4, f.FloorGranted("speech-1", "site-b")),
        (8, f.FloorReturned("speech-1")),
    )
    timeline = recorded((0, 10))
    seen = [Seen(wall_ns(1), "program", "site-a")]
    found = scenes(
        timeline,
        chapters(told, timeline, seen, NAMES),
        papers(told, timeline),
        [Interval(wall_ns(5), wall_ns(6))],
        seen,
        NAMES,
    )
    at = {second: scene_at(found, second * 1000) for second in range(10)}
    assert [at[second].show for second in (0, 3, 5, 7)] == ["program", "paper", "presentation", "paper"]
    assert [at[second].speaker for second in (0, 1, 4, 9)] == ["", "xã Cán Tỷ", "xã Lùng Tám", "xã Cán Tỷ"]
    assert {scene.title for scene in found} == {"Kinh tế"}
    assert (at[3].paper_id, at[3].page) == ("paper-1", 4)
    assert at[0].layout().exhibit is None
    assert at[3].layout().video.x > 800


def test_the_course_of_a_recording() -> None:
    told = facts(
        (0, f.RecordingStarted("rec-1")),
        (5, f.RecordingPaused("rec-1")),
        (6, f.RecordingPaused("another")),
        (8, f.RecordingResumed("rec-1")),
        (9, f.RecordingInterrupted("rec-1", "2023-11-14T22:13:28.500Z", "disk: No space left on device")),
        (12, f.RecordingPaused("rec-1")),
        (15, f.RecordingStopped("rec-1")),
    )
    course = course_of(told, "rec-1")
    assert (course.begin_ns, course.end_ns) == (wall_ns(0), wall_ns(15))
    assert course.pauses == [Interval(wall_ns(5), wall_ns(8)), Interval(wall_ns(12), wall_ns(15))]
    assert course.interruptions == [Interruption(wall_ns(8.5), "disk")]
    assert type(course).from_json(course.to_json()) == course
