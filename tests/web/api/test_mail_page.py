"""The mail page and the audit trail: no title of a meeting that is not the reader's to see; all of invented ones."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Visitor, World
from tests.web.real import make_real, with_letter

SUBJECT = "Subject of the invitation"


async def only_letter(visitor: Visitor) -> dict[str, Any]:
    (item,) = (await visitor.get("/api/mail")).json()["items"]
    return {name: item[name] for name in ("to", "kind", "state", "subject", "may_open")}


async def test_who_tries_the_demonstration_opens_every_letter(world: World) -> None:
    with_letter(world, SUBJECT)
    administrator = await world.person("quantri")
    whole = {"to": "x", "kind": "request", "state": "in_folder", "subject": SUBJECT, "may_open": True}
    assert await only_letter(administrator) == whole
    assert (await administrator.get("/api/mail/letter.eml")).text.endswith("z")


async def test_of_real_meetings_the_administrator_sees_envelopes(world: World) -> None:
    await make_real(world, "vanthu.quanba", "quantri.quanba")
    with_letter(world, SUBJECT)
    envelope = {"to": "x", "kind": "request", "state": "in_folder"}
    administrator = await world.person("quantri")
    assert await only_letter(administrator) == {**envelope, "subject": None, "may_open": False}
    refused = await administrator.get("/api/mail/letter.eml")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "letter_withheld")
    assert SUBJECT not in refused.text
    assert (await administrator.get("/api/mail/other.eml")).status_code == 404

    clerk = await world.person("vanthu.quanba")  # sees the meeting, hands no links out
    assert await only_letter(clerk) == {**envelope, "subject": SUBJECT, "may_open": False}
    keeper = await world.person("quantri.quanba")  # plans the unit's meetings
    assert await only_letter(keeper) == {**envelope, "subject": SUBJECT, "may_open": True}
    assert (await keeper.get("/api/mail/letter.eml")).text.endswith("z")


async def test_the_audit_trail_names_no_meeting_that_is_not_ones_own_to_see(world: World) -> None:
    secretary, administrator = await world.person("thuky.quanba"), await world.person("quantri")
    path = f"/api/meetings/{world.meeting.id}/cancel"
    assert (await secretary.post(path, json={"reason": "mưa lũ"})).status_code == 200
    items = (await administrator.get("/api/audit")).json()["items"]
    entry = next(one for one in items if one["kind"] == "meeting_cancelled")
    assert (entry["subject_id"], entry["about"]) == (world.meeting.id, "")
    assert entry["who"]
    assert world.meeting.title not in str(items)
    await make_real(world, "thuky.quanba")
    items = (await secretary.get("/api/audit")).json()["items"]
    entry = next(one for one in items if one["kind"] == "meeting_cancelled")
    assert entry["about"] == world.meeting.title
