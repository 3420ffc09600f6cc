"""Judges commands against the state: the table of who may ask what in which stage, and the rule that answers.

Pure: ``judge`` gives the bodies of the facts to append, or raises :class:`Refused`, which says who may and what is
missing. Permission comes before stage, so nobody learns from a refusal what he could not do anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from scheduler.proceedings import agenda, climbing, far_chair, floor, outcome, roll_call, stages
from scheduler.proceedings import commands as c
from scheduler.proceedings.case import Case
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.facts import Body, By
from scheduler.proceedings.plan import Participant, Plan
from scheduler.proceedings.state import State

Who = Literal["chair", "secretary", "site", "floor", "owner", "lender", "everybody"]
"""``floor``: the site that has it; ``owner``: the site whose thing it is (the rule looks closer); ``lender``: who lent
the chair to a room below."""

LIVE = ("testing", "convened", "suspended")
LEADERS: tuple[Who, ...] = ("chair", "secretary")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may give a command, in which stages, and what answers it."""

    who: tuple[Who, ...]
    stages: tuple[str, ...]
    answer: Callable[[Case, Any], list[Body]]
    own_right: bool = False  # the secretary does it for himself, not on the chair's behalf


RULES: dict[type[c.Command], Rule] = {
    c.OpenTesting: Rule(LEADERS, ("waiting", "testing"), stages.open_testing, own_right=True),
    c.Convene: Rule(LEADERS, ("testing",), stages.convene),
    c.Suspend: Rule(LEADERS, ("convened",), stages.suspend),
    c.Resume: Rule(LEADERS, ("suspended",), stages.resume),
    c.Adjourn: Rule(LEADERS, ("convened", "suspended"), stages.adjourn),
    c.ChangeMode: Rule(LEADERS, LIVE, stages.change_mode),
    c.HandOverChair: Rule(LEADERS, LIVE, stages.hand_over_chair),
    c.LendChair: Rule(LEADERS, LIVE, far_chair.lend_chair),
    c.ReturnChair: Rule((*LEADERS, "lender"), LIVE, far_chair.return_chair),
    c.AppointSecretary: Rule(LEADERS, LIVE, stages.appoint_secretary),
    c.ReportHeadCount: Rule(("owner", "secretary"), LIVE, roll_call.report_head_count, own_right=True),
    c.ConfirmAttendance: Rule(LEADERS, LIVE, roll_call.confirm_attendance),
    c.ExcuseAbsence: Rule(LEADERS, LIVE, roll_call.excuse_absence),
    c.AcceptDeputy: Rule(LEADERS, LIVE, roll_call.accept_deputy),
    c.CallRoll: Rule(LEADERS, ("testing", "convened"), roll_call.call_roll),
    c.OpenItem: Rule(LEADERS, ("convened",), agenda.open_item),
    c.CloseItem: Rule(LEADERS, ("convened",), agenda.close_item),
    c.PostponeItem: Rule(LEADERS, ("convened",), agenda.postpone_item),
    c.AmendAgenda: Rule(LEADERS, LIVE, agenda.amend_agenda),
    c.ShowPaper: Rule((*LEADERS, "floor"), ("testing", "convened"), agenda.show_paper),
    c.RequestFloor: Rule(("site",), ("testing", "convened"), floor.request_floor),
    c.WithdrawRequest: Rule((*LEADERS, "owner"), LIVE, floor.withdraw_request),
    c.GrantFloor: Rule(LEADERS, ("testing", "convened"), floor.grant_floor),
    c.GrantNext: Rule(LEADERS, ("convened",), floor.grant_next),
    c.PutOff: Rule(LEADERS, LIVE, floor.put_off),
    c.Reorder: Rule(LEADERS, LIVE, floor.reorder),
    c.ReturnFloor: Rule(("owner",), LIVE, floor.return_floor),
    c.RevokeFloor: Rule(LEADERS, LIVE, floor.revoke_floor),
    c.ExtendTime: Rule(LEADERS, ("convened",), floor.extend_time),
    c.NameSpeaker: Rule((*LEADERS, "owner"), LIVE, floor.name_speaker),
    c.StartPresentation: Rule((*LEADERS, "floor"), LIVE, outcome.start_presentation),
    c.StopPresentation: Rule((*LEADERS, "owner"), LIVE, outcome.stop_presentation),
    c.PostChat: Rule(("everybody",), LIVE, outcome.post_chat, own_right=True),
    c.StartRecording: Rule(LEADERS, ("convened",), outcome.start_recording),
    c.PauseRecording: Rule(LEADERS, ("convened",), outcome.pause_recording),
    c.ResumeRecording: Rule(LEADERS, ("convened",), outcome.resume_recording),
    c.RecordConclusion: Rule(LEADERS, ("convened", "suspended"), outcome.record_conclusion),
    c.AssignTask: Rule(LEADERS, ("convened", "suspended"), outcome.assign_task),
    c.MergeRequests: Rule(LEADERS, LIVE, climbing.merge_requests),
    c.ForwardRequest: Rule(LEADERS, ("testing", "convened"), climbing.forward_request),
    c.AnswerRequest: Rule(LEADERS, LIVE, climbing.answer_request),
    c.LeaveProgram: Rule(LEADERS, LIVE, climbing.leave_program),
    c.RejoinProgram: Rule(LEADERS, LIVE, climbing.rejoin_program),
    c.CloseMicrophones: Rule(LEADERS, LIVE, floor.close_microphones),
    c.RemoveParticipant: Rule(LEADERS, LIVE, floor.remove_participant),
}


