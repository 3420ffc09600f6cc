"""Rules of attendance: head counts, confirmed presence, excused absence, deputies, the roll."""

from __future__ import annotations

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import MAX_NAME, MAX_REASON, Case, check
from scheduler.proceedings.errors import Refused

MAX_HEAD_COUNT = 5000
MAX_PEOPLE = 300


def report_head_count(case: Case, command: c.ReportHeadCount) -> list[f.Body]:
    site_id = command.site_id or case.actor.site_id
    if site_id != case.actor.site_id and not case.is_secretary:
        raise Refused("not_allowed", ("secretary",), "another site")
    case.site(site_id)
    check(0 <= command.head_count <= MAX_HEAD_COUNT, f"head_count: 0–{MAX_HEAD_COUNT}")
    check(len(command.people) <= MAX_PEOPLE, f"people: ≤ {MAX_PEOPLE}")
    people = tuple(somebody(person) for person in command.people)
    return [f.HeadCountReported(str(site_id), command.head_count, people)]


def somebody(person: f.Somebody) -> f.Somebody:
    """A name, and perhaps a post, of sensible length."""
    name, post = person.name.strip(), person.post.strip()
    check(0 < len(name) <= MAX_NAME and len(post) <= MAX_NAME, "name and post")
    return f.Somebody(name, post)


def confirm_attendance(case: Case, command: c.ConfirmAttendance) -> list[f.Body]:
    site = case.site(command.site_id)
    check(site.attendance != "present", site.site_id, "already")
    return [f.AttendanceConfirmed(command.site_id)]


def excuse_absence(case: Case, command: c.ExcuseAbsence) -> list[f.Body]:
    case.site(command.site_id)
    check(len(command.reason) <= MAX_REASON, "reason")
    return [f.AbsenceExcused(command.site_id, command.excused, command.reason.strip())]


def accept_deputy(case: Case, command: c.AcceptDeputy) -> list[f.Body]:
    case.site(command.site_id)
    return [f.DeputyAccepted(command.site_id, somebody(command.deputy))]


def call_roll(case: Case, command: c.CallRoll) -> list[f.Body]:
    """Here now or confirmed by the secretary: present; the rest absent, with leave or without."""
    expected = [site for site in case.state.sites.values() if site.expected]
    here = {site.site_id for site in expected if site.connection_id or site.attendance == "present"}
    excused = tuple(s.site_id for s in expected if s.site_id not in here and s.attendance == "excused")
    absent = tuple(s.site_id for s in expected if s.site_id not in here and s.attendance != "excused")
    return [f.RollCalled(tuple(s.site_id for s in expected if s.site_id in here), excused, absent)]
