"""The acts of the story, each in its own transaction."""

from __future__ import annotations

from datetime import date, datetime

from recordings.minutes.certificate import make_test_certificate
from recordings.minutes.draft import draft_minutes
from recordings.minutes.number import give_number
from recordings.minutes.publish import issue_minutes
from recordings.minutes.sign import sign_minutes
from recordings.minutes.submit import submit_minutes
from recordings.minutes.tables import SignatureRole
from tests.recordings.world import NOW, PIN, World


async def certify(world: World) -> None:
    for person_id in ("secretary", "chair"):
        await make_test_certificate(world.database, world.signing, person_id=person_id, pin=PIN, now=NOW)


async def draft(world: World) -> None:
    async with world.database.transaction() as session:
        await draft_minutes(session, world.secretary, world.meeting_id, NOW)


async def submit(world: World) -> None:
    async with world.database.transaction() as session:
        await submit_minutes(session, world.store, world.secretary, world.meeting_id, NOW)


async def sign(world: World, role: SignatureRole, pin: str = PIN, now: datetime = NOW) -> None:
    actor = world.secretary if role == "secretary" else world.chair
    await sign_minutes(world.database, world.store, world.signing, actor, world.meeting_id, role=role, pin=pin, now=now)


async def number(world: World, given: str, meeting_id: str = "m1", confirm: bool = False) -> None:
    async with world.database.transaction() as session:
        await give_number(
            session, world.store, world.clerk, meeting_id, number=given, notation="BB-UBND",
            issued_on=date(2026, 11, 5), confirm=confirm, now=NOW,
        )  # fmt: skip


async def issue(world: World) -> None:
    """Everything from the draft to the issued minutes."""
    await certify(world)
    await draft(world)
    await submit(world)
    await sign(world, "secretary")
    await sign(world, "chair")
    await number(world, "7")
    async with world.database.transaction() as session:
        await issue_minutes(session, world.clerk, world.meeting_id, NOW)
