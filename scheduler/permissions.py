"""Who may do what: pure functions of an actor and what he wants to touch; no database, no clock.

An :class:`Actor` is a person (with standing roles and posts) or a site that came through its link. A meeting is seen
as its :class:`MeetingAccess`. The rule behind all: **a title is seen by those who convene, by those invited once the
invitation went out, and by nobody else**; administrators keep accounts and sites, which opens no meeting to them.
``scheduler/meetings/visibility.py`` says the same in SQL; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scheduler.meetings.meeting import LIVE_STAGES, PLANNED_STAGES

RoomRole = Literal["chair", "secretary", "site", "hall"]
SigningRole = Literal["secretary", "chair"]

PLANNERS = frozenset({"secretary", "unit_administrator"})
ADMINISTRATORS = frozenset({"unit_administrator", "administrator"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: exactly one of ``person_id`` and ``site_id`` is set."""

    person_id: str | None = None
    site_id: str | None = None
    roles: frozenset[tuple[str, str]] = frozenset()  # (standing role, unit id)
    post_unit_ids: frozenset[str] = frozenset()  # units in which the person holds a post today
    bound_meeting_id: str | None = None  # a site session opened by a link of one meeting sees only that meeting

    def holds(self, role: str, unit_id: str | None) -> bool:
        """Does the person hold this standing role in this very unit?"""
        return unit_id is not None and (role, unit_id) in self.roles

    @property
    def unit_ids(self) -> frozenset[str]:
        """Units the person belongs to, by post or standing role; administrators of the installation by post only."""
        return self.post_unit_ids | {unit_id for role, unit_id in self.roles if role != "administrator"}

    def units_as(self, *roles: str) -> frozenset[str]:
        """Units in which the person holds one of these roles."""
        return frozenset(unit_id for role, unit_id in self.roles if role in roles)


@dataclass(frozen=True, slots=True)
class MeetingAccess:
    """What permissions need to know of a meeting. ``sites`` may be narrowed to those that concern the actor."""

    id: str
    stage: str
    sent: bool  # an invitation went out at least once
    host_unit_id: str
    issuing_unit_id: str
    chair_person_id: str
    chair_site_id: str
    secretary_person_id: str
    created_by: str
    deputy_person_id: str | None = None
    is_child: bool = False  # a room of a linked meeting: whoever planned the tree above does not run it
    sites: tuple[tuple[str, str], ...] = ()  # (site id, its unit id) of the invited, in protocol order


# -- meetings -----------------------------------------------------------------------------------------------------


def may_plan(actor: Actor, host_unit_id: str) -> bool:
    """Make a meeting of this unit: its secretary or its administrator."""
    return any(actor.holds(role, host_unit_id) for role in PLANNERS)


def runs(actor: Actor, meeting: MeetingAccess) -> bool:
    """Chair, deputy chair, appointed secretary, author, or a planner of the host unit.

    A room of a linked meeting is its own people's, from the day the invitations went out: not the author's of the tree.
    """
    if actor.person_id is None or (meeting.is_child and not meeting.sent):
        return False
    named = {meeting.chair_person_id, meeting.deputy_person_id, meeting.secretary_person_id}
    if not meeting.is_child:
        named.add(meeting.created_by)
    return actor.person_id in named or may_plan(actor, meeting.host_unit_id)


def is_invited(actor: Actor, meeting: MeetingAccess) -> bool:
    """The site itself, or a person of the unit of an invited site."""
    if actor.site_id is not None:
        return any(site_id == actor.site_id for site_id, _ in meeting.sites) and _link_opens(actor, meeting)
    return any(unit_id in actor.unit_ids for _, unit_id in meeting.sites)


def _link_opens(actor: Actor, meeting: MeetingAccess) -> bool:
    return actor.bound_meeting_id in (None, meeting.id)


def _serves(actor: Actor, meeting: MeetingAccess) -> bool:
    """Clerk of the issuing unit, clerk or technician of the host."""
    return (
        actor.holds("clerk", meeting.issuing_unit_id)
        or actor.holds("clerk", meeting.host_unit_id)
        or actor.holds("technician", meeting.host_unit_id)
    )


def may_see_meeting(actor: Actor, meeting: MeetingAccess) -> bool:
    """See that it exists, its title and plan. A draft is seen only by those who run it."""
    if runs(actor, meeting):
        return True
    return meeting.sent and (is_invited(actor, meeting) or _serves(actor, meeting))


def may_edit(actor: Actor, meeting: MeetingAccess) -> bool:
    """Change the plan, which after the start is done by facts instead."""
    return runs(actor, meeting) and meeting.stage in PLANNED_STAGES


def may_send(actor: Actor, meeting: MeetingAccess) -> bool:
    """Send the invitations (again)."""
    return may_edit(actor, meeting)


