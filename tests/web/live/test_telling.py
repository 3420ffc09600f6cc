"""What a room tells of its facts: each once, in order, to everybody; those of one moment together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scheduler.database import new_id
from scheduler.permissions import Actor
from scheduler.proceedings import facts as f
from scheduler.proceedings.chain import Head, head_after, seal
from scheduler.proceedings.facts import LogId
from scheduler.proceedings.plan import Participant
from tests.web.live.conftest import CHAIR, SECRETARY, Live, site
from web.live.connection import Close, Connection, Outgoing
from web.live.rate import TokenBucket
from web.live.telling import Telling

EVERY_S = 0.05


@dataclass
class Moment:
    """A room without a room; ``pass_`` is when its timer runs out."""

    here: dict[str, Connection] = field(default_factory=dict)
    head: Head = field(default_factory=lambda: Head(LogId("node", "meeting", 1)))
    due: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.telling = Telling(self.here, EVERY_S, self.later)

    def later(self, delay_s: float, call: Callable[[], None]) -> Any:
        assert delay_s == EVERY_S
        self.due.append(call)
        return self

    def cancel(self) -> None:
        self.due.clear()

    def pass_(self) -> None:
        due, self.due = self.due, []
        for call in due:
            call()

    def enter(self, name: str) -> Connection:
        limit, participant = TokenBucket(1.0, 1.0, 0.0), Participant("site", None, name, name)
        self.here[name] = Connection(name, Actor(site_id=name), participant, "vi", Outgoing(), limit)
        self.telling.add(self.here[name], self.head.seq)
        return self.here[name]

    def happens(self, *texts: str) -> None:
        for text in texts:
            body = f.ChatPosted(new_id(), None, "Hoa", text)
            fact = seal(self.head, body, f.By(), "2026-11-23T01:00:00.000Z", new_id(), b"s" * 16)
            self.head = head_after(fact)
            self.telling.take([fact])


def heard(connection: Connection) -> list[Any]:
    """Of facts their seqs, of other messages what they are."""
    found: list[Any] = []
    queue = connection.outgoing._queue
    while not queue.empty():
        item = queue.get_nowait()
        if isinstance(item, Close):
            found.append(item.code)
            continue
        message = json.loads(item)
        found.append([fact["seq"] for fact in message["facts"]] if message["type"] == "facts" else message["type"])
    return found


def test_the_first_fact_is_told_at_once_and_what_follows_together() -> None:
    moment = Moment()
    a, b = moment.enter("a"), moment.enter("b")
    moment.happens("một", "hai", "ba")
    assert heard(a) == [[1]]
    moment.happens("bốn")
    moment.pass_()
    assert heard(a) == [[2, 3, 4]]
    assert heard(b) == [[1], [2, 3, 4]]
    moment.pass_()
    moment.happens("năm")
    assert heard(a) == [[5]], "after a quiet moment at once again"


def test_two_hundred_sites_that_come_in_at_once_are_few_messages() -> None:
    moment = Moment()
    everybody = [moment.enter(str(number)) for number in range(200)]
    moment.happens(*("đã vào" for _ in range(400)))
    moment.pass_()
    told = [heard(one) for one in everybody]
    assert all(len(messages) == 2 and sum(map(len, messages)) == 400 for messages in told)


def test_whoever_comes_while_facts_wait_hears_only_what_his_welcome_did_not_say() -> None:
    moment = Moment()
    a = moment.enter("a")
    moment.happens("một", "hai")
    late = moment.enter("late")
    moment.happens("ba")
    moment.pass_()
    assert heard(a) == [[1], [2, 3]]
    assert heard(late) == [[3]]


def test_a_message_of_ones_own_comes_after_the_facts_before_it() -> None:
    """The answer to a command, the word that one is sent home: both are about facts."""
    moment = Moment()
    a, b = moment.enter("a"), moment.enter("b")
    moment.happens("một", "hai")
    a.outgoing.send({"type": "reply"})
    moment.happens("ba")
    a.outgoing.close(1000)
    moment.happens("bốn")
    moment.pass_()
    assert heard(a) == [[1], [2], "reply", [3], 1000]
    assert heard(b) == [[1], [2, 3, 4]]


def test_a_reader_too_slow_for_facts_is_cut_off_once() -> None:
    moment = Moment()
    a = moment.enter("a")
    a.outgoing._bytes = 8 * 1024 * 1024
    moment.happens("một", "hai")
    moment.pass_()
    assert heard(a) == [4408]


async def test_a_room_that_tells_together_tells_everything(live: Live) -> None:
    """From the welcome on, whatever is heard goes on where it ended."""
    live.tell_every_s = EVERY_S
    await live.hub.stop()
    await live.start("again")
    live.media.return_()
    await live.settle()
    secretary = await live.enter(SECRETARY)
    await secretary.command("open_testing")
    seats = [await live.enter(actor) for actor in (CHAIR, site("a"), site("b"), site("c"))]
    for seat in seats[1:]:
        await seat.command("report_head_count", head_count=2, people=[])
    await secretary.command("convene")
    await secretary.command("adjourn")
    for seat in (secretary, *seats):
        messages = await seat.messages()
        (cursor,) = messages[0]["cursor"].values()
        told = [fact["seq"] for message in messages if message["type"] == "facts" for fact in message["facts"]]
        assert told == list(range(cursor + 1, live.room.head.seq + 1))
        assert [message["type"] for message in messages][-2:] == ["facts", "goodbye"]
