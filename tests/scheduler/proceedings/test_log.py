"""The log in the database: durable, one writer, in order; the stage moves with it. On SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from scheduler.database import Database, WriteSession, new_id
from scheduler.meetings.meeting import Meeting
from scheduler.organization.site import SitePeople
from scheduler.proceedings import facts as f
from scheduler.proceedings import log, node
from scheduler.proceedings.chain import Head, head_after, verify
from scheduler.proceedings.errors import LeaseHeld, LeaseLost, Refused, UnknownMeeting, WrongSequence
from scheduler.proceedings.fold import fold
from scheduler.proceedings.lease import Lease, acquire, clear, release, renew
from scheduler.proceedings.log import LogWriter
from tests.scheduler.proceedings.planted import MEETING, plant_meeting
from tests.scheduler.proceedings.rooms import TESTING
from tests.scheduler.proceedings.samples import CHAIR, START


async def writer_of(database: Database) -> tuple[LogWriter, Head]:
    async with database.transaction() as session:
        this = await node.identify(session, START)
    return LogWriter(database, await acquire(database, "test", START)), Head(this.log_of(MEETING))


async def stage_of(database: Database) -> str:
    async with database.reading() as session:
        return (await session.execute(select(Meeting.stage).where(Meeting.id == MEETING))).scalar_one()


# -- appending and reading ----------------------------------------------------------------------------------------


async def test_facts_are_read_back_as_they_were_told(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    first = await writer.append(head, TESTING, CHAIR, START)
    second = await writer.append(head_after(first[-1]), [f.Convened()], CHAIR, START + timedelta(seconds=1))
    async with database.reading() as session:
        facts = await log.read(session, head.log)
        assert facts == [*first, *second]
        assert verify(facts, head.log, await log.head_of(session, head.log)) == []
        assert await log.read(session, head.log, after=4) == second
        assert await log.read(session, head.log, after=1, limit=2) == first[1:3]
        assert await log.fact_by_id(session, second[0].id) == second[0]
        assert await log.fact_by_id(session, "none") is None
        standing = await log.standing(session, head.log)
    assert standing.state == fold(facts)
    assert standing.head == head_after(second[-1])


async def test_the_stage_of_the_meeting_moves_in_the_same_transaction(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    steps: list[tuple[list[f.Body], str]] = [
        (list(TESTING), "testing"),
        ([f.Convened()], "convened"),
        ([f.Suspended()], "suspended"),
        ([f.Resumed()], "convened"),
        ([f.Adjourned()], "adjourned"),
    ]
    for bodies, stage in steps:
        facts = await writer.append(head, bodies, CHAIR, START)
        head = head_after(facts[-1])
        assert await stage_of(database) == stage


async def test_a_move_the_meeting_does_not_allow_writes_nothing(database: Database) -> None:
    await plant_meeting(database, "cancelled")
    writer, head = await writer_of(database)
    with pytest.raises(Refused, match="wrong_stage"):
        await writer.append(head, TESTING, CHAIR, START)
    async with database.reading() as session:
        assert await log.read(session, head.log) == []
        assert await log.head_of(session, head.log) == head


async def test_the_stage_of_a_meeting_that_is_not_there_cannot_move(database: Database) -> None:
    writer, head = await writer_of(database)
    with pytest.raises(UnknownMeeting):
        await writer.append(head, TESTING, CHAIR, START)


async def test_a_stale_head_is_refused_and_nothing_is_lost(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    facts = await writer.append(head, TESTING, CHAIR, START)
    for stale in (head, Head(head.log, 2, facts[1].hash), Head(head.log, 4, "ab" * 32)):
        with pytest.raises(WrongSequence):
            await writer.append(stale, [f.ModeChanged("discussion")], CHAIR, START)
    async with database.reading() as session:
        assert await log.read(session, head.log) == facts


async def test_appends_in_the_same_moment_give_one_log(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    head = head_after((await writer.append(head, TESTING, CHAIR, START))[-1])
    tries = [writer.append(head, [f.SpeakerNamed(f"s{n}", f.Somebody("x"))], CHAIR, START) for n in range(5)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, list) for result in results) == 1
    assert sum(isinstance(result, WrongSequence) for result in results) == 4
    async with database.reading() as session:
        assert verify(await log.read(session, head.log)) == []


async def test_what_follows_from_facts_is_written_with_them(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    followed: list[f.Fact] = []

    async def follow(session: WriteSession, fact: f.Fact) -> None:
        followed.append(fact)

    people = (f.Somebody("Vàng Thị Mỷ", "Chủ tịch"),)
    writer = LogWriter(database, writer.lease, follow)
    facts = await writer.append(head, [*TESTING, f.HeadCountReported("a", 4, people)], CHAIR, START)
    async with database.reading() as session:
        last_time = await session.get(SitePeople, "a")
    assert followed == facts
    assert last_time is not None and last_time.head_count == 4
    assert json.loads(last_time.people_json) == [{"name": "Vàng Thị Mỷ", "post": "Chủ tịch"}]


async def test_when_what_follows_fails_the_facts_are_not_written(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)

    async def fail(session: WriteSession, fact: f.Fact) -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await LogWriter(database, writer.lease, fail).append(head, TESTING, CHAIR, START)
    async with database.reading() as session:
        assert await log.head_of(session, head.log) == head
    assert await stage_of(database) == "sent"


# -- erasure and tampering ----------------------------------------------------------------------------------------


async def test_personal_content_is_erased_and_the_chain_holds(database: Database) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    facts = await writer.append(head, [*TESTING, f.ChatPosted("m", None, "Lù A Páo", "riêng tư")], CHAIR, START)
    async with database.transaction() as session:
        assert await log.erase_personal(session, facts[-1].id)
        assert not await log.erase_personal(session, facts[0].id)
    async with database.reading() as session:
        kept = await log.read(session, head.log)
        rows = (await session.execute(text("SELECT json, personal_json FROM fact"))).all()
    assert verify(kept, head.log, head_after(facts[-1])) == []
    assert kept[-1].body == f.ChatPosted("m", None, "", "") and kept[-1].is_erased
    assert "riêng tư" not in str(rows) and "Páo" not in str(rows)


@pytest.mark.parametrize(
    ("statement", "kind", "seq"),
    [
        ("UPDATE fact SET json = replace(json, '\"c-a\"', '\"c-x\"') WHERE seq = 3", "altered", 3),
        ("DELETE FROM fact WHERE seq = 2", "missing", 2),
        ("DELETE FROM fact WHERE seq = 4", "cut_short", 4),
        ("UPDATE fact SET personal_json = replace(personal_json, 'Mỷ', 'My') WHERE seq = 4", "personal_altered", 4),
    ],
)
async def test_tampering_in_the_database_is_named(database: Database, statement: str, kind: str, seq: int) -> None:
    await plant_meeting(database)
    writer, head = await writer_of(database)
    bodies = [*TESTING[:3], f.HeadCountReported("a", 1, (f.Somebody("Mỷ"),))]
    facts = await writer.append(head, bodies, CHAIR, START)
    async with database.transaction() as session:
        await session.execute(text(statement))
    async with database.reading() as session:
        defects = verify(await log.read(session, head.log), head.log, head_after(facts[-1]))
    assert [(defect.kind, defect.seq) for defect in defects] == [(kind, seq)]


# -- one writer ---------------------------------------------------------------------------------------------------


async def test_a_second_server_is_refused_while_the_first_lives(database: Database) -> None:
    lease = await acquire(database, "may-1 (pid 1)", START)
    with pytest.raises(LeaseHeld, match=r"may-1 \(pid 1\)") as held:
        await acquire(database, "may-2 (pid 2)", START + timedelta(seconds=14))
    assert held.value.until == lease.expires_at
    renewed = await renew(database, lease, START + timedelta(seconds=10))
    with pytest.raises(LeaseHeld):
        await acquire(database, "may-2 (pid 2)", START + timedelta(seconds=20))
    assert renewed.token == lease.token == 1


async def test_a_second_server_takes_over_when_the_lease_ran_out(database: Database) -> None:
    await plant_meeting(database)
    first, head = await writer_of(database)
    head = head_after((await first.append(head, TESTING, CHAIR, START))[-1])
    later = START + timedelta(seconds=15)
    second = LogWriter(database, await acquire(database, "may-2", later))
    assert second.lease.token == 2
    with pytest.raises(LeaseLost):
        await first.append(head, [f.Convened()], CHAIR, later)
    with pytest.raises(LeaseLost):
        await renew(database, first.lease, later)
    await second.append(head, [f.Convened()], CHAIR, later)
    assert await stage_of(database) == "convened"


async def test_a_lease_given_back_is_free_at_once(database: Database) -> None:
    lease = await acquire(database, "may-1", START)
    await release(database, lease, START)
    assert (await acquire(database, "may-2", START)).token == 2


async def test_of_many_servers_starting_together_one_gets_the_lease(database: Database) -> None:
    tries = [acquire(database, f"may-{n}", START) for n in range(4)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Lease) for result in results) == 1
    assert sum(isinstance(result, LeaseHeld) for result in results) == 3


# -- node and epoch -----------------------------------------------------------------------------------------------


async def test_a_node_keeps_its_identity(database: Database) -> None:
    async with database.transaction() as session:
        first = await node.identify(session, START)
    async with database.transaction() as session:
        assert await node.identify(session, START) == first
    assert len(first.origin) == len(new_id()) and first.epoch == 1


async def test_a_restored_backup_goes_on_in_a_new_epoch(database: Database) -> None:
    """The log of the old epoch stays as it was; the room's state carries on over both."""
    await plant_meeting(database)
    writer, head = await writer_of(database)
    old = await writer.append(head, TESTING, CHAIR, START)
    async with database.transaction() as session:
        restored = await node.begin_epoch(session, START)
        await clear(session)
    log_id = restored.log_of(MEETING)
    assert log_id == f.LogId(head.log.origin, MEETING, 2)
    writer = LogWriter(database, await acquire(database, "test", START))
    new = await writer.append(Head(log_id), [f.Convened()], CHAIR, START)
    assert new[0].seq == 1
    async with database.reading() as session:
        standing = await log.standing(session, log_id)
        assert [head.log.epoch for head in await log.logs_of(session, MEETING)] == [1, 2]
        assert await log.facts_of(session, MEETING) == [*old, *new]
    assert standing.state.stage == "convened" and set(standing.state.sites) == {"hq", "a", "b", "c"}
    assert standing.head == head_after(new[0])
