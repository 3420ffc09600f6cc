"""Wall clock → recording time over parts, pauses and gaps."""

from __future__ import annotations

from recordings.capture.timeline import Interruption, Interval, Timeline, build

S = 1_000_000_000


def at(start: float, end: float) -> Interval:
    return Interval(int(start * S), int(end * S))


def shape(timeline: Timeline) -> list[tuple[str, float, float]]:
    return [(span.kind, span.start_ns / S, span.length_ns / S) for span in timeline.spans]


def test_one_part_is_itself() -> None:
    timeline = build([at(100, 160)], [])
    assert shape(timeline) == [("recorded", 0, 60)]
    assert [timeline.place(second * S) // S for second in (90, 100, 130, 160, 999)] == [0, 0, 30, 60, 60]
    assert [timeline.is_recorded(second * S) for second in (99, 100, 159, 160)] == [False, True, True, False]


def test_a_pause_is_cut_out() -> None:
    timeline = build([at(100, 160)], [at(120, 150)])
    assert shape(timeline) == [("recorded", 0, 20), ("pause", 20, 0), ("recorded", 20, 10)]
    assert [timeline.place(second * S) // S for second in (119, 120, 149, 150, 155)] == [19, 20, 20, 20, 25]
    assert not timeline.is_recorded(130 * S)


def test_two_parts_with_a_short_gap_keep_it() -> None:
    timeline = build([at(100, 120), at(126, 140)], [], [Interruption(121 * S, "disk")])
    assert shape(timeline) == [("recorded", 0, 20), ("gap", 20, 6), ("recorded", 26, 14)]
    assert timeline.spans[1].cause == "disk"
    assert timeline.place(123 * S) == 23 * S


def test_a_long_gap_is_shown_for_ten_seconds() -> None:
    timeline = build([at(100, 120), at(420, 440)], [])
    assert shape(timeline) == [("recorded", 0, 20), ("gap", 20, 10), ("recorded", 30, 20)]
    assert timeline.spans[1].cause == "worker"
    assert timeline.place(400 * S) == 30 * S


def test_a_worker_that_dies_during_a_pause_leaves_no_gap() -> None:
    timeline = build([at(100, 125), at(145, 160)], [at(120, 150)])
    assert shape(timeline) == [("recorded", 0, 20), ("pause", 20, 0), ("recorded", 20, 10)]


def test_a_gap_that_runs_into_a_pause_ends_there() -> None:
    timeline = build([at(100, 120), at(150, 160)], [at(125, 150)])
    assert [kind for kind, _, _ in shape(timeline)] == ["recorded", "gap", "pause", "recorded"]
    assert timeline.duration_ns == 35 * S


def test_a_hole_nobody_notices_is_none() -> None:
    assert shape(build([at(100, 120), at(120.3, 140)], [])) == [("recorded", 0, 40)]


def test_what_the_facts_say_of_start_and_stop_counts_when_it_differs_much() -> None:
    assert shape(build([at(100, 120)], [], begin_ns=99 * S, end_ns=122 * S)) == [("recorded", 0, 20)]
    late = build([at(100, 120)], [], begin_ns=95 * S, end_ns=125 * S)
    assert shape(late) == [("gap", 0, 5), ("recorded", 5, 20), ("gap", 25, 5)]


def test_nothing_captured_is_an_empty_timeline() -> None:
    timeline = build([], [at(0, 1)])
    assert (timeline.duration_ms, timeline.place(5), timeline.span_at(5)) == (0, 0, None)


def test_a_timeline_survives_json() -> None:
    timeline = build([at(100, 120), at(126, 140)], [at(130, 135)], [Interruption(121 * S, "disk")])
    assert Timeline.from_json(timeline.to_json()) == timeline
