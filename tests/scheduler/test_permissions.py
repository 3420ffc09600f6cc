"""Permissions, written out by hand: who may do what, in which stage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler import permissions as p
from scheduler.meetings.meeting import MOVES
from scheduler.permissions import Actor, MeetingAccess

# A meeting of district D, issued by D, with the sites of communes C1 and C2; chair's site sD in D.
MEETING = MeetingAccess(
    id="m",
    stage="sent",
    sent=True,
    host_unit_id="D",
    issuing_unit_id="D",
    chair_person_id="chair",
    chair_site_id="sD",
    secretary_person_id="secretary",
    created_by="author",
    sites=(("sD", "D"), ("s1", "C1"), ("s2", "C2")),
)

ACTORS = {
    "chair": Actor(person_id="chair", post_unit_ids=frozenset({"D"})),
    "secretary": Actor(person_id="secretary", roles=frozenset({("secretary", "D")})),
    "author": Actor(person_id="author"),
    "other secretary of D": Actor(person_id="x1", roles=frozenset({("secretary", "D")})),
    "unit administrator of D": Actor(person_id="x2", roles=frozenset({("unit_administrator", "D")})),
    "clerk of D": Actor(person_id="x3", roles=frozenset({("clerk", "D")})),
    "technician of D": Actor(person_id="x4", roles=frozenset({("technician", "D")})),
    "member of D": Actor(person_id="x5", post_unit_ids=frozenset({"D"})),
    "chairman of C1": Actor(person_id="x6", post_unit_ids=frozenset({"C1"})),
    "technician of C1": Actor(person_id="x7", roles=frozenset({("technician", "C1")})),
    "site s1": Actor(site_id="s1"),
    "chair's site": Actor(site_id="sD"),
    "secretary of C3": Actor(person_id="x8", roles=frozenset({("secretary", "C3")})),
    "site s3": Actor(site_id="s3"),
    "administrator": Actor(person_id="x9", roles=frozenset({("administrator", "ROOT")})),
    "administrator above": Actor(person_id="x10", roles=frozenset({("unit_administrator", "P")})),
    "nobody": Actor(),
}

# The same order of actors in every row below: Y may, - may not.
#                        chair
#                         secretary
#                          author
#                           other secretary of D
#                            unit administrator of D
#                             clerk of D
#                              technician of D
#                               member of D
#                                chairman of C1
#                                 technician of C1
#                                  site s1
#                                   chair's site
#                                    secretary of C3
#                                     site s3
#                                      administrator
#                                       administrator above
#                                        nobody
TABLE = {
    "see a draft":          "YYYYY------------",
    "see when sent":        "YYYYYYYYYYYY-----",
    "edit":                 "YYYYY------------",
    "edit when convened":   "-----------------",
    "send":                 "YYYYY------------",
    "cancel":               "YYYYY------------",
    "cancel when convened": "-----------------",
    "postpone":             "YYYYY------------",
    "clone":                "-Y-YY------------",
    "add paper":            "YYYYY------------",
    "see paper":            "YYYYYYYYYYYY-----",
    "see withdrawn paper":  "YYYYY------------",
    "reply for s1":         "--------YYY------",
    "reply for s2":         "-----------------",
    "reply when convened":  "-----------------",
    "link of s1":           "YYYYY-Y-YY-------",
    "link of s2":           "YYYYY-Y----------",
    "see replies":          "YYYYYYY----------",
    "open room":            "YYYYY------------",
    "see proceedings":      "YYYYYY-----------",
    "correct":              "YY---------------",
    "write minutes":        "-Y-Y-------------",
    "see draft minutes":    "YYYYYY-----------",
    "see issued minutes":   "YYYYYYYYYYYY-----",
    "sign as chair":        "Y----------------",
    "sign as secretary":    "-Y---------------",
    "number and issue":     "-----Y-----------",
    "file":                 "-Y-Y-Y-----------",
    "see the dossier":      "YYYYYY-----------",
    "administer C1":        "----Y---------YY-",
    "administer P":         "--------------YY-",
    "grant clerk in C1":    "----Y---------YY-",
    "grant administrator":  "--------------Y--",
    "see settings":         "--------------Y--",
    "plan for D":           "-Y-YY------------",
    "see the directory":    "YYYYYYYYYY--Y-YY-",
}  # fmt: skip

DRAFT = replace(MEETING, stage="draft", sent=False)
LIVE = replace(MEETING, stage="convened")
C1_PATH = ("ROOT", "P", "D", "C1")
ACTS = {
    "see a draft": lambda a: p.may_see_meeting(a, DRAFT),
    "see when sent": lambda a: p.may_see_meeting(a, MEETING),
    "edit": lambda a: p.may_edit(a, MEETING),
    "edit when convened": lambda a: p.may_edit(a, LIVE),
    "send": lambda a: p.may_send(a, DRAFT),
    "cancel": lambda a: p.may_cancel(a, MEETING),
    "cancel when convened": lambda a: p.may_cancel(a, LIVE),
    "postpone": lambda a: p.may_postpone(a, MEETING),
    "clone": lambda a: p.may_clone(a, MEETING),
    "add paper": lambda a: p.may_add_paper(a, LIVE),
    "see paper": lambda a: p.may_see_paper(a, MEETING),
    "see withdrawn paper": lambda a: p.may_see_paper(a, MEETING, withdrawn=True),
    "reply for s1": lambda a: p.may_reply(a, MEETING, "s1"),
    "reply for s2": lambda a: p.may_reply(a, MEETING, "s2"),
    "reply when convened": lambda a: p.may_reply(a, LIVE, "s1"),
    "link of s1": lambda a: p.may_hand_out_link(a, MEETING, "s1"),
    "link of s2": lambda a: p.may_hand_out_link(a, MEETING, "s2"),
    "see replies": lambda a: p.may_see_replies(a, MEETING),
    "open room": lambda a: p.may_open_room(a, MEETING),
    "see proceedings": lambda a: p.may_see_proceedings(a, MEETING),
    "correct": lambda a: p.may_correct(a, MEETING),
    "write minutes": lambda a: p.may_write_minutes(a, MEETING),
    "see draft minutes": lambda a: p.may_see_minutes(a, MEETING, issued=False),
    "see issued minutes": lambda a: p.may_see_minutes(a, MEETING, issued=True),
    "sign as chair": lambda a: p.may_sign(a, MEETING, "chair"),
    "sign as secretary": lambda a: p.may_sign(a, MEETING, "secretary"),
    "number and issue": lambda a: p.may_number_and_issue(a, MEETING),
    "file": lambda a: p.may_file(a, MEETING),
    "see the dossier": lambda a: p.may_see_dossier(a, MEETING),
    "administer C1": lambda a: p.may_administer_unit(a, C1_PATH),
    "administer P": lambda a: p.may_administer_unit(a, C1_PATH[:2]),
    "grant clerk in C1": lambda a: p.may_grant_role(a, "clerk", C1_PATH),
    "grant administrator": lambda a: p.may_grant_role(a, "administrator", ("ROOT",)),
    "see settings": lambda a: p.may_see_settings(a),
    "plan for D": lambda a: p.may_plan(a, "D"),
    "see the directory": lambda a: p.may_see_directory(a),
}


@pytest.mark.parametrize("act", TABLE)
def test_who_may(act: str) -> None:
    allowed = "".join("Y" if ACTS[act](actor) else "-" for actor in ACTORS.values())
    assert dict(zip(ACTORS, allowed, strict=True)) == dict(zip(ACTORS, TABLE[act], strict=True))


def test_every_act_has_its_row() -> None:
    assert TABLE.keys() == ACTS.keys()


ROOM_ROLES = {
    "chair": ("chair", "sD"),
    "secretary": ("secretary", "sD"),
    "author": ("hall", None),
    "other secretary of D": ("hall", "sD"),
    "unit administrator of D": ("hall", "sD"),
    "clerk of D": ("hall", "sD"),
    "technician of D": ("hall", "sD"),
    "member of D": ("hall", "sD"),
    "chairman of C1": ("site", "s1"),
    "technician of C1": ("site", "s1"),
    "site s1": ("site", "s1"),
    "chair's site": ("site", "sD"),
    "secretary of C3": (None, None),
    "site s3": (None, None),
    "administrator": (None, None),
    "administrator above": (None, None),
    "nobody": (None, None),
}


@pytest.mark.parametrize("name", ACTORS)
def test_role_and_site_in_the_room(name: str) -> None:
    actor = ACTORS[name]
    role = p.room_role(actor, LIVE)
    site = p.room_site(actor, LIVE) if role else None
    assert (role, site) == ROOM_ROLES[name]
    assert p.may_be_hall(actor, LIVE) is (role is not None)


def test_after_a_hand_over_the_new_chair_chairs() -> None:
    live = replace(LIVE, chair_person_id="x6", chair_site_id="s1")
    assert p.room_role(ACTORS["chairman of C1"], live) == "chair"
    assert p.room_site(ACTORS["chairman of C1"], live) == "s1"
    assert p.room_role(ACTORS["chair"], live) == "site"  # its own site again


def test_a_link_of_one_meeting_opens_no_other() -> None:
    bound = Actor(site_id="s1", bound_meeting_id="another")
    assert not p.may_see_meeting(bound, MEETING)
    assert p.room_role(bound, MEETING) is None
    assert p.may_see_meeting(Actor(site_id="s1", bound_meeting_id="m"), MEETING)


def test_the_clerk_who_issues_may_be_of_another_unit() -> None:
    issued_above = replace(MEETING, issuing_unit_id="P")
    clerk_above = Actor(person_id="c", roles=frozenset({("clerk", "P")}))
    assert p.may_number_and_issue(clerk_above, issued_above)
    assert not p.may_number_and_issue(ACTORS["clerk of D"], issued_above)
    assert p.may_see_meeting(clerk_above, issued_above)


def test_contacts_are_not_for_everybody() -> None:
    assert p.may_see_contacts(ACTORS["chairman of C1"], C1_PATH)
    assert p.may_see_contacts(ACTORS["secretary of C3"], C1_PATH)
    assert p.may_see_contacts(ACTORS["administrator above"], C1_PATH)
    assert not p.may_see_contacts(ACTORS["chairman of C1"], ("ROOT", "P", "D", "C2"))
    assert not p.may_see_contacts(ACTORS["site s1"], C1_PATH)


def test_every_stage_is_reached_and_no_move_leaves_the_table() -> None:
    reached = {stage for after in MOVES.values() for stage in after} | {"draft"}
    assert reached == MOVES.keys()
