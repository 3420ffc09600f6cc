"""Tickets of encoders and players: who gives them, what they open, when they stop opening it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scheduler.audit import read_audit
from scheduler.errors import Invalid, NotAllowed, NotFound, SchedulerError, SecretStays, TicketRefused
from scheduler.meetings.media_ticket import (
    MOST_TICKETS,
    MediaTicket,
    TicketKind,
    give_ticket,
    open_ticket,
    revoke_ticket,
    tickets_of,
)
from scheduler.meetings.meeting import Meeting
from tests.scheduler.world import NOW, World, briefing, site_of


async def give(world: World, meeting: Meeting, kind: TicketKind, by: str, **options: Any) -> tuple[MediaTicket, str]:
    async with world.database.transaction() as session:
        return await give_ticket(session, await world.actor(by), meeting.id, kind, NOW, **options)


async def opens(world: World, secret: str, kind: TicketKind, meeting_id: str, now: Any = NOW) -> str:
    """ "opens", or how far off it is."""
    async with world.database.reading() as session:
        try:
            await open_ticket(session, secret, kind, meeting_id, now)
        except TicketRefused as refused:
            return refused.state
    return "opens"


async def test_a_ticket_opens_its_own_door_of_its_own_meeting(world: World) -> None:
    meeting = await world.sent()
    other = await world.sent(briefing("Cuộc khác"))
    ticket, secret = await give(world, meeting, "ingest", "secretary.quanba", site_id=site_of("tamson"))
    assert ticket.secret_hash != secret and len(secret) > 40
    assert await opens(world, secret, "ingest", meeting.id) == "opens"
    assert await opens(world, secret, "playback", meeting.id) == "other"
    assert await opens(world, secret, "ingest", other.id) == "other"
    assert await opens(world, secret + "x", "ingest", meeting.id) == "unknown"
    assert await opens(world, secret, "ingest", meeting.id, meeting.ends_at + timedelta(hours=23)) == "opens"
    assert await opens(world, secret, "ingest", meeting.id, meeting.ends_at + timedelta(hours=25)) == "expired"


async def test_a_revoked_ticket_opens_nothing_and_both_acts_are_written_down(world: World) -> None:
    meeting = await world.sent()
    ticket, secret = await give(world, meeting, "playback", "chair.quanba")
    async with world.database.transaction() as session:
        actor = await world.actor("secretary.quanba")
        for _ in range(2):
            await revoke_ticket(session, actor, meeting.id, ticket.id, NOW)
    assert await opens(world, secret, "playback", meeting.id) == "revoked"
    async with world.database.reading() as session:
        kinds = [entry.kind for entry in (await read_audit(session)).entries]
        listed = await tickets_of(session, actor, meeting.id)
    assert kinds[:2] == ["ticket_revoked", "ticket_given"]
    assert [one.id for one in listed] == [ticket.id]


@pytest.mark.parametrize("who", ["clerk.quanba", "keeper.quanba", "technician.quanba", "site.tamson"])
async def test_others_may_not_give_tickets(world: World, who: str) -> None:
    meeting = await world.sent()
    with pytest.raises(NotAllowed):
        await give(world, meeting, "playback", who)


async def test_who_does_not_see_the_meeting_does_not_learn_of_it(world: World) -> None:
    meeting = await world.sent()
    with pytest.raises(NotFound):
        await give(world, meeting, "playback", "secretary.dongvan")
    theirs, _ = await give(world, meeting, "playback", "secretary.quanba")
    another = await world.sent(briefing("Cuộc khác"))
    async with world.database.transaction() as session:
        with pytest.raises(NotFound):
            actor = await world.actor("secretary.quanba")
            await revoke_ticket(session, actor, another.id, theirs.id, NOW)


@pytest.mark.parametrize(
    ("kind", "site"), [("ingest", None), ("playback", "tamson"), ("ingest", "lungcu")], ids=["none", "site", "foreign"]
)
async def test_a_site_belongs_to_an_encoder_and_is_an_invited_one(
    world: World, kind: TicketKind, site: str | None
) -> None:
    meeting = await world.sent()
    with pytest.raises(Invalid):
        await give(world, meeting, kind, "secretary.quanba", site_id=site_of(site) if site else None)


async def test_nothing_secret_is_played_to_a_bearer(world: World) -> None:
    meeting = await world.sent()
    _, secret = await give(world, meeting, "playback", "secretary.quanba")
    async with world.database.transaction() as session:
        (await session.get_one(Meeting, meeting.id)).security_marking = "mat"
    with pytest.raises(SecretStays):
        await give(world, meeting, "playback", "secretary.quanba")
    assert await opens(world, secret, "playback", meeting.id) == "expired"


async def test_there_is_an_end_to_tickets(world: World) -> None:
    meeting = await world.sent()
    async with world.database.transaction() as session:
        actor = await world.actor("secretary.quanba")
        for _ in range(MOST_TICKETS):
            await give_ticket(session, actor, meeting.id, "playback", NOW)
        with pytest.raises(SchedulerError):
            await give_ticket(session, actor, meeting.id, "playback", NOW)
