"""A meeting for tests of the rules: a headquarters with the chair, three communes, a secretary, a hall screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.fold import apply_body, fold
from scheduler.proceedings.judge import judge
from scheduler.proceedings.plan import Participant, Plan, Sitter
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.samples import START, log_of

PLAN = Plan(
    stage="sent",
    chair_person_id="chair",
    chair_site_id="hq",
    secretary_person_id="secretary",
    site_ids=("hq", "a", "b", "c"),
    item_ids=("i1", "i2", "i3"),
    papers={"p1": 3, "p2": None},
    below={"far": Sitter("leader", "far", "below", "xã Tùng Vài", f.Somebody("Giàng Mí Sính"))},
)

CHAIR = Participant("chair", "chair", "hq", "Bà Chủ tọa")
SECRETARY = Participant("secretary", "secretary", None, "Ông Thư ký")
SITE_A = Participant("site", None, "a", "xã A")
SITE_B = Participant("site", None, "b", "xã B")
HALL = Participant("hall", "somebody", None, "Màn hình")
PEOPLE = {"chair": CHAIR, "secretary": SECRETARY, "site a": SITE_A, "site b": SITE_B, "hall": HALL}

TESTING: tuple[f.Body, ...] = (
    f.TestingOpened(PLAN.site_ids, "chair", "hq", "secretary", "one_speaker", PLAN.item_ids),
    f.SiteJoined("hq", "c-hq"),
    f.SiteJoined("a", "c-a"),
    f.SiteJoined("b", "c-b"),
)
CONVENED: tuple[f.Body, ...] = (*TESTING, f.Convened(), f.RecordingStarted("rec"))
SUSPENDED: tuple[f.Body, ...] = (*CONVENED, f.Suspended(), f.RecordingPaused("rec"))
ADJOURNED: tuple[f.Body, ...] = (*CONVENED, f.RecordingStopped("rec"), f.Adjourned())
STAGES: dict[str, tuple[f.Body, ...]] = {
    "waiting": (),
    "testing": TESTING,
    "convened": CONVENED,
    "suspended": SUSPENDED,
    "adjourned": ADJOURNED,
}


def state_of(bodies: Sequence[f.Body]) -> State:
    return fold(log_of(bodies))


def numbers(prefix: str = "n") -> Callable[[], str]:
    counter = count(1)
    return lambda: f"{prefix}{next(counter)}"


def ask(
    state: State,
    command: c.Command,
    actor: Participant = CHAIR,
    *,
    now: datetime = START,
    plan: Plan = PLAN,
    new_id: Callable[[], str] | None = None,
) -> list[f.Body]:
    return judge(state, command, actor, now, plan, new_id or numbers())


def after(state: State, bodies: Sequence[f.Body], at: str = "2026-11-05T08:00:00.000Z") -> State:
    for body in bodies:
        state = apply_body(state, body, at)
    return state
