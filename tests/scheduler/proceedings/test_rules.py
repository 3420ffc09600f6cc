"""The rules, one story each: what a command makes of a state, and why it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.commands import parse
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.plan import Participant
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.rooms import (
    CHAIR,
    CONVENED,
    PLAN,
    SECRETARY,
    SITE_A,
    SITE_B,
    SUSPENDED,
    TESTING,
    after,
    ask,
    state_of,
)
from tests.scheduler.proceedings.samples import START

QUEUE = (f.FloorRequested("r1", "a"), f.FloorRequested("r2", "b"))


def refusal(state: State, command: c.Command, actor: Participant = CHAIR) -> str:
    with pytest.raises(Refused) as refused:
        ask(state, command, actor)
    return refused.value.code


def convened(*more: f.Body) -> State:
    return after(state_of(CONVENED), more)


def queue_after(state: State, bodies: Sequence[f.Body]) -> list[str]:
    return [request.request_id for request in after(state, bodies).queue]


# -- floor --------------------------------------------------------------------------------------------------------


def test_moi_phat_bieu_is_one_action_and_the_queue_survives_it() -> None:
    state = convened(*QUEUE, f.FloorGranted("s0", "hq"))
    bodies = ask(state, c.GrantFloor("b"))
    assert bodies == [f.FloorRevoked("s0"), f.FloorGranted("n1", "b", "r2", 300)]
    assert queue_after(state, bodies) == ["r1"]


def test_a_site_is_called_upon_without_a_request_and_without_limit() -> None:
    assert ask(convened(), c.GrantFloor("a", None, 0)) == [f.FloorGranted("n1", "a", None, 0)]


def test_a_grant_needs_a_site_that_is_here() -> None:
    assert refusal(convened(), c.GrantFloor("c")) == "not_present"
    assert refusal(convened(), c.GrantFloor("nowhere")) == "unknown_site"
    assert refusal(convened(*QUEUE), c.GrantFloor("a", "r2")) == "not_in_queue"
    assert refusal(convened(f.FloorGranted("s1", "a")), c.GrantFloor("a")) == "already"
    assert refusal(convened(), c.GrantFloor("a", None, -1)) == "bad_arguments"


def test_next_is_the_first_in_the_queue_that_is_here() -> None:
    gone = f.SiteLeft("a", "c-a", "lost")
    assert ask(convened(*QUEUE), c.GrantNext()) == [f.FloorGranted("n1", "a", "r1", 300)]
    assert ask(convened(*QUEUE, gone), c.GrantNext()) == [f.FloorGranted("n1", "b", "r2", 300)]
    assert refusal(convened(), c.GrantNext()) == "not_in_queue"
    assert refusal(convened(QUEUE[0], gone), c.GrantNext()) == "not_present"


def test_a_site_asks_once_and_takes_it_back() -> None:
    state = convened(QUEUE[0])
    assert refusal(state, c.RequestFloor(), SITE_A) == "already"
    assert ask(state, c.RequestFloor("reply", f.Somebody(" Lù A Páo ")), SITE_B) == [
        f.FloorRequested("n1", "b", "reply", f.Somebody("Lù A Páo"))
    ]
    assert ask(state, c.WithdrawRequest("r1"), SITE_A) == [f.FloorWithdrawn("r1")]
    assert refusal(state, c.WithdrawRequest("r1"), SITE_B) == "not_allowed"
    assert refusal(state, c.WithdrawRequest("r9"), SITE_A) == "unknown_request"
    assert refusal(convened(f.FloorGranted("s1", "a")), c.RequestFloor(), SITE_A) == "already"


def test_one_that_another_speaks_for_still_waits_and_may_be_taken_back() -> None:
    state = convened(*QUEUE, f.RequestsMerged("r1", ("r2",)))
    assert [one.request_id for one in state.queue[0].merged] == ["r2"]
    assert refusal(state, c.RequestFloor(), SITE_B) == "already"
    assert ask(state, c.WithdrawRequest("r2"), SITE_B) == [f.FloorWithdrawn("r2")]
    assert refusal(state, c.WithdrawRequest("r2"), SITE_A) == "not_allowed"
    assert refusal(state, c.ForwardRequest(("r2",))) == "unknown_request"
    assert after(state, [f.FloorWithdrawn("r2")]).queue[0].merged == ()
    answered = after(state, ask(state, c.AnswerRequest("r1", "Có.")))
    assert [(one.site_id, one.text) for one in answered.answers] == [("a", "Có."), ("b", "Có.")]
    granted = after(state, ask(state, c.GrantNext()))
    assert granted.floor is not None and [one.site_id for one in granted.floor.merged] == ["b"]


def test_de_sau_puts_a_request_behind_the_others_and_reorder_brings_it_back() -> None:
    state = convened(*QUEUE)
    bodies = ask(state, c.PutOff("r1"))
    assert bodies == [f.RequestReordered(("r2",), ("r1",))]
    put_off = after(state, bodies)
    assert queue_after(put_off, [f.FloorRequested("r3", "hq")]) == ["r2", "r3", "r1"]
    assert refusal(put_off, c.PutOff("r1")) == "already"
    back = ask(put_off, c.Reorder(("r1",)))
    assert back == [f.RequestReordered(("r1", "r2"), ())]
    assert refusal(state, c.Reorder(("r1", "r1"))) == "bad_arguments"
    assert refusal(state, c.Reorder(("r9",))) == "unknown_request"


def test_only_the_site_that_speaks_can_say_it_is_done() -> None:
    state = convened(f.FloorGranted("s1", "a"))
    assert ask(state, c.ReturnFloor(), SITE_A) == [f.FloorReturned("s1")]
    assert refusal(state, c.ReturnFloor(), SITE_B) == "not_allowed"
    assert refusal(convened(), c.ReturnFloor(), SITE_A) == "no_floor"
    assert refusal(convened(), c.RevokeFloor()) == "no_floor"


def test_two_more_minutes_count_from_now_when_the_time_is_over() -> None:
    state = after(state_of(CONVENED), [f.FloorGranted("s1", "a", None, 300)], "2026-11-05T07:00:00.000Z")
    assert ask(state, c.ExtendTime(120), now=START + timedelta(seconds=200)) == [f.TimeExtended("s1", 120)]
    assert ask(state, c.ExtendTime(120), now=START + timedelta(seconds=350)) == [f.TimeExtended("s1", 170)]
    assert refusal(convened(f.FloorGranted("s1", "a", None, 0)), c.ExtendTime(120)) == "already"
    assert refusal(state, c.ExtendTime(0)) == "bad_arguments"


def test_the_speaker_is_named_during_or_after_the_speech() -> None:
    state = convened(f.FloorGranted("s1", "a"), f.FloorReturned("s1"))
    named = c.NameSpeaker("s1", f.Somebody("Lù A Páo"))
    assert ask(state, named, SECRETARY) == [f.SpeakerNamed("s1", f.Somebody("Lù A Páo"))]
    assert refusal(state, named, SITE_B) == "not_allowed"
    assert refusal(state, c.NameSpeaker("s9", f.Somebody("x"))) == "unknown_speech"
    assert refusal(state, c.NameSpeaker("s1", f.Somebody("  "))) == "bad_arguments"


def test_closing_the_microphones_leaves_only_the_chair() -> None:
    bodies = ask(convened(f.FloorGranted("s1", "a")), c.CloseMicrophones())
    assert bodies == [f.FloorRevoked("s1"), f.ModeChanged("chair_only")]
    assert refusal(convened(f.ModeChanged("chair_only")), c.CloseMicrophones()) == "already"


def test_a_site_sent_away_holds_nothing_any_more() -> None:
    state = convened(f.FloorRequested("r1", "a"), f.FloorGranted("s1", "a"), f.PresentationStarted("a"))
    bodies = ask(state, c.RemoveParticipant("a"))
    assert bodies == [
        f.SiteLeft("a", "c-a", "removed"),
        f.FloorReturned("s1"),
        f.FloorWithdrawn("r1"),
        f.PresentationStopped("a"),
    ]
    assert refusal(state, c.RemoveParticipant("hq")) == "bad_arguments"
    assert refusal(state, c.RemoveParticipant("c")) == "not_present"


# -- meeting ------------------------------------------------------------------------------------------------------


def test_the_room_opens_with_the_plan() -> None:
    assert ask(State(), c.OpenTesting(), SECRETARY) == [TESTING[0]]


def test_a_postponed_meeting_opens_again_with_its_new_plan() -> None:
    plan = replace(PLAN, stage="sent", item_ids=("i9",))
    (opened,) = ask(state_of(TESTING), c.OpenTesting(), SECRETARY, plan=plan)
    assert isinstance(opened, f.TestingOpened) and opened.item_ids == ("i9",)
    with pytest.raises(Refused, match="already"):
        ask(state_of(TESTING), c.OpenTesting(), plan=replace(PLAN, stage="testing"))


def test_convening_starts_the_recording_when_the_plan_says_so() -> None:
    assert ask(state_of(TESTING), c.Convene()) == [f.Convened(), f.RecordingStarted("n1")]
    assert ask(state_of(TESTING), c.Convene(), plan=replace(PLAN, record=False)) == [f.Convened()]


def test_what_was_tried_while_testing_does_not_enter_the_meeting() -> None:
    tried = after(state_of(TESTING), [*QUEUE, f.FloorGranted("s1", "a", "r1"), f.FloorReturned("s1")])
    begun = after(tried, [f.Convened()])
    assert (begun.queue, begun.floor, begun.speeches) == ((), None, ())


def test_a_recording_that_the_plan_left_off_is_started_during_the_meeting() -> None:
    state = state_of((*TESTING, f.Convened()))
    assert ask(state, c.StartRecording()) == [f.RecordingStarted("n1")]
    with pytest.raises(Refused, match="already"):
        ask(after(state, [f.RecordingStarted("rec"), f.RecordingPaused("rec")]), c.StartRecording())


def test_a_state_secret_is_never_recorded() -> None:
    plan = replace(PLAN, may_record=False)
    assert ask(state_of(TESTING), c.Convene(), plan=plan) == [f.Convened()]
    with pytest.raises(Refused, match="no_recording"):
        ask(state_of((*TESTING, f.Convened())), c.StartRecording(), plan=plan)


def test_the_recording_pauses_with_the_meeting() -> None:
    assert ask(convened(), c.Suspend(" giải lao ")) == [f.Suspended("giải lao"), f.RecordingPaused("rec")]
    assert ask(state_of(SUSPENDED), c.Resume()) == [f.Resumed(), f.RecordingResumed("rec")]


def test_a_recording_the_chair_had_paused_stays_paused_after_the_break() -> None:
    paused = convened(f.RecordingPaused("rec"))
    assert ask(paused, c.Suspend()) == [f.Suspended("")]
    assert ask(after(paused, [f.Suspended()]), c.Resume()) == [f.Resumed()]
    assert ask(paused, c.ResumeRecording()) == [f.RecordingResumed("rec")]
    assert refusal(paused, c.PauseRecording()) == "already"
    assert refusal(convened(), c.ResumeRecording()) == "already"


def test_adjourning_ends_everything_that_is_open() -> None:
    state = convened(f.ItemOpened("i1"), f.PaperShown("p1"), f.FloorGranted("s1", "a"), f.PresentationStarted("a"))
    assert ask(state, c.Adjourn()) == [
        f.FloorRevoked("s1"),
        f.ItemClosed("i1"),
        f.PaperShown(None),
        f.PresentationStopped("a"),
        f.RecordingStopped("rec"),
        f.Adjourned(),
    ]


def test_handing_over_to_nobody_new_or_a_strange_site_is_refused() -> None:
    assert refusal(convened(), c.HandOverChair("chair", "hq")) == "already"
    assert refusal(convened(), c.HandOverChair("deputy", "mars")) == "unknown_site"
    assert refusal(convened(), c.AppointSecretary("secretary")) == "already"
    assert refusal(convened(), c.ChangeMode("one_speaker")) == "already"


# -- attendance and agenda ----------------------------------------------------------------------------------------


def test_every_expected_site_is_in_exactly_one_column_of_the_roll() -> None:
    state = after(state_of(TESTING), [f.AbsenceExcused("c", True, "ốm"), f.SiteLeft("b", "c-b", "lost")])
    assert ask(state, c.CallRoll()) == [f.RollCalled(("hq", "a"), ("c",), ("b",))]
    confirmed = after(state, [f.AttendanceConfirmed("b")])
    assert ask(confirmed, c.CallRoll()) == [f.RollCalled(("hq", "a", "b"), ("c",), ())]


def test_a_site_says_who_is_there_and_the_secretary_may_for_it() -> None:
    people = (f.Somebody("Vàng Thị Mỷ", "Chủ tịch"),)
    assert ask(convened(), c.ReportHeadCount(2, people), SITE_A) == [f.HeadCountReported("a", 2, people)]
    assert ask(convened(), c.ReportHeadCount(2, (), "c"), SECRETARY) == [f.HeadCountReported("c", 2, ())]
    assert refusal(convened(), c.ReportHeadCount(2, (), "b"), SITE_A) == "not_allowed"
    assert refusal(convened(), c.ReportHeadCount(-1), SITE_A) == "bad_arguments"
    assert refusal(convened(), c.ReportHeadCount(1), SECRETARY) == "unknown_site"


def test_the_open_item_is_closed_before_the_next_opens() -> None:
    state = convened(f.ItemOpened("i1"))
    assert ask(state, c.OpenItem("i2")) == [f.ItemClosed("i1"), f.ItemOpened("i2")]
    assert refusal(state, c.OpenItem("i1")) == "already"
    assert refusal(state, c.OpenItem("i9")) == "unknown_item"
    assert refusal(state, c.CloseItem("i2")) == "already"
    assert ask(state, c.PostponeItem("i1", "thiếu số liệu")) == [f.ItemPostponed("i1", "thiếu số liệu")]
    assert refusal(convened(f.ItemPostponed("i1")), c.PostponeItem("i1")) == "already"


def test_a_treated_item_cannot_be_dropped_from_the_agenda() -> None:
    state = convened(f.ItemOpened("i1"), f.ItemClosed("i1"))
    assert ask(state, c.AmendAgenda(("i1", "i3"))) == [f.AgendaAmended(("i1", "i3"))]
    assert refusal(state, c.AmendAgenda(("i2", "i3"))) == "bad_arguments"
    assert refusal(state, c.AmendAgenda(("i1", "i9"))) == "unknown_item"
    assert refusal(state, c.AmendAgenda(("i1", "i1"))) == "bad_arguments"
    assert refusal(state, c.AmendAgenda(("i1", "i2", "i3"))) == "already"


def test_pages_are_shown_as_far_as_the_paper_goes() -> None:
    assert ask(convened(), c.ShowPaper("p1", 3)) == [f.PaperShown("p1", 3)]
    assert refusal(convened(), c.ShowPaper("p1", 4)) == "bad_arguments"
    assert refusal(convened(), c.ShowPaper("p9", 1)) == "bad_arguments"
    assert refusal(convened(f.PaperShown("p1", 2)), c.ShowPaper("p1", 2)) == "already"
    assert refusal(convened(), c.ShowPaper(None)) == "already"
    assert ask(convened(f.PaperShown("p1", 2)), c.ShowPaper(None)) == [f.PaperShown(None)]


# -- room and outcome ---------------------------------------------------------------------------------------------


def test_the_presentation_changes_hands() -> None:
    floor_a = f.FloorGranted("s1", "a")
    assert ask(convened(), c.StartPresentation(), SECRETARY) == [f.PresentationStarted("hq")]
    assert ask(convened(floor_a), c.StartPresentation(), SITE_A) == [f.PresentationStarted("a")]
    taken = convened(floor_a, f.PresentationStarted("hq"))
    assert refusal(taken, c.StartPresentation(), SITE_A) == "already"
    assert refusal(convened(floor_a), c.StartPresentation("b"), SITE_A) == "not_allowed"
    assert ask(taken, c.StartPresentation("a")) == [f.PresentationStopped("hq"), f.PresentationStarted("a")]
    assert refusal(taken, c.StopPresentation(), SITE_A) == "not_allowed"
    assert ask(taken, c.StopPresentation(), SECRETARY) == [f.PresentationStopped("hq")]
    assert refusal(convened(), c.StopPresentation()) == "already"
    assert refusal(convened(), c.StartPresentation("c")) == "not_present"


def test_chat_has_a_name_and_a_limit() -> None:
    assert ask(convened(), c.PostChat("  Nghe rõ "), SITE_A) == [f.ChatPosted("n1", "a", "xã A", "Nghe rõ")]
    assert refusal(convened(), c.PostChat("   "), SITE_A) == "bad_arguments"
    assert refusal(convened(), c.PostChat("x" * 2001), SITE_A) == "bad_arguments"


def test_conclusions_and_tasks_are_made_and_replaced() -> None:
    assert ask(convened(), c.RecordConclusion("Giao các xã", "i1")) == [f.ConclusionRecorded("n1", "i1", "Giao các xã")]
    state = convened(f.ConclusionRecorded("k1", "i1", "cũ"), f.TaskAssigned("t1", None, "cũ", "u"))
    replaced = ask(state, c.RecordConclusion("mới", "i1", "k1"))
    assert [conclusion.text for conclusion in after(state, replaced).conclusions] == ["mới"]
    assert refusal(state, c.RecordConclusion("x", "i1", "k9")) == "bad_arguments"
    assert refusal(state, c.RecordConclusion("x", "i9")) == "unknown_item"
    task = c.AssignTask("Rà soát", "unit-a", "i1", ("unit-b",), "2026-11-15", "t1")
    assert ask(state, task) == [f.TaskAssigned("t1", "i1", "Rà soát", "unit-a", ("unit-b",), "2026-11-15")]
    for due in ("2026-02-30", "20261115", "mai"):
        assert refusal(state, replace(task, due=due)) == "bad_arguments"


# -- reading commands ---------------------------------------------------------------------------------------------


def test_commands_are_read_strictly() -> None:
    assert parse("grant_floor", {"site_id": "a", "limit_s": 60}) == c.GrantFloor("a", None, 60)
    assert parse("report_head_count", {"head_count": 1, "people": [{"name": "A"}]}) == c.ReportHeadCount(
        1, (f.Somebody("A"),)
    )
    wrong = [
        ("steal_floor", {}),
        (None, {}),
        (["grant_floor"], {}),
        ("grant_floor", {}),
        ("grant_floor", None),
        ("grant_floor", {"site_id": 7}),
        ("grant_floor", {"site_id": "a", "extra": 1}),
        ("change_mode", {"mode": "shouting"}),
        ("report_head_count", {"head_count": True}),
        ("post_chat", {"text": "\ud800"}),
    ]
    for name, args in wrong:
        with pytest.raises(Refused, match="bad_arguments"):
            parse(name, args)
