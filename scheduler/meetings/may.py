"""What a meeting's page offers somebody: his roles, what he may do, and the one main button of the stage. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from scheduler import permissions as p
from scheduler.meetings.meeting import LIVE_STAGES
from scheduler.permissions import Actor, MeetingAccess

MainAction = Literal["edit", "send", "test", "join", "minutes", "sign", "issue", "file", "read"]
OPENS_BEFORE = timedelta(hours=1)  # from here on "test" is the main button of those who run the meeting


def my_roles(actor: Actor, meeting: MeetingAccess) -> tuple[str, ...]:
    """In this meeting: chair, secretary, planner, clerk, technician, site."""
    roles = {
        "chair": actor.person_id is not None and actor.person_id == meeting.chair_person_id,
        "secretary": actor.person_id is not None and actor.person_id == meeting.secretary_person_id,
        "planner": p.may_plan(actor, meeting.host_unit_id),
        "clerk": actor.holds("clerk", meeting.issuing_unit_id),
        "technician": actor.holds("technician", meeting.host_unit_id),
        "site": p.is_invited(actor, meeting),
    }
    return tuple(role for role, has in roles.items() if has)


def what_may(actor: Actor, meeting: MeetingAccess) -> tuple[str, ...]:
    """The acts open to this actor now, as far as the plan and the stage decide."""
    acts = {
        "edit": p.may_edit(actor, meeting),
        "send": p.may_send(actor, meeting),
        "postpone": p.may_postpone(actor, meeting),
        "cancel": p.may_cancel(actor, meeting),
        "clone": p.may_clone(actor, meeting),
        "plan_tree": p.may_plan_tree(actor, meeting),
        "see_tree": p.may_see_tree(actor, meeting),
        "add_paper": p.may_add_paper(actor, meeting),
        "open_room": p.may_open_room(actor, meeting),
        "join": _may_join(actor, meeting),
        "reply": any(p.may_reply(actor, meeting, site_id) for site_id, _ in meeting.sites),
        "hand_out_links": any(p.may_hand_out_link(actor, meeting, site_id) for site_id, _ in meeting.sites),
        "give_ticket": p.may_give_ticket(actor, meeting),
        "see_replies": p.may_see_replies(actor, meeting),
        "see_proceedings": p.may_see_proceedings(actor, meeting),
        "correct": p.may_correct(actor, meeting),
        "write_minutes": p.may_write_minutes(actor, meeting),
        "sign_secretary": p.may_sign(actor, meeting, "secretary"),
        "sign_chair": p.may_sign(actor, meeting, "chair"),
        "issue": p.may_number_and_issue(actor, meeting),
        "file": p.may_file(actor, meeting),
    }
    return tuple(act for act, allowed in acts.items() if allowed)


def main_action(actor: Actor, meeting: MeetingAccess, starts_at: datetime, now: datetime) -> MainAction | None:
    """The one button: what this person would most likely do next."""
    match meeting.stage:
        case "draft":
            return "edit" if p.may_edit(actor, meeting) else None
        case "sent":
            return _before_the_start(actor, meeting, starts_at, now)
        case "postponed":
            return "edit" if p.may_edit(actor, meeting) else "read"
        case "cancelled":
            return None
    if meeting.stage in LIVE_STAGES:
        return "join" if _may_join(actor, meeting) else "read"
    return _afterwards(actor, meeting)


def _may_join(actor: Actor, meeting: MeetingAccess) -> bool:
    return meeting.stage in LIVE_STAGES and p.room_role(actor, meeting) is not None


def _before_the_start(actor: Actor, meeting: MeetingAccess, starts_at: datetime, now: datetime) -> MainAction:
    if p.may_open_room(actor, meeting):
        return "test" if now >= starts_at - OPENS_BEFORE else "edit"
    tries = p.room_role(actor, meeting) == "site" or actor.holds("technician", meeting.host_unit_id)
    return "test" if tries else "read"


def _afterwards(actor: Actor, meeting: MeetingAccess) -> MainAction:
    signs = p.may_sign(actor, meeting, "secretary") or p.may_sign(actor, meeting, "chair")
    by_stage: dict[str, tuple[bool, MainAction]] = {
        "adjourned": (p.may_write_minutes(actor, meeting), "minutes"),
        "minuted": (signs, "sign"),
        "signed": (p.may_number_and_issue(actor, meeting), "issue"),
        "published": (p.may_file(actor, meeting), "file"),
    }
    allowed, action = by_stage.get(meeting.stage, (False, "read"))
    return action if allowed else "read"
