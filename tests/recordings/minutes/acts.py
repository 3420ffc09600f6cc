"""The acts of the story, each in its own transaction."""

from __future__ import annotations

import functools
from datetime import date, datetime
from pathlib import Path

from recordings.minutes.certificate import add_certificate
from recordings.minutes.draft import draft_minutes
from recordings.minutes.number import give_number
from recordings.minutes.publish import issue_minutes
from recordings.minutes.sign import sign_minutes
from recordings.minutes.submit import submit_minutes
from recordings.minutes.tables import SignatureRole
from recordings.minutes.test_authority import make_test_pkcs12
from tests.recordings.world import NOW, PIN, World


async def certify(world: World) -> None:
    """Secretary and chair have certificates; their keys take long to make, so they are made once."""
    for person_id, name in (("secretary", "Hoàng Thị Mỵ"), ("chair", "Nguyễn Văn Hùng")):
        content = _pkcs12_of(world.signing.test_authority, name)
        await add_certificate(world.database, world.signing, person_id=person_id, content=content, pin=PIN, now=NOW)


@functools.cache
def _pkcs12_of(authority: Path, name: str) -> bytes:
    return make_test_pkcs12(authority, name, PIN, NOW)


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
