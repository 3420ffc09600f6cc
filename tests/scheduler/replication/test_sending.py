"""What goes next: the little that people wait for before the backlog, and never more than the window."""

from __future__ import annotations

from scheduler.proceedings.facts import LogId
from scheduler.replication.sending import Sending

OLD, LIVE, SECOND = LogId("p", "old", 1), LogId("p", "live", 1), LogId("p", "old", 2)


def test_nothing_goes_before_the_other_side_has_spoken() -> None:
    sending = Sending()
    sending.heads({LIVE: 3})
    assert sending.next() is None
    sending.has({}, last=True)
    assert sending.next() == (LIVE, 0)


def test_one_new_fact_goes_before_the_backlog_of_weeks() -> None:
    sending = Sending()
    sending.heads({OLD: 90_000, LIVE: 12})
    sending.has({OLD: 100, LIVE: 11}, last=True)
    assert sending.next() == (LIVE, 11)
    sending.was_sent(LIVE, 12, 500)
    assert sending.next() == (OLD, 100)


def test_epochs_of_a_log_go_in_order() -> None:
    sending = Sending()
    sending.heads({OLD: 500, SECOND: 1})
    sending.has({}, last=True)
    assert sending.next() == (OLD, 0)


def test_the_window_closes_and_opens_with_acknowledgements() -> None:
    sending = Sending(window=1000)
    sending.heads({OLD: 100})
    sending.has({}, last=True)
    sending.was_sent(OLD, 10, 600)
    sending.was_sent(OLD, 20, 600)
    assert sending.next() is None
    sending.was_acked(OLD, 99)  # never sent: a lie changes nothing
    assert sending.bytes_on_the_way == 1200
    sending.was_acked(OLD, 10)
    assert sending.next() == (OLD, 20) and sending.waiting() == 90


def test_a_parked_log_waits_for_a_new_cursor_and_the_others_go_on() -> None:
    sending = Sending()
    sending.heads({OLD: 5, LIVE: 9})
    sending.has({}, last=True)
    sending.was_sent(OLD, 5, 100)
    sending.park(OLD)
    assert sending.bytes_on_the_way == 0 and sending.next() == (LIVE, 0)
    sending.was_sent(LIVE, 9, 100)
    assert sending.next() is None
    sending.has({OLD: 2}, last=True)
    assert sending.next() == (OLD, 2)
    sending.heads({LIVE: 9})
    assert OLD not in sending.logs
