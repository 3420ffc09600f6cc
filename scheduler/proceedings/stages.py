"""Rules of the meeting as a whole: open for tests, convene, suspend, resume, adjourn, mode, chair, secretary."""

from __future__ import annotations

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.case import MAX_REASON, Case, check


def open_testing(case: Case, command: c.OpenTesting) -> list[f.Body]:
    plan = case.plan
    check(case.state.stage == "waiting" or plan.stage != "testing", "testing", "already")
    opened = f.TestingOpened(
        expected_site_ids=plan.site_ids,
        chair_person_id=plan.chair_person_id,
        chair_site_id=plan.chair_site_id,
        secretary_person_id=plan.secretary_person_id,
        mode=plan.mode,
        item_ids=plan.item_ids,
    )
    return [opened]


def convene(case: Case, command: c.Convene) -> list[f.Body]:
    recording: list[f.Body] = [f.RecordingStarted(case.new_id())] if case.plan.record and case.plan.may_record else []
    return [f.Convened(), *recording]


def suspend(case: Case, command: c.Suspend) -> list[f.Body]:
    """The recording pauses with the meeting; one the chair had paused himself stays his to resume."""
    check(len(command.reason) <= MAX_REASON, "reason")
    state = case.state
    runs = state.recording_id is not None and state.recording in ("on", "interrupted")
    paused: list[f.Body] = [f.RecordingPaused(state.recording_id)] if runs and state.recording_id else []
    return [f.Suspended(command.reason.strip()), *paused]


def resume(case: Case, command: c.Resume) -> list[f.Body]:
    state = case.state
    goes_on = state.recording_id is not None and state.recording == "paused" and state.paused_by_break
    resumed: list[f.Body] = [f.RecordingResumed(state.recording_id)] if goes_on and state.recording_id else []
    return [f.Resumed(), *resumed]


def adjourn(case: Case, command: c.Adjourn) -> list[f.Body]:
    """Everything still open ends by its own fact first."""
    state = case.state
    bodies = case.end_of_speech()
    if state.current_item_id is not None:
        bodies.append(f.ItemClosed(state.current_item_id))
    if state.paper is not None:
        bodies.append(f.PaperShown(None))
    if state.presentation_site_id is not None:
        bodies.append(f.PresentationStopped(state.presentation_site_id))
    if state.recording != "off" and state.recording_id is not None:
        bodies.append(f.RecordingStopped(state.recording_id))
    return [*bodies, f.Adjourned()]


def change_mode(case: Case, command: c.ChangeMode) -> list[f.Body]:
    check(command.mode != case.state.mode, command.mode, "already")
    return [f.ModeChanged(command.mode)]


def hand_over_chair(case: Case, command: c.HandOverChair) -> list[f.Body]:
    case.site(command.site_id)
    same = (case.state.chair_person_id, case.state.chair_site_id) == (command.person_id, command.site_id)
    check(not same, command.person_id, "already")
    check(bool(command.person_id), "person_id")
    return [f.ChairHandedOver(command.person_id, command.site_id)]


def appoint_secretary(case: Case, command: c.AppointSecretary) -> list[f.Body]:
    check(case.state.secretary_person_id != command.person_id, command.person_id, "already")
    check(bool(command.person_id), "person_id")
    return [f.SecretaryAppointed(command.person_id)]
