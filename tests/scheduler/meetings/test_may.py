"""The one main button of each stage, for each role."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.meetings.may import main_action, my_roles, what_may
from tests.scheduler.test_permissions import ACTORS, MEETING
from tests.scheduler.world import NOW

PEOPLE = ("chair", "secretary", "clerk of D", "chairman of C1", "site s1", "technician of D")
SOON, LATER = NOW + timedelta(minutes=30), NOW + timedelta(days=3)
BUTTONS = {
    ("draft", LATER): ("edit", "edit", None, None, None, None),
    ("sent", LATER): ("edit", "edit", "read", "test", "test", "test"),
    ("sent", SOON): ("test", "test", "read", "test", "test", "test"),
    ("postponed", LATER): ("edit", "edit", "read", "read", "read", "read"),
    ("testing", SOON): ("join",) * 6,
    ("convened", SOON): ("join",) * 6,
    ("suspended", SOON): ("join",) * 6,
    ("adjourned", SOON): ("read", "minutes", "read", "read", "read", "read"),
    ("minuted", SOON): ("sign", "sign", "read", "read", "read", "read"),
    ("signed", SOON): ("read", "read", "issue", "read", "read", "read"),
    ("published", SOON): ("read", "file", "file", "read", "read", "read"),
    ("filed", SOON): ("read",) * 6,
    ("cancelled", SOON): (None,) * 6,
}


@pytest.mark.parametrize(("stage", "starts_at"), BUTTONS)
def test_the_main_button(stage: str, starts_at: object) -> None:
    meeting = replace(MEETING, stage=stage)
    found = tuple(main_action(ACTORS[name], meeting, starts_at, NOW) for name in PEOPLE)  # type: ignore[arg-type]
    assert found == BUTTONS[stage, starts_at]  # type: ignore[index]


def test_a_stranger_is_offered_nothing_live() -> None:
    assert main_action(ACTORS["site s3"], replace(MEETING, stage="convened"), SOON, NOW) == "read"
    assert what_may(ACTORS["site s3"], MEETING) == ()
    assert my_roles(ACTORS["site s3"], MEETING) == ()


def test_what_a_commune_may() -> None:
    assert what_may(ACTORS["site s1"], MEETING) == ("reply",)
    assert what_may(ACTORS["site s1"], replace(MEETING, stage="testing")) == ("join", "reply")
    assert what_may(ACTORS["chairman of C1"], MEETING) == ("reply", "hand_out_links")
    assert my_roles(ACTORS["chairman of C1"], MEETING) == ("site",)
