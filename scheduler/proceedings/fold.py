"""``apply(state, fact) -> state``: the fold over a log, and the snapshot of its result. The browser has the same fold.

Total and pure: every well-formed fact gives a state, even one the rules would never have made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scheduler.proceedings import facts as f
from scheduler.proceedings.encoding import from_plain, to_plain
from scheduler.proceedings.fold_linked import LINKED
from scheduler.proceedings.state import (
    Conclusion,
    Item,
    Message,
    Request,
    Roll,
    ShownPaper,
    SiteState,
    Speech,
    State,
    Task,
)

CHAT_KEPT = 200


def apply(state: State, fact: f.Fact) -> State:
    """The state after this fact."""
    return replace(apply_body(state, fact.body, fact.at), seq=fact.seq)


def apply_body(state: State, body: f.Body, at: str) -> State:
    """The state after a fact with this body, but for ``seq`` (rules use it to look ahead)."""
    return _FOLDS[type(body)](state, body, at)


def fold(facts: Iterable[f.Fact], state: State | None = None) -> State:
    """The state after all these facts, in order."""
    state = state or State()
    for fact in facts:
        state = apply(state, fact)
    return state


def to_json(state: State) -> dict[str, Any]:
    """The snapshot on the wire."""
    plain: dict[str, Any] = to_plain(state)
    return plain


def from_json(value: Any) -> State:
    return from_plain(State, value, "state")


def elapsed_ms(start: str, end: str) -> int:
    """Between two instants; never negative, even when the wall clock was set back."""
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, passed // timedelta(milliseconds=1))


# -- meeting ------------------------------------------------------------------------------------------------------


def _testing_opened(state: State, body: f.TestingOpened, at: str) -> State:
    expected = {site_id: replace(_site(state, site_id), expected=True) for site_id in body.expected_site_ids}
    others = {key: replace(site, expected=False) for key, site in state.sites.items() if key not in expected}
    return replace(
        state,
        stage="testing",
        mode=body.mode,
        absent_chair=None,
        far_chair=None,
        chair_person_id=body.chair_person_id,
        chair_site_id=body.chair_site_id,
        secretary_person_id=body.secretary_person_id,
        testing_at=at,
        sites=expected | others,
        items=tuple(Item(item_id) for item_id in body.item_ids),
        current_item_id=None,
        queue=(),
        floor=None,
        speeches=(),
    )


def _convened(state: State, body: f.Convened, at: str) -> State:
    """What was tried while testing does not enter the meeting."""
    return replace(state, stage="convened", convened_at=at, queue=(), floor=None, speeches=())


def _suspended(state: State, body: f.Suspended, at: str) -> State:
    return replace(state, stage="suspended", suspended_at=at)


def _resumed(state: State, body: f.Resumed, at: str) -> State:
    return replace(state, stage="convened", suspended_at=None)


def _adjourned(state: State, body: f.Adjourned, at: str) -> State:
    return replace(state, stage="adjourned", adjourned_at=at, suspended_at=None, queue=())


def _mode_changed(state: State, body: f.ModeChanged, at: str) -> State:
    return replace(state, mode=body.mode)


def _chair_handed_over(state: State, body: f.ChairHandedOver, at: str) -> State:
    return replace(state, chair_person_id=body.person_id, chair_site_id=body.site_id, absent_chair=None, far_chair=None)


def _secretary_appointed(state: State, body: f.SecretaryAppointed, at: str) -> State:
    return replace(state, secretary_person_id=body.person_id)


# -- presence -----------------------------------------------------------------------------------------------------


def _site(state: State, site_id: str) -> SiteState:
    return state.sites.get(site_id) or SiteState(site_id, expected=False)


def _with_site(state: State, site: SiteState) -> State:
    return replace(state, sites={**state.sites, site.site_id: site})


def _site_joined(state: State, body: f.SiteJoined, at: str) -> State:
    site = _site(state, body.site_id)
    first = site.first_joined_at or at
    here = replace(site, connection_id=body.connection_id, joined_at=at, first_joined_at=first, left_at=None)
    return _with_site(state, here)


def _site_left(state: State, body: f.SiteLeft, at: str) -> State:
    site = _site(state, body.site_id)
    if site.connection_id != body.connection_id:
        return state
    return _with_site(state, replace(site, connection_id=None, joined_at=None, left_at=at))


def _head_count_reported(state: State, body: f.HeadCountReported, at: str) -> State:
    return _with_site(state, replace(_site(state, body.site_id), head_count=body.head_count, people=body.people))


def _attendance_confirmed(state: State, body: f.AttendanceConfirmed, at: str) -> State:
    return _with_site(state, replace(_site(state, body.site_id), attendance="present", reason=""))


def _absence_excused(state: State, body: f.AbsenceExcused, at: str) -> State:
    attendance = "excused" if body.excused else "absent"
    return _with_site(state, replace(_site(state, body.site_id), attendance=attendance, reason=body.reason))  # type: ignore[arg-type]


def _deputy_accepted(state: State, body: f.DeputyAccepted, at: str) -> State:
    return _with_site(state, replace(_site(state, body.site_id), deputy=body.deputy))


def _roll_called(state: State, body: f.RollCalled, at: str) -> State:
    answers = (("present", body.present), ("excused", body.excused), ("absent", body.absent))
    for attendance, site_ids in answers:
        for site_id in site_ids:
            state = _with_site(state, replace(_site(state, site_id), attendance=attendance))  # type: ignore[arg-type]
    return replace(state, roll=Roll(at, body.present, body.excused, body.absent))


# -- agenda -------------------------------------------------------------------------------------------------------


def _item_opened(state: State, body: f.ItemOpened, at: str) -> State:
    item = next((item for item in state.items if item.item_id == body.item_id), None)
    opened = replace(item or Item(body.item_id), status="open", opened_at=at)
    items = state.items if item else (*state.items, opened)
    return replace(_with_item(replace(state, items=items), opened), current_item_id=body.item_id)


def _with_item(state: State, changed: Item) -> State:
    return replace(state, items=tuple(changed if i.item_id == changed.item_id else i for i in state.items))


def _item_ended(state: State, item_id: str, status: str, at: str) -> State:
    item = next((item for item in state.items if item.item_id == item_id), None)
    if item is None:
        return state
    spent = elapsed_ms(item.opened_at, at) if item.status == "open" and item.opened_at else 0
    ended = replace(item, status=status, spent_ms=item.spent_ms + spent)  # type: ignore[arg-type]
    current = None if state.current_item_id == item_id else state.current_item_id
    return replace(_with_item(state, ended), current_item_id=current)


def _item_closed(state: State, body: f.ItemClosed, at: str) -> State:
    return _item_ended(state, body.item_id, "closed", at)


def _item_postponed(state: State, body: f.ItemPostponed, at: str) -> State:
    return _item_ended(state, body.item_id, "postponed", at)


def _agenda_amended(state: State, body: f.AgendaAmended, at: str) -> State:
    known = {item.item_id: item for item in state.items}
    items = tuple(known.get(item_id) or Item(item_id) for item_id in body.item_ids)
    current = state.current_item_id if state.current_item_id in body.item_ids else None
    return replace(state, items=items, current_item_id=current)


def _paper_shown(state: State, body: f.PaperShown, at: str) -> State:
    return replace(state, paper=None if body.paper_id is None else ShownPaper(body.paper_id, body.page))


# -- floor --------------------------------------------------------------------------------------------------------


def _floor_requested(state: State, body: f.FloorRequested, at: str) -> State:
    request = Request(body.request_id, body.site_id, body.kind, body.speaker, at)
    waiting = tuple(other for other in state.queue if not other.put_off)
    return replace(state, queue=(*waiting, request, *(other for other in state.queue if other.put_off)))


def _without(state: State, request_id: str | None) -> tuple[Request, ...]:
    return tuple(request for request in state.queue if request.request_id != request_id)


def _floor_withdrawn(state: State, body: f.FloorWithdrawn, at: str) -> State:
    """One that another speaks for leaves that one alone."""

    def without(request: Request) -> Request:
        left = tuple(one for one in request.merged if one.request_id != body.request_id)
        return request if len(left) == len(request.merged) else replace(request, merged=left)

    return replace(state, queue=tuple(without(request) for request in _without(state, body.request_id)))


def _floor_granted(state: State, body: f.FloorGranted, at: str) -> State:
    """The queue survives: only the request that was granted leaves it."""
    request = next((r for r in state.queue if body.request_id is not None and r.request_id == body.request_id), None)
    speech = Speech(
        speech_id=body.speech_id,
        site_id=body.site_id,
        item_id=state.current_item_id,
        speaker=request.speaker if request else None,
        started_at=at,
        limit_s=body.limit_s,
        request_id=body.request_id,
        origin=request.origin if request else None,
        from_above=request is not None and request.forwarded != "no",
        merged=request.merged if request else (),
    )
    return replace(_floor_ended(state, at), floor=speech, queue=_without(state, body.request_id))


def _floor_ended(state: State, at: str) -> State:
    if state.floor is None:
        return state
    return replace(state, floor=None, speeches=(*state.speeches, replace(state.floor, ended_at=at)))


def _floor_revoked(state: State, body: f.FloorRevoked | f.FloorReturned, at: str) -> State:
    holds = state.floor is not None and state.floor.speech_id == body.speech_id
    return _floor_ended(state, at) if holds else state


def _request_reordered(state: State, body: f.RequestReordered, at: str) -> State:
    """Requests the fact does not know of keep their place behind those it does."""
    by_id = {request.request_id: request for request in state.queue}
    first = tuple(replace(by_id[i], put_off=False) for i in body.request_ids if i in by_id)
    last = tuple(replace(by_id[i], put_off=True) for i in body.put_off if i in by_id and i not in body.request_ids)
    named = {*body.request_ids, *body.put_off}
    rest = tuple(request for request in state.queue if request.request_id not in named)
    waiting, behind = (r for r in rest if not r.put_off), (r for r in rest if r.put_off)
    return replace(state, queue=(*first, *waiting, *last, *behind))


def _change_speech(state: State, speech_id: str, change: Callable[[Speech], Speech]) -> State:
    def changed(speech: Speech) -> Speech:
        return change(speech) if speech.speech_id == speech_id else speech

    floor = changed(state.floor) if state.floor else None
    return replace(state, floor=floor, speeches=tuple(changed(speech) for speech in state.speeches))


def _speaker_named(state: State, body: f.SpeakerNamed, at: str) -> State:
    return _change_speech(state, body.speech_id, lambda speech: replace(speech, speaker=body.speaker))


def _time_extended(state: State, body: f.TimeExtended, at: str) -> State:
    return _change_speech(state, body.speech_id, lambda speech: replace(speech, limit_s=speech.limit_s + body.by_s))


# -- room ---------------------------------------------------------------------------------------------------------


def _chat_posted(state: State, body: f.ChatPosted, at: str) -> State:
    message = Message(body.message_id, at, body.site_id, body.name, body.text)
    return replace(state, chat=(*state.chat, message)[-CHAT_KEPT:])


def _recording_started(state: State, body: f.RecordingStarted, at: str) -> State:
    return replace(state, recording_id=body.recording_id, recording="on", paused_by_break=False)


def _recording_paused(state: State, body: f.RecordingPaused, at: str) -> State:
    return _recording(state, body.recording_id, "paused", by_break=state.stage == "suspended")


def _recording_resumed(state: State, body: f.RecordingResumed, at: str) -> State:
    return _recording(state, body.recording_id, "on")


def _recording_interrupted(state: State, body: f.RecordingInterrupted, at: str) -> State:
    return _recording(state, body.recording_id, "interrupted")


def _recording_stopped(state: State, body: f.RecordingStopped, at: str) -> State:
    return _recording(state, body.recording_id, "off")


def _recording(state: State, recording_id: str, recording: Any, by_break: bool = False) -> State:
    if state.recording_id != recording_id:
        return state
    return replace(state, recording=recording, paused_by_break=by_break)


def _presentation_started(state: State, body: f.PresentationStarted, at: str) -> State:
    return replace(state, presentation_site_id=body.site_id)


def _presentation_stopped(state: State, body: f.PresentationStopped, at: str) -> State:
    return replace(state, presentation_site_id=None) if state.presentation_site_id == body.site_id else state


# -- outcome ------------------------------------------------------------------------------------------------------


def _conclusion_recorded(state: State, body: f.ConclusionRecorded, at: str) -> State:
    made = Conclusion(body.conclusion_id, body.item_id, body.text, at)
    known = any(old.conclusion_id == made.conclusion_id for old in state.conclusions)
    replaced = tuple(made if old.conclusion_id == made.conclusion_id else old for old in state.conclusions)
    return replace(state, conclusions=replaced if known else (*state.conclusions, made))


def _task_assigned(state: State, body: f.TaskAssigned, at: str) -> State:
    made = Task(body.task_id, body.item_id, body.what, body.lead_unit_id, body.with_unit_ids, body.due)
    known = any(old.task_id == made.task_id for old in state.tasks)
    replaced = tuple(made if old.task_id == made.task_id else old for old in state.tasks)
    return replace(state, tasks=replaced if known else (*state.tasks, made))


def _no_change(state: State, body: f.Body, at: str) -> State:
    """Read by other folds: the archive's hash, a correction of what stands in the minutes."""
    return state


