"""Who is on air and who is heard, for every mode; the chair's microphone is never closed by a grant."""

from __future__ import annotations

import pytest

from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings.plan import Participant, Role
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.rooms import CONVENED, SUSPENDED, TESTING, after, state_of
from web.live.connection import Connection, Line, Outgoing
from web.live.program import program_of
from web.live.rate import TokenBucket


def connection(name: str, role: Role, site_id: str | None, *, presents: bool = False, here: bool = True) -> Connection:
    line = Line(presentation=presents)
    participant = Participant(role, None, site_id)
    limit = TokenBucket(1, 1, 0)
    return Connection(name, Actor(), participant, "vi", Outgoing(), limit, line=line, in_media=here)


def people(secretary_presents: bool = False) -> list[Connection]:
    return [
        connection("HQ", "chair", "hq"),
        connection("A", "site", "a"),
        connection("B", "site", "b"),
        connection("S", "secretary", None, presents=secretary_presents),
        connection("H", "hall", None),
    ]


def audible(state: State) -> set[str]:
    return set(program_of(state, people()).audible)


GRANTED = f.FloorGranted("s1", "a")


@pytest.mark.parametrize(
    ("facts", "heard"),
    [
        ([f.ModeChanged("discussion")], {"HQ", "A", "B"}),
        ([f.ModeChanged("one_speaker")], {"HQ"}),
        ([f.ModeChanged("chair_only")], {"HQ"}),
        ([f.ModeChanged("discussion"), GRANTED], {"HQ", "A"}),
        ([f.ModeChanged("one_speaker"), GRANTED], {"HQ", "A"}),
        ([f.ModeChanged("chair_only"), GRANTED], {"HQ", "A"}),
        ([GRANTED, f.FloorRevoked("s1")], {"HQ"}),
        ([f.FloorGranted("s1", "hq")], {"HQ"}),
        ([f.FloorGranted("s1", "c")], {"HQ"}),
    ],
)
def test_who_is_heard(facts: list[f.Body], heard: set[str]) -> None:
    assert audible(after(state_of(CONVENED), facts)) == heard
    assert audible(after(state_of(TESTING), facts)) == heard


def test_the_floor_and_the_chair_are_on_air() -> None:
    program = program_of(after(state_of(CONVENED), [GRANTED]), people()).program
    assert (program.floor, program.chair, program.presentation, program.mode) == ("A", "HQ", None, "one_speaker")


def test_in_a_break_only_the_chair_is_left() -> None:
    on_air = program_of(after(state_of(SUSPENDED), [GRANTED, f.PresentationStarted("a")]), people())
    assert (on_air.program.floor, on_air.program.presentation, on_air.audible) == (None, None, ("HQ",))


def test_a_speaker_who_is_not_connected_is_not_on_air() -> None:
    here = [connection("HQ", "chair", "hq"), connection("A", "site", "a", here=False)]
    on_air = program_of(after(state_of(CONVENED), [GRANTED]), here)
    assert (on_air.program.floor, on_air.audible) == (None, ("HQ",))


def test_the_secretary_presents_for_the_chairs_site() -> None:
    state = after(state_of(CONVENED), [f.PresentationStarted("hq")])
    assert program_of(state, people(secretary_presents=True)).program.presentation == "S"
    assert program_of(state, people()).program.presentation == "HQ"
    other = after(state_of(CONVENED), [f.PresentationStarted("a")])
    assert program_of(other, people(secretary_presents=True)).program.presentation == "A"


def test_after_a_hand_over_the_new_chair_is_always_heard() -> None:
    assert audible(after(state_of(CONVENED), [f.ChairHandedOver("deputy", "b")])) == {"B"}
