"""Who may give which command in which stage: a table written by hand, every cell of it tried.

The site asking (``a``) has the floor, a request in the queue and a presentation wherever that can be, so a cell says
what the role allows; ``site b`` owns nothing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.commands import COMMANDS
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.judge import by_of, may
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.rooms import (
    CHAIR,
    HALL,
    PEOPLE,
    PLAN,
    SECRETARY,
    SITE_A,
    STAGES,
    after,
    ask,
    numbers,
    state_of,
)
from tests.scheduler.proceedings.samples import START

LIVE = "testing convened suspended"
LEAD = "chair, secretary"

# command                     may                                  stages
TABLE = """
open_testing                | chair, secretary                   | waiting
convene                     | chair, secretary                   | testing
suspend                     | chair, secretary                   | convened
resume                      | chair, secretary                   | suspended
adjourn                     | chair, secretary                   | convened suspended
change_mode                 | chair, secretary                   | testing convened suspended
hand_over_chair             | chair, secretary                   | testing convened suspended
lend_chair                  | chair, secretary                   | testing convened suspended
return_chair                | chair, secretary                   | testing convened suspended
appoint_secretary           | chair, secretary                   | testing convened suspended
report_head_count           | secretary, site a                  | testing convened suspended
confirm_attendance          | chair, secretary                   | testing convened suspended
excuse_absence              | chair, secretary                   | testing convened suspended
accept_deputy               | chair, secretary                   | testing convened suspended
call_roll                   | chair, secretary                   | testing convened
open_item                   | chair, secretary                   | convened
close_item                  | chair, secretary                   | convened
postpone_item               | chair, secretary                   | convened
amend_agenda                | chair, secretary                   | testing convened suspended
show_paper                  | chair, secretary, site a           | testing convened
request_floor               | site b                             | testing convened
withdraw_request            | chair, secretary, site b           | testing convened suspended
grant_floor                 | chair, secretary                   | testing convened
grant_next                  | chair, secretary                   | convened
put_off                     | chair, secretary                   | testing convened suspended
reorder                     | chair, secretary                   | testing convened suspended
return_floor                | site a                             | testing convened suspended
revoke_floor                | chair, secretary                   | testing convened suspended
extend_time                 | chair, secretary                   | convened
name_speaker                | chair, secretary, site a           | testing convened suspended
start_presentation          | chair, secretary, site a           | testing convened suspended
stop_presentation           | chair, secretary, site a           | testing convened suspended
post_chat                   | chair, secretary, site a, site b   | testing convened suspended
start_recording             | chair, secretary                   | convened
pause_recording             | chair, secretary                   | convened
resume_recording            | chair, secretary                   | convened
record_conclusion           | chair, secretary                   | convened suspended
assign_task                 | chair, secretary                   | convened suspended
merge_requests              | chair, secretary                   | testing convened suspended
forward_request             | chair, secretary                   | testing convened
answer_request              | chair, secretary                   | testing convened suspended
leave_program               | chair, secretary                   | testing convened suspended
rejoin_program              | chair, secretary                   | testing convened suspended
close_microphones           | chair, secretary                   | testing convened suspended
remove_participant          | chair, secretary                   | testing convened suspended
"""

WITH_FLOOR: tuple[f.Body, ...] = (f.FloorGranted("s1", "a", None, 300),)
QUEUED: tuple[f.Body, ...] = (f.FloorRequested("r1", "b"),)
ITEM_OPEN: tuple[f.Body, ...] = (f.ItemOpened("i1"),)

# command → what to ask, after which further facts
LINKED = f.LinkOpened("above", "upper", "", "Giao ban tỉnh")
BELOW = f.LinkOpened("below", "lower", "", "Cụm xã")
LENT = f.ChairLent("leader", "far", "below", "xã Tùng Vài", f.Somebody("Giàng Mí Sính"))
SAMPLES: dict[str, tuple[c.Command, tuple[f.Body, ...]]] = {
    "open_testing": (c.OpenTesting(), ()),
    "convene": (c.Convene(), ()),
    "suspend": (c.Suspend(), ()),
    "resume": (c.Resume(), ()),
    "adjourn": (c.Adjourn(), WITH_FLOOR),
    "change_mode": (c.ChangeMode("discussion"), ()),
    "hand_over_chair": (c.HandOverChair("deputy", "a"), ()),
    "lend_chair": (c.LendChair("far"), (BELOW,)),
    "return_chair": (c.ReturnChair(), (BELOW, LENT)),
    "appoint_secretary": (c.AppointSecretary("clerk"), ()),
    "report_head_count": (c.ReportHeadCount(3, (), "a"), ()),
    "confirm_attendance": (c.ConfirmAttendance("a"), ()),
    "excuse_absence": (c.ExcuseAbsence("c", True, "ốm"), ()),
    "accept_deputy": (c.AcceptDeputy("a", f.Somebody("Lù A Páo")), ()),
    "call_roll": (c.CallRoll(), ()),
    "open_item": (c.OpenItem("i1"), ()),
    "close_item": (c.CloseItem("i1"), ITEM_OPEN),
    "postpone_item": (c.PostponeItem("i1"), ()),
    "amend_agenda": (c.AmendAgenda(("i2", "i1", "i3")), ()),
    "show_paper": (c.ShowPaper("p1"), WITH_FLOOR),
    "request_floor": (c.RequestFloor(), WITH_FLOOR),
    "withdraw_request": (c.WithdrawRequest("r1"), QUEUED),
    "grant_floor": (c.GrantFloor("b"), WITH_FLOOR),
    "grant_next": (c.GrantNext(), (*QUEUED, *WITH_FLOOR)),
    "put_off": (c.PutOff("r1"), QUEUED),
    "reorder": (c.Reorder(("r1",)), QUEUED),
    "return_floor": (c.ReturnFloor(), WITH_FLOOR),
    "revoke_floor": (c.RevokeFloor(), WITH_FLOOR),
    "extend_time": (c.ExtendTime(120), WITH_FLOOR),
    "name_speaker": (c.NameSpeaker("s1", f.Somebody("Lù A Páo")), WITH_FLOOR),
    "start_presentation": (c.StartPresentation(), WITH_FLOOR),
    "stop_presentation": (c.StopPresentation(), (*WITH_FLOOR, f.PresentationStarted("a"))),
    "post_chat": (c.PostChat("Nghe rõ"), ()),
    "start_recording": (c.StartRecording(), (f.RecordingStopped("rec"),)),
    "pause_recording": (c.PauseRecording(), (f.RecordingResumed("rec"),)),
    "resume_recording": (c.ResumeRecording(), (f.RecordingPaused("rec"),)),
    "record_conclusion": (c.RecordConclusion("Đồng ý"), ()),
    "assign_task": (c.AssignTask("Rà soát", "unit-a"), ()),
    "merge_requests": (c.MergeRequests(("r1", "r9")), (*QUEUED, f.FloorRequested("r9", "c"))),
    "forward_request": (c.ForwardRequest(("r1",)), (*QUEUED, LINKED)),
    "answer_request": (c.AnswerRequest("r1", "Sở sẽ trả lời."), QUEUED),
    "leave_program": (c.LeaveProgram(), (LINKED,)),
    "rejoin_program": (c.RejoinProgram(), (LINKED, f.ProgramLeft("above"))),
    "close_microphones": (c.CloseMicrophones(), WITH_FLOOR),
    "remove_participant": (c.RemoveParticipant("a"), ()),
}


def rows() -> dict[str, tuple[set[str], set[str]]]:
    table = {}
    for line in TABLE.strip().splitlines():
        name, who, stages = (part.strip() for part in line.split("|"))
        table[name] = ({role.strip() for role in who.split(",")}, set(stages.split()))
    return table


def room(stage: str, more: tuple[f.Body, ...]) -> State:
    state = state_of(STAGES[stage])
    return state if stage in ("waiting", "adjourned") else after(state, more)


def test_the_table_names_every_command() -> None:
    assert set(rows()) == set(COMMANDS) == set(SAMPLES)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_cell_of_the_table(name: str, person: str, stage: str) -> None:
    who, stages = rows()[name]
    command, more = SAMPLES[name]
    state = room(stage, more)
    code = None
    try:
        plan = replace(PLAN, stage="sent" if stage == "waiting" else stage)
        assert ask(state, command, PEOPLE[person], plan=plan)
    except Refused as refused:
        code = refused.code
    if person in who and stage in stages:
        assert code is None
    elif stage in stages:
        assert code in ({"already"} if (name, person) == ("request_floor", "site a") else {"not_allowed"})
    else:
        assert code in {"not_allowed", "wrong_stage", *({"already"} if name == "open_testing" else ())}


@pytest.mark.parametrize("name", [name for name, (who, _) in rows().items() if {"chair", "secretary"} <= who])
def test_the_secretary_acts_on_behalf_of_the_chair(name: str) -> None:
    command, _ = SAMPLES[name]
    state = state_of(STAGES["convened"])
    own = name in {"open_testing", "post_chat"}
    assert by_of(state, command, SECRETARY, PLAN) == f.By("secretary", None, None if own else "chair")
    assert by_of(state, command, CHAIR, PLAN) == f.By("chair", "hq", None)


def test_a_refusal_names_who_may_and_what_stage_it_is() -> None:
    with pytest.raises(Refused) as not_allowed:
        ask(state_of(STAGES["convened"]), c.GrantFloor("b"), SITE_A)
    assert (not_allowed.value.code, not_allowed.value.who) == ("not_allowed", ("chair", "secretary"))
    with pytest.raises(Refused) as wrong_stage:
        ask(state_of(STAGES["suspended"]), c.GrantFloor("b"), CHAIR)
    assert (wrong_stage.value.code, wrong_stage.value.detail) == ("wrong_stage", "suspended")


def test_what_a_participant_is_offered_follows_the_table() -> None:
    state = state_of(STAGES["convened"])
    offered = {name: set(may(state, actor, PLAN, START, numbers())) for name, actor in PEOPLE.items()}
    assert offered["hall"] == set()
    assert "grant_floor" in offered["chair"] and "grant_floor" in offered["secretary"]
    assert "grant_floor" not in offered["site a"]
    assert {"request_floor", "return_floor", "post_chat", "report_head_count"} <= offered["site a"]
    assert "request_floor" not in offered["secretary"]


def test_after_a_hand_over_the_new_chair_rules_and_the_old_one_does_not() -> None:
    state = after(state_of(STAGES["convened"]), [f.ChairHandedOver("deputy", "a")])
    deputy = type(SITE_A)("site", "deputy", "a", "Ông Phó")
    assert ask(state, c.GrantFloor("b"), deputy)
    with pytest.raises(Refused, match="not_allowed"):
        ask(state, c.GrantFloor("b"), CHAIR)


def test_the_chair_on_the_hall_screen_only_looks() -> None:
    looking = type(HALL)("hall", "chair", None, "Màn hình")
    with pytest.raises(Refused, match="not_allowed"):
        ask(state_of(STAGES["convened"]), c.Suspend(), looking)
