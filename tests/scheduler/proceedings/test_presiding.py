"""Who presides while a room is cut off: the chair if he is here, else the deputy; afterwards the chair again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.proceedings import facts as f
from scheduler.proceedings.fold import apply_body
from scheduler.proceedings.plan import Plan
from scheduler.proceedings.presiding import who_presides
from scheduler.proceedings.state import Chair, Link, State

PLAN = Plan("convened", "chair", "hq", "secretary", deputy_person_id="deputy")
LOST = Link("above", "upper", "node", "Giao ban toàn tỉnh", "lost", "2026-11-05T08:00:00.000Z")
CUT_OFF = State(stage="convened", chair_person_id="chair", chair_site_id="hq", links=(LOST,))
LINKED = replace(CUT_OFF, links=(replace(LOST, status="open"),))
PRESIDED = f.DeputyPresided("deputy", "a", "above")
UNDER_DEPUTY = apply_body(CUT_OFF, PRESIDED, "")
RESUMED = f.ChairResumed("chair", "hq")


@pytest.mark.parametrize(
    ("state", "here", "said"),
    [
        (CUT_OFF, {"deputy": "a"}, [PRESIDED]),
        (CUT_OFF, {"deputy": None}, [replace(PRESIDED, site_id="hq")]),
        (CUT_OFF, {"deputy": "a", "chair": "hq"}, []),
        (CUT_OFF, {"secretary": None}, []),
        (LINKED, {"deputy": "a"}, []),
        (replace(CUT_OFF, links=()), {"deputy": "a"}, []),
        (replace(CUT_OFF, links=(replace(LOST, side="lower"),)), {"deputy": "a"}, []),
        (replace(CUT_OFF, stage="adjourned"), {"deputy": "a"}, []),
        (replace(CUT_OFF, chair_person_id="deputy"), {}, []),
        (UNDER_DEPUTY, {"deputy": "a"}, []),
        (UNDER_DEPUTY, {}, []),
        (UNDER_DEPUTY, {"deputy": "a", "chair": None}, [RESUMED]),
        (replace(UNDER_DEPUTY, links=LINKED.links), {"deputy": "a"}, [RESUMED]),
        (replace(UNDER_DEPUTY, links=()), {"deputy": "a"}, [RESUMED]),
    ],
)
def test_who_presides(state: State, here: dict[str, str | None], said: list[f.Body]) -> None:
    assert who_presides(state, PLAN, here) == said


def test_nobody_presides_without_a_deputy() -> None:
    assert who_presides(CUT_OFF, replace(PLAN, deputy_person_id=None), {"deputy": "a"}) == []


def test_a_hand_over_by_the_chair_is_for_good() -> None:
    assert UNDER_DEPUTY.absent_chair == Chair("chair", "hq")
    handed = apply_body(UNDER_DEPUTY, f.ChairHandedOver("other", "b"), "")
    assert (handed.chair_person_id, handed.absent_chair) == ("other", None)
    assert apply_body(UNDER_DEPUTY, RESUMED, "") == CUT_OFF
