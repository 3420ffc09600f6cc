"""Whatever is asked, by whomever, in whatever order: the room never gets into a state that makes no sense."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from scheduler.proceedings import commands as c
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import instant
from scheduler.proceedings.errors import Refused
from scheduler.proceedings.fold import apply_body, from_json, to_json
from scheduler.proceedings.plan import Participant
from scheduler.proceedings.state import State
from tests.scheduler.proceedings.rooms import CHAIR, HALL, PLAN, SECRETARY, SITE_A, SITE_B, TESTING, ask, numbers
from tests.scheduler.proceedings.samples import START

SITE_C = replace(SITE_A, site_id="c")
ACTORS: tuple[Participant, ...] = (CHAIR, CHAIR, SECRETARY, SECRETARY, SITE_A, SITE_B, SITE_C, HALL)
SITES = ("hq", "a", "b", "c", "nowhere")


def some_command(seeded: random.Random, state: State) -> c.Command:
    """Any command, its ids mostly from the state so that many are carried out."""
    requests = [request.request_id for request in state.queue] or ["r?"]
    items = [item.item_id for item in state.items] or ["i?"]
    speech = state.floor.speech_id if state.floor else "s?"
    site = seeded.choice(SITES)
    name = f.Somebody(seeded.choice(("Lù A Páo", "")))
    options: list[c.Command] = [
        c.OpenTesting(), c.Convene(), c.CallRoll(), c.GrantNext(), c.ReturnFloor(), c.RevokeFloor(), c.Resume(),
        c.RequestFloor(), c.RequestFloor("question", name), c.CloseMicrophones(), c.PauseRecording(),
        c.ResumeRecording(), c.StartPresentation(), c.StopPresentation(), c.GrantFloor(site), c.GrantFloor(site),
        c.GrantFloor(site, seeded.choice(requests), 60), c.PutOff(seeded.choice(requests)),
        c.Reorder(tuple(seeded.sample(requests, len(requests)))), c.WithdrawRequest(seeded.choice(requests)),
        c.OpenItem(seeded.choice(items)), c.CloseItem(seeded.choice(items)), c.PostponeItem(seeded.choice(items)),
        c.AmendAgenda(tuple(seeded.sample(items, len(items)))), c.ShowPaper("p1", seeded.randint(0, 4)),
        c.NameSpeaker(speech, name), c.ExtendTime(seeded.randint(-1, 200)), c.HandOverChair("deputy", site),
        c.HandOverChair("chair", "hq"), c.RemoveParticipant(site), c.PostChat("x"), c.ConfirmAttendance(site),
        c.ExcuseAbsence(site, True), c.ReportHeadCount(3), c.RecordConclusion("k", items[0]),
        c.ChangeMode(seeded.choice(("discussion", "one_speaker", "chair_only"))),
    ]  # fmt: skip
    if seeded.random() < 0.06:
        options = [c.Suspend()]
    if seeded.random() < 0.004:
        options = [c.Adjourn()]
    return seeded.choice(options)


def some_coming_and_going(seeded: random.Random, state: State) -> f.Body:
    site = state.sites[seeded.choice(list(state.sites))]
    if site.connection_id is None:
        return f.SiteJoined(site.site_id, f"c{seeded.randrange(1000)}")
    return f.SiteLeft(site.site_id, site.connection_id, "lost")


def check_invariants(state: State) -> None:
    requests = [request.request_id for request in state.queue]
    assert len(set(requests)) == len(requests)
    assert len({request.site_id for request in state.queue}) == len(requests)
    assert [request.put_off for request in state.queue] == sorted(request.put_off for request in state.queue)
    opened = [item.item_id for item in state.items if item.status == "open"]
    assert opened == ([state.current_item_id] if state.current_item_id else [])
    assert len({item.item_id for item in state.items}) == len(state.items)
    speeches = [speech.speech_id for speech in state.speeches]
    assert len(set(speeches)) == len(speeches)
    assert all(speech.ended_at is not None for speech in state.speeches)
    if state.floor is not None:
        assert state.floor.ended_at is None
        assert state.floor.speech_id not in speeches
        assert state.floor.site_id in state.sites
        assert state.floor.request_id not in requests
        assert state.floor.site_id not in {request.site_id for request in state.queue}
    if state.stage == "adjourned":
        assert (state.floor, state.queue, state.recording, state.current_item_id) == (None, (), "off", None)
        assert state.presentation_site_id is None and state.paper is None
    if state.roll is not None:
        roll = (*state.roll.present, *state.roll.excused, *state.roll.absent)
        assert sorted(roll) == sorted(site.site_id for site in state.sites.values() if site.expected)
    if state.stage == "suspended":
        assert state.recording in ("off", "paused")


def test_no_sequence_of_commands_breaks_the_room() -> None:
    carried_out: set[type[c.Command]] = set()
    for seed in range(60):
        seeded, new_id = random.Random(seed), numbers()
        state = State()
        for body in TESTING:
            state = apply_body(state, body, instant(START))
        for step in range(150):
            now = START + timedelta(seconds=step)
            command = some_command(seeded, state)
            try:
                plan = replace(PLAN, stage=state.stage)
                bodies = ask(state, command, seeded.choice(ACTORS), now=now, plan=plan, new_id=new_id)
                carried_out.add(type(command))
            except Refused:
                bodies = [some_coming_and_going(seeded, state)] if seeded.random() < 0.2 else []
            for body in bodies:
                state = apply_body(state, body, instant(now))
            check_invariants(state)
        assert from_json(to_json(state)) == state
    assert len(carried_out) > 30