def may_cancel(actor: Actor, meeting: MeetingAccess) -> bool:
    return runs(actor, meeting) and meeting.stage in PLANNED_STAGES | {"testing"}


def may_postpone(actor: Actor, meeting: MeetingAccess) -> bool:
    return runs(actor, meeting) and meeting.stage in {"sent", "testing", "postponed"}


def may_clone(actor: Actor, meeting: MeetingAccess) -> bool:
    """Make the next meeting from this one."""
    return runs(actor, meeting) and may_plan(actor, meeting.host_unit_id)


def may_reply(actor: Actor, meeting: MeetingAccess, site_id: str) -> bool:
    """Answer the invitation for a site: the site, or a person of its unit."""
    if not meeting.sent or meeting.stage not in {"sent", "postponed", "testing"}:
        return False
    return acts_for_site(actor, meeting, site_id)


def acts_for_site(actor: Actor, meeting: MeetingAccess, site_id: str) -> bool:
    """Speaks for this invited site: the site's link, or a person of its unit."""
    if actor.site_id is not None:
        return actor.site_id == site_id and is_invited(actor, meeting)
    return any(invited == site_id and unit_id in actor.unit_ids for invited, unit_id in meeting.sites)


def may_hand_out_link(actor: Actor, meeting: MeetingAccess, site_id: str) -> bool:
    """Copy or print the link of a site: those who run the meeting, the host's technician, people of the site's unit."""
    if actor.person_id is None:
        return False
    if runs(actor, meeting) or (meeting.sent and actor.holds("technician", meeting.host_unit_id)):
        return True
    return meeting.sent and acts_for_site(actor, meeting, site_id)


def may_see_replies(actor: Actor, meeting: MeetingAccess) -> bool:
    """Reasons of absence, mail errors and telephone numbers of the other sites: not for every invited site."""
    return runs(actor, meeting) or (meeting.sent and _serves(actor, meeting))


def may_give_ticket(actor: Actor, meeting: MeetingAccess) -> bool:
    """Let an encoder or player that is not ours in: the chair or the appointed secretary."""
    return actor.person_id is not None and actor.person_id in (meeting.chair_person_id, meeting.secretary_person_id)


def may_plan_tree(actor: Actor, meeting: MeetingAccess) -> bool:
    """Choose hosting units and sites of all levels below: those who may change the plan."""
    return may_edit(actor, meeting)


def may_see_tree(actor: Actor, meeting: MeetingAccess) -> bool:
    """All rooms and sites below, with their lines: those who run it, the host's clerk and technician."""
    return may_see_replies(actor, meeting)


# -- papers -------------------------------------------------------------------------------------------------------


def may_see_paper(actor: Actor, meeting: MeetingAccess, *, withdrawn: bool = False) -> bool:
    """Papers follow their meeting; a withdrawn one is seen by those who run it."""
    return runs(actor, meeting) if withdrawn else may_see_meeting(actor, meeting)


def may_add_paper(actor: Actor, meeting: MeetingAccess) -> bool:
    """Upload or withdraw: those who run it, until it has ended."""
    return runs(actor, meeting) and meeting.stage in PLANNED_STAGES | LIVE_STAGES


# -- room ---------------------------------------------------------------------------------------------------------


def may_open_room(actor: Actor, meeting: MeetingAccess) -> bool:
    """Open the room for tests: chair, appointed secretary or a planner of the host."""
    return runs(actor, meeting) and meeting.stage in {"draft", "sent"}


def room_role(actor: Actor, meeting: MeetingAccess) -> RoomRole | None:
    """The role in the room. After a hand-over, ``meeting`` carries the live chair and secretary (dataclasses.replace).

    The link of the chair's site is a site like any other: chairing needs the person's own login. Other persons of the
    chair's unit look on (hall), so that nobody takes the chair's place by joining.
    """
    if actor.person_id is not None and actor.person_id == meeting.chair_person_id:
        return "chair"
    if actor.person_id is not None and actor.person_id == meeting.secretary_person_id:
        return "secretary"
    if not may_see_meeting(actor, meeting):
        return None
    site_id = room_site(actor, meeting)
    beside_the_chair = actor.person_id is not None and site_id == meeting.chair_site_id
    return "hall" if site_id is None or beside_the_chair else "site"


def room_site(actor: Actor, meeting: MeetingAccess) -> str | None:
    """The site this actor would publish for: the chair's for the chair, else the first invited site he speaks for."""
    if actor.person_id is not None and actor.person_id == meeting.chair_person_id:
        return meeting.chair_site_id
    return next((site_id for site_id, _ in meeting.sites if acts_for_site(actor, meeting, site_id)), None)