def judge(
    state: State, command: c.Command, actor: Participant, now: datetime, plan: Plan, new_id: Callable[[], str]
) -> list[Body]:
    """The facts this command makes, in order; or :class:`Refused`."""
    check_may(state, command, actor, now, plan, new_id)
    return RULES[type(command)].answer(Case(state, actor, now, plan, new_id), command)


def check_may(
    state: State, command: c.Command, actor: Participant, now: datetime, plan: Plan, new_id: Callable[[], str]
) -> None:
    """:class:`Refused` for one who may not, or not in this stage, whatever the command says."""
    case = Case(state, actor, now, plan, new_id)
    rule = RULES[type(command)]
    if not any(_is(case, who) for who in rule.who):
        raise Refused("not_allowed", rule.who)
    if state.stage not in rule.stages:
        raise Refused("wrong_stage", rule.who, detail=state.stage)


def _is(case: Case, who: Who) -> bool:
    if who == "chair":
        return case.is_chair
    if who == "secretary":
        return case.is_secretary
    if who == "site":
        return case.is_site
    if who == "floor":
        return case.has_floor
    if who == "lender":
        return far_chair.lends(case)
    if who == "owner":
        return case.actor.role in ("site", "chair") and case.actor.site_id in case.state.sites
    return case.actor.role != "hall"


def by_of(state: State, command: c.Command, actor: Participant, plan: Plan) -> By:
    """Who did it, and on whose behalf: the secretary acts for the chair in all that is the chair's to do."""
    chair = state.chair_person_id or plan.chair_person_id
    secretary = state.secretary_person_id or plan.secretary_person_id
    rule = RULES[type(command)]
    on_behalf = actor.person_id == secretary != chair and "chair" in rule.who and not rule.own_right
    return By(actor.person_id, actor.site_id, chair if on_behalf else None)


def may(state: State, actor: Participant, plan: Plan, now: datetime, new_id: Callable[[], str]) -> list[str]:
    """Names of the commands this participant's role allows, whatever the stage."""
    case = Case(state, actor, now, plan, new_id)
    allowed = {"floor", "owner"} if actor.role in ("site", "chair") else set()
    roles = {who for who in ("chair", "secretary", "lender", "everybody") if _is(case, who)} | allowed
    if actor.role == "site":
        roles.add("site")
    return [c.name_of(cls) for cls, rule in RULES.items() if roles & set(rule.who)]