_FOLDS: dict[type[f.Body], Callable[[State, Any, str], State]] = {
    f.TestingOpened: _testing_opened,
    f.Convened: _convened,
    f.Suspended: _suspended,
    f.Resumed: _resumed,
    f.Adjourned: _adjourned,
    f.ModeChanged: _mode_changed,
    f.ChairHandedOver: _chair_handed_over,
    f.SecretaryAppointed: _secretary_appointed,
    f.SiteJoined: _site_joined,
    f.SiteLeft: _site_left,
    f.HeadCountReported: _head_count_reported,
    f.AttendanceConfirmed: _attendance_confirmed,
    f.AbsenceExcused: _absence_excused,
    f.DeputyAccepted: _deputy_accepted,
    f.RollCalled: _roll_called,
    f.ItemOpened: _item_opened,
    f.ItemClosed: _item_closed,
    f.ItemPostponed: _item_postponed,
    f.AgendaAmended: _agenda_amended,
    f.PaperShown: _paper_shown,
    f.FloorRequested: _floor_requested,
    f.FloorWithdrawn: _floor_withdrawn,
    f.FloorGranted: _floor_granted,
    f.FloorRevoked: _floor_revoked,
    f.FloorReturned: _floor_revoked,
    f.RequestReordered: _request_reordered,
    f.SpeakerNamed: _speaker_named,
    f.TimeExtended: _time_extended,
    f.ChatPosted: _chat_posted,
    f.RecordingStarted: _recording_started,
    f.RecordingPaused: _recording_paused,
    f.RecordingResumed: _recording_resumed,
    f.RecordingInterrupted: _recording_interrupted,
    f.RecordingStopped: _recording_stopped,
    f.RecordingSealed: _no_change,
    f.PresentationStarted: _presentation_started,
    f.PresentationStopped: _presentation_stopped,
    f.ConclusionRecorded: _conclusion_recorded,
    f.TaskAssigned: _task_assigned,
    f.Corrected: _no_change,
    **LINKED,
}
