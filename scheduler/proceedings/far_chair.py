"""Rules of the chair between levels: lent to a site of a room below, and come back. Pure.

Who has it is a fact of the room that lent it; whoever gives commands from below is held against that fact each time.
"""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import Case, check
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.plan import Participant, Plan
from scheduler.proceedings.state import FarChair, State

FAR: frozenset[type[c.Command]] = frozenset(
    {
        c.Convene, c.Suspend, c.Resume, c.Adjourn, c.ChangeMode, c.ReturnChair, c.OpenItem, c.CloseItem,
        c.PostponeItem, c.GrantFloor, c.GrantNext, c.PutOff, c.Reorder, c.WithdrawRequest, c.MergeRequests,
        c.AnswerRequest, c.RevokeFloor, c.ExtendTime, c.CloseMicrophones, c.RecordConclusion,
    }
)  # fmt: skip
"""What a chair may ask for from a room below: the course, the agenda and the floor, not what needs the directory, the
papers or the machines of the room he leads."""


def lend_chair(case: Case, command: c.LendChair) -> list[f.Body]:
    sitter = case.plan.below.get(command.site_id)
    if sitter is None or command.site_id in case.state.sites:
        raise Refused("unknown_site", detail=command.site_id)
    if all(link.meeting_id != sitter.meeting_id or link.status != "open" for link in case.state.links):
        raise Refused("not_present", detail=sitter.site_name)
    check(case.state.chair_site_id != command.site_id, command.site_id, "already")
    return [f.ChairLent(sitter.person_id, sitter.site_id, sitter.meeting_id, sitter.site_name, sitter.person)]


def return_chair(case: Case, command: c.ReturnChair) -> list[f.Body]:
    if case.state.far_chair is None:
        raise Refused("not_lent")
    return [_back(case.state.far_chair)]


def _back(far: FarChair) -> f.Body:
    return f.ChairHandedOver(far.lent_by.person_id, far.lent_by.site_id)


def lends(case: Case) -> bool:
    """He lent the chair, and may have it back at any time."""
    far = case.state.far_chair
    return far is not None and case.actor.role != "hall" and case.actor.person_id == far.lent_by.person_id


def far_participant(state: State, through: str, person_id: str, site_id: str) -> Participant:
    """Who gives a command from the room below ``through``; :class:`Refused` unless the chair is lent to just him."""
    far = state.far_chair
    is_lent = far is not None and far.meeting_id == through and state.absent_chair is None
    if far is None or not is_lent or (state.chair_person_id, state.chair_site_id) != (person_id, site_id):
        raise Refused("chair_not_lent", detail=site_id)
    return Participant("chair", person_id, site_id, far.chair.name or far.site_name)


def lent_site(state: State) -> str | None:
    """The site that has the chair, also while it is cut off; None: nobody below has it."""
    if state.far_chair is None:
        return None
    return state.chair_site_id if state.absent_chair is None else state.absent_chair.site_id


def check_far(command: c.Command) -> None:
    """Whether this can be asked for from below at all."""
    if type(command) not in FAR:
        raise Refused("only_there", detail=c.name_of(type(command)))


def in_place_of_far(state: State, far: FarChair, plan: Plan, here: Mapping[str, str | None]) -> list[f.Body]:
    """Who presides while the link to the room that has the chair is lost: the deputy if he is here, else who lent it;
    it is the far chair's again when the link is back. A room below that has ended gives it back for good."""
    link = next((one for one in state.links if one.meeting_id == far.meeting_id), None)
    if link is None:
        return [_back(far)]
    absent = state.absent_chair
    if link.status != "lost":
        return [f.ChairResumed(absent.person_id, absent.site_id)] if absent is not None else []
    if absent is not None and state.chair_person_id in here:
        return []
    person_id, site_id = far.lent_by.person_id, far.lent_by.site_id
    deputy = plan.deputy_person_id
    if deputy is not None and deputy in here:
        person_id, site_id = deputy, here[deputy] or site_id
    if absent is not None and state.chair_person_id == person_id:
        return []
    return [f.DeputyPresided(person_id, site_id, far.meeting_id)]
