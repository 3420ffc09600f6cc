"""The chair between levels: to whom it is lent, what he may ask for, and who presides while he is cut off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.far_chair import FAR, check_far, far_participant, lent_site
from scheduler.proceedings.judge import by_of, may
from scheduler.proceedings.plan import Participant
from scheduler.proceedings.presiding import who_presides
from scheduler.proceedings.state import Chair, State
from tests.scheduler.proceedings.rooms import (
    CHAIR,
    CONVENED,
    HALL,
    PLAN,
    SECRETARY,
    SITE_B,
    after,
    ask,
    numbers,
    state_of,
)
from tests.scheduler.proceedings.samples import START

BELOW = f.LinkOpened("below", "lower", "node-2", "Cụm xã")
LENT = f.ChairLent("leader", "far", "below", "xã Tùng Vài", f.Somebody("Giàng Mí Sính"))
BACK = f.ChairHandedOver("chair", "hq")
LEADER = Participant("chair", "leader", "far", "Giàng Mí Sính")
LINKED = after(state_of(CONVENED), [BELOW])
FAR_STATE = after(LINKED, [LENT])
CUT_OFF = after(FAR_STATE, [f.LinkLost("below")])
IN_HIS_PLACE = f.DeputyPresided("chair", "hq", "below")


def code(state: State, command: c.Command, actor: Participant = CHAIR) -> str:
    with pytest.raises(Refused) as refused:
        ask(state, command, actor)
    return refused.value.code


def test_it_is_lent_to_who_sits_at_a_site_below_that_is_linked() -> None:
    assert ask(LINKED, c.LendChair("far")) == [LENT]
    assert code(LINKED, c.LendChair("a")) == "unknown_site"  # of this room: that is a hand-over
    assert code(LINKED, c.LendChair("elsewhere")) == "unknown_site"
    assert code(state_of(CONVENED), c.LendChair("far")) == "not_present"
    assert code(after(LINKED, [f.LinkLost("below")]), c.LendChair("far")) == "not_present"
    assert code(FAR_STATE, c.LendChair("far"), SECRETARY) == "already"


def test_who_has_it_leads_and_who_lent_it_does_not_but_may_have_it_back() -> None:
    assert (FAR_STATE.chair_person_id, FAR_STATE.chair_site_id, FAR_STATE.home_site_id) == ("leader", "far", "hq")
    assert ask(FAR_STATE, c.GrantFloor("b"), LEADER) == [f.FloorGranted("n1", "b", None, 300)]
    assert by_of(FAR_STATE, c.GrantFloor("b"), LEADER, PLAN) == f.By("leader", "far")
    assert code(FAR_STATE, c.GrantFloor("b")) == "not_allowed"
    for actor in (CHAIR, SECRETARY, LEADER):
        assert ask(FAR_STATE, c.ReturnChair(), actor) == [BACK]
    for actor in (SITE_B, HALL, replace(CHAIR, role="hall")):
        assert code(FAR_STATE, c.ReturnChair(), actor) == "not_allowed"
    assert code(LINKED, c.ReturnChair()) == "not_lent"
    back = after(FAR_STATE, [BACK])
    assert (back.chair_person_id, back.far_chair, lent_site(back)) == ("chair", None, None)


def test_lent_on_it_comes_back_to_who_lent_it_first() -> None:
    on = after(FAR_STATE, [replace(LENT, person_id="other", site_id="further")])
    assert on.far_chair is not None and on.far_chair.lent_by == Chair("chair", "hq")


def test_the_secretary_goes_on_from_the_room_that_lent_it() -> None:
    assert ask(FAR_STATE, c.StartPresentation(), SECRETARY) == [f.PresentationStarted("hq")]
    assert code(FAR_STATE, c.RemoveParticipant("hq"), SECRETARY) == "bad_arguments"


def test_nobody_but_he_speaks_for_it() -> None:
    assert far_participant(FAR_STATE, "below", "leader", "far") == LEADER
    for state, through, person_id, site_id in (
        (FAR_STATE, "another", "leader", "far"),
        (FAR_STATE, "below", "chair", "far"),
        (FAR_STATE, "below", "leader", "hq"),
        (LINKED, "below", "leader", "far"),
        (LINKED, "below", "chair", "hq"),
        (after(CUT_OFF, [IN_HIS_PLACE]), "below", "leader", "far"),
        (after(CUT_OFF, [IN_HIS_PLACE]), "below", "chair", "hq"),
        (after(FAR_STATE, [BACK]), "below", "leader", "far"),
    ):
        with pytest.raises(Refused, match="chair_not_lent"):
            far_participant(state, through, person_id, site_id)


def test_what_he_may_ask_for_is_the_course_and_the_floor() -> None:
    allowed = set(may(FAR_STATE, LEADER, PLAN, START, numbers())) & {c.name_of(kind) for kind in FAR}
    assert allowed == {c.name_of(kind) for kind in FAR}
    check_far(c.GrantNext())
    for command in (c.HandOverChair("x", "a"), c.LendChair("a"), c.AppointSecretary("x"), c.RemoveParticipant("a"),
                    c.StartRecording(), c.ShowPaper("p1"), c.OpenTesting(), c.ForwardRequest(("r",))):  # fmt: skip
        with pytest.raises(Refused, match="only_there"):
            check_far(command)


@pytest.mark.parametrize(
    ("state", "here", "said"),
    [
        (FAR_STATE, {"chair": "hq"}, []),
        (CUT_OFF, {"chair": "hq"}, [IN_HIS_PLACE]),
        (CUT_OFF, {}, [IN_HIS_PLACE]),
        (CUT_OFF, {"deputy": "a", "chair": "hq"}, [f.DeputyPresided("deputy", "a", "below")]),
        (after(CUT_OFF, [IN_HIS_PLACE]), {"deputy": "a", "chair": "hq"}, []),
        (after(CUT_OFF, [IN_HIS_PLACE]), {"deputy": "a"}, [f.DeputyPresided("deputy", "a", "below")]),
        (after(CUT_OFF, [IN_HIS_PLACE]), {}, []),
        (after(CUT_OFF, [IN_HIS_PLACE, f.LinkRestored("below", 20)]), {}, [f.ChairResumed("leader", "far")]),
        (after(FAR_STATE, [f.LinkClosed("below")]), {}, [BACK]),
        (after(CUT_OFF, [IN_HIS_PLACE, f.ChairHandedOver("deputy", "a")]), {}, []),
    ],
)
def test_who_presides_while_he_is_cut_off(state: State, here: dict[str, str | None], said: list[f.Body]) -> None:
    assert who_presides(state, replace(PLAN, deputy_person_id="deputy"), here) == said


def test_cut_off_it_is_still_his() -> None:
    cut = after(CUT_OFF, [IN_HIS_PLACE])
    assert (cut.chair_person_id, lent_site(cut), cut.home_site_id) == ("chair", "far", "hq")


def test_the_room_below_does_not_leave_the_program_whose_chair_it_has() -> None:
    lower = after(state_of(CONVENED), [f.LinkOpened("above", "upper", "", "Giao ban tỉnh")])
    borrowed = after(lower, [f.ChairBorrowed("leader", "a", "above", None, f.Somebody("Giàng Mí Sính"))])
    assert code(borrowed, c.LeaveProgram()) == "chairs_above"
    assert ask(after(borrowed, [f.ChairGivenBack("above")]), c.LeaveProgram()) == [f.ProgramLeft("above")]
    assert after(borrowed, [f.LinkClosed("above")]).chair_above is None
    assert after(borrowed, [f.LinkLost("above")]).chair_above is not None