def may_see_line_statistics(actor: Actor, meeting: MeetingAccess) -> bool:
    """How the lines of its room do: those who run it, and the host's technician."""
    return runs(actor, meeting) or (meeting.sent and actor.holds("technician", meeting.host_unit_id))


def may_be_hall(actor: Actor, meeting: MeetingAccess) -> bool:
    """Open the read-only big screen: everybody who may be in the room at all."""
    return room_role(actor, meeting) is not None


# -- proceedings, minutes, dossier --------------------------------------------------------------------------------


def may_see_proceedings(actor: Actor, meeting: MeetingAccess) -> bool:
    """Read the log itself: those who run it and the issuing unit's clerk."""
    return runs(actor, meeting) or (meeting.sent and actor.holds("clerk", meeting.issuing_unit_id))


def may_correct(actor: Actor, meeting: MeetingAccess) -> bool:
    """Đính chính: the chair or the appointed secretary."""
    return actor.person_id is not None and actor.person_id in (meeting.chair_person_id, meeting.secretary_person_id)


def may_see_recording(actor: Actor, meeting: MeetingAccess) -> bool:
    return may_see_meeting(actor, meeting)


def may_write_minutes(actor: Actor, meeting: MeetingAccess) -> bool:
    """The appointed secretary, or another secretary of the host unit in his place."""
    if actor.person_id is None:
        return False
    return actor.person_id == meeting.secretary_person_id or actor.holds("secretary", meeting.host_unit_id)


def may_see_minutes(actor: Actor, meeting: MeetingAccess, *, issued: bool) -> bool:
    """Issued minutes follow the meeting; before that those who run it and the issuing clerk read them."""
    return may_see_meeting(actor, meeting) if issued else may_see_proceedings(actor, meeting)


def may_comment_on_minutes(actor: Actor, meeting: MeetingAccess) -> bool:
    """Read and comment on a draft while a round of comments is open: those invited, and those who read it anyway."""
    return may_see_proceedings(actor, meeting) or (meeting.sent and is_invited(actor, meeting))


def may_sign(actor: Actor, meeting: MeetingAccess, role: SigningRole) -> bool:
    """Each signs for himself, nobody for another."""
    signer = meeting.secretary_person_id if role == "secretary" else meeting.chair_person_id
    return actor.person_id is not None and actor.person_id == signer


def may_number_and_issue(actor: Actor, meeting: MeetingAccess) -> bool:
    """The clerk (văn thư) of the issuing unit, nobody else."""
    return meeting.sent and actor.holds("clerk", meeting.issuing_unit_id)


def may_file(actor: Actor, meeting: MeetingAccess) -> bool:
    """File the dossier: the issuing clerk or who writes the minutes."""
    return may_number_and_issue(actor, meeting) or may_write_minutes(actor, meeting)


def may_see_dossier(actor: Actor, meeting: MeetingAccess) -> bool:
    """Read the filed dossier: it holds the log whole and whom the invitation went to, so those who may read these."""
    return may_see_proceedings(actor, meeting) or may_file(actor, meeting)


# -- organisation -------------------------------------------------------------------------------------------------


def is_administrator(actor: Actor) -> bool:
    """The installation's administrator."""
    return any(role == "administrator" for role, _ in actor.roles)


def may_administer_unit(actor: Actor, unit_path: Sequence[str]) -> bool:
    """Keep accounts, sites and links of a unit: its administrator or one above. ``unit_path``: from the root to it."""
    return is_administrator(actor) or any(actor.holds("unit_administrator", unit_id) for unit_id in unit_path)


def may_add_unit_below(actor: Actor, parent_path: Sequence[str]) -> bool:
    """Add a unit: whoever administers the parent; an empty path (a new root) is the installation's administrator."""
    return may_administer_unit(actor, parent_path)


def may_grant_role(actor: Actor, role: str, unit_path: Sequence[str]) -> bool:
    """Give or take a standing role; the installation's administrators are made by one of them only."""
    return is_administrator(actor) if role == "administrator" else may_administer_unit(actor, unit_path)


def may_see_directory(actor: Actor) -> bool:
    """Units, posts and names: every person who can log in, not the shared link of a site."""
    return actor.person_id is not None


def may_see_contacts(actor: Actor, unit_path: Sequence[str]) -> bool:
    """E-mail and telephone of persons: people of the unit and planners; addresses are not shown to everybody."""
    if may_administer_unit(actor, unit_path) or bool(actor.units_as("secretary", "clerk", "technician")):
        return True
    return bool(unit_path) and unit_path[-1] in actor.unit_ids


def may_see_settings(actor: Actor) -> bool:
    """Settings, jobs, audit and the envelopes of letters: the installation's administrator."""
    return is_administrator(actor)
