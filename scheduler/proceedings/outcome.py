"""Rules of the room and of what comes out: chat, presentation, recording, conclusions, tasks."""

from __future__ import annotations

from datetime import date

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import Case, check, check_text
from scheduler.proceedings.errors import Refused

MAX_CHAT = 2000
MAX_OUTCOME = 10_000
MAX_UNITS = 300


def post_chat(case: Case, command: c.PostChat) -> list[f.Body]:
    text = check_text(command.text, MAX_CHAT, "text")
    return [f.ChatPosted(case.new_id(), case.actor.site_id, case.actor.name, text)]


def start_presentation(case: Case, command: c.StartPresentation) -> list[f.Body]:
    """The chair's side may replace another presentation; the site that has the floor waits until the place is free."""
    site_id = command.site_id or case.actor.site_id or case.state.home_site_id
    if not case.leads and site_id != case.actor.site_id:
        raise Refused("not_allowed", ("chair", "secretary"), "another site")
    if site_id != case.state.home_site_id:
        case.site_here(site_id)
    showing = case.state.presentation_site_id
    check(showing != site_id and (showing is None or case.leads), str(showing), "already")
    stopped: list[f.Body] = [] if showing is None else [f.PresentationStopped(showing)]
    return [*stopped, f.PresentationStarted(str(site_id))]


def stop_presentation(case: Case, command: c.StopPresentation) -> list[f.Body]:
    showing = case.state.presentation_site_id
    if showing is None or command.site_id not in (None, showing):
        raise Refused("already", detail="no presentation")
    if not case.leads and showing != case.actor.site_id:
        raise Refused("not_allowed", ("chair", "secretary", "owner"), "another site")
    return [f.PresentationStopped(showing)]


def start_recording(case: Case, command: c.StartRecording) -> list[f.Body]:
    """The plan left it off, or it has stopped; what is a state secret is never recorded."""
    check(case.plan.may_record, "state secret", "no_recording")
    check(case.state.recording == "off", case.state.recording, "already")
    return [f.RecordingStarted(case.new_id())]


def pause_recording(case: Case, command: c.PauseRecording) -> list[f.Body]:
    state = case.state
    if state.recording_id is None or state.recording not in ("on", "interrupted"):
        raise Refused("already", detail=state.recording)
    return [f.RecordingPaused(state.recording_id)]


def resume_recording(case: Case, command: c.ResumeRecording) -> list[f.Body]:
    state = case.state
    if state.recording_id is None or state.recording not in ("paused", "interrupted"):
        raise Refused("already", detail=state.recording)
    return [f.RecordingResumed(state.recording_id)]


def record_conclusion(case: Case, command: c.RecordConclusion) -> list[f.Body]:
    if command.item_id is not None:
        case.item(command.item_id)
    known = {conclusion.conclusion_id for conclusion in case.state.conclusions}
    check(command.conclusion_id is None or command.conclusion_id in known, f"no conclusion {command.conclusion_id}")
    text = check_text(command.text, MAX_OUTCOME, "text")
    return [f.ConclusionRecorded(command.conclusion_id or case.new_id(), command.item_id, text)]


def assign_task(case: Case, command: c.AssignTask) -> list[f.Body]:
    if command.item_id is not None:
        case.item(command.item_id)
    known = {task.task_id for task in case.state.tasks}
    check(command.task_id is None or command.task_id in known, f"no task {command.task_id}")
    check(bool(command.lead_unit_id), "lead_unit_id")
    check(len(command.with_unit_ids) <= MAX_UNITS and all(command.with_unit_ids), "with_unit_ids")
    check(command.due is None or _is_date(command.due), "due: YYYY-MM-DD")
    assigned = f.TaskAssigned(
        task_id=command.task_id or case.new_id(),
        item_id=command.item_id,
        what=check_text(command.what, MAX_OUTCOME, "what"),
        lead_unit_id=command.lead_unit_id,
        with_unit_ids=command.with_unit_ids,
        due=command.due,
    )
    return [assigned]


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
