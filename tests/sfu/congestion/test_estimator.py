"""What the estimator makes of good and bad lines, on virtual time."""

from __future__ import annotations

import random

import pytest

from sfu.congestion.backlog import Backlog
from sfu.congestion.estimator import MAX_BPS, MIN_BPS, Estimator
from sfu.congestion.loss import LossBound
from sfu.relay.link import Link, LinkSettings
from tests.sfu.congestion.line import ForwardedLine, Line

MBPS = 1_000_000


def mean(line: Line, since: float) -> float:
    rates = [rate for at, rate in line.history if at >= since]
    return sum(rates) / len(rates)


@pytest.mark.parametrize("rate", [150_000, 500_000, 2 * MBPS])
def test_a_constant_line_is_filled_and_its_queue_kept_short(rate: int) -> None:
    line = Line(LinkSettings(rate=rate, delay_s=0.05))
    line.run(25)
    assert 0.65 * rate < mean(line, line.now - 15) < 1.0 * rate
    assert line.worst_delay(line.now - 15) < 0.3
    assert line.link.dropped == 0


def test_the_line_gets_bad_and_good_again() -> None:
    line = Line(LinkSettings(rate=5 * MBPS, delay_s=0.05))
    line.run(10)
    assert line.estimator.bitrate > 4 * MBPS
    worse = line.now
    line.link.set_rate(500_000, worse)
    line.run(15)
    assert line.first_time(worse, lambda rate: rate < 500_000) < 2
    assert line.worst_delay(worse + 4) < 0.3  # what had piled up is gone
    assert 300_000 < mean(line, line.now - 8) < 500_000
    better = line.now
    line.link.set_rate(5 * MBPS, better)
    line.run(15)
    assert line.first_time(better, lambda rate: rate > 4 * MBPS) < 15
    assert line.estimator.bitrate > 4 * MBPS


def test_a_queue_of_half_a_megabyte_is_emptied_before_the_line_is_used_again() -> None:
    line = Line(LinkSettings(rate=5 * MBPS, delay_s=0.05, queue_bytes=500_000))
    line.run(8)
    line.link.set_rate(500_000, line.now)
    line.run(12)
    assert line.worst_delay(line.now - 2) < 0.3
    assert line.estimator.bitrate > 200_000


@pytest.mark.parametrize(("loss", "rate"), [(0.05, 500_000), (0.1, 5 * MBPS), (0.2, 2 * MBPS)])
def test_loss_that_has_nothing_to_do_with_us_costs_no_picture(loss: float, rate: int) -> None:
    line = Line(LinkSettings(rate=rate, delay_s=0.05, loss=loss), seed=7)
    line.run(35)
    assert mean(line, line.now - 20) > 0.5 * rate
    assert loss * 0.5 < line.estimator.loss.inherent < loss * 1.5
    assert line.estimator.loss.fraction == pytest.approx(loss, rel=0.6)


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_line_that_gets_very_thin_is_known_as_soon_as_its_queue_is_gone(seed: int) -> None:
    """Little is sent while four seconds of packets wait before it: what comes through tells what it carries."""
    line = Line(LinkSettings(rate=5 * MBPS, delay_s=0.05, queue_bytes=64_000), seed=seed)
    line.run(10)
    line.link.set_rate(130_000, line.now)
    line.run(9)
    assert line.worst_delay(line.now - 0.5) < 0.3
    assert 80_000 < mean(line, line.now - 1) < 130_000


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_line_without_a_queue_throws_away_what_is_too_much(seed: int) -> None:
    line = Line(LinkSettings(rate=800_000, delay_s=0.03, queue_bytes=3000), seed=seed)
    line.run(25)
    assert 350_000 < mean(line, line.now - 15) < 850_000
    assert line.link.dropped < 0.04 * line.link.carried


def test_what_is_lost_is_of_what_was_sent_meanwhile_however_late_the_report() -> None:
    """Half of a megabit per second, told four seconds later: the other half is what got through."""
    bound = LossBound()
    bound.add(100, 50, 125_000, sent_from=10.0, sent_until=11.0, estimate=80_000, now=15.0)
    assert bound.bitrate == pytest.approx(500_000)


def test_what_comes_through_while_a_queue_is_drained_is_what_the_line_carries() -> None:
    backlog = Backlog()
    for report in range(40):  # each 20 ms brings 250 bytes; the way is 50 ms, and from the 30th on a second longer
        at, way_s = report / 50, 0.05 if report < 30 else 1.05
        backlog.add(way_s, 5 + at, sent_at=at, arrived_at=at, size=250)
    assert backlog.drain is not None and backlog.carried is None
    for report in range(40, 60):
        backlog.add(1.0, 5 + report / 50, sent_at=report / 50, arrived_at=report / 50, size=250)
    assert backlog.carried == pytest.approx(100_000, rel=0.01)
    for report in range(60, 70):
        backlog.add(0.05, 5 + report / 50, sent_at=report / 50, arrived_at=report / 50, size=250)
    assert backlog.drain is None and backlog.carried == pytest.approx(100_000, rel=0.01)


def test_somebody_else_takes_half_of_the_line_for_a_while() -> None:
    line = Line(LinkSettings(rate=2 * MBPS, delay_s=0.05))
    line.run(10)
    line.rival, line._due["rival"] = MBPS, line.now
    line.run(15)
    assert 0.5 * MBPS < mean(line, line.now - 10) < 1.1 * MBPS
    assert line.worst_delay(line.now - 8) < 0.35
    line.rival = 0
    line.run(12)
    assert mean(line, line.now - 4) > 1.3 * MBPS


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_picture_that_nearly_fills_the_line_fills_its_queue_for_a_moment_only(seed: int) -> None:
    line = ForwardedLine(LinkSettings(rate=2 * MBPS, delay_s=0.05), costs=1_700_000, seed=seed)
    line.run(60)
    assert line.share_whole(line.now - 50) > 0.95
    assert line.worst_delay(line.now - 50) < 0.3


def test_jitter_is_not_congestion() -> None:
    line = Line(LinkSettings(rate=3 * MBPS, delay_s=0.05, jitter_s=0.02), wanted=2 * MBPS)
    line.run(15)
    assert mean(line, line.now - 8) > 1.5 * MBPS


def test_without_feedback_the_estimate_decays_and_with_it_it_comes_back() -> None:
    line = Line(LinkSettings(rate=3 * MBPS, delay_s=0.05))
    line.run(10)
    before = line.estimator.bitrate
    line.feedback_flows = False
    line.run(10)
    assert MIN_BPS <= line.estimator.bitrate < before / 10
    line.feedback_flows = True
    line.run(10)
    assert line.estimator.bitrate > 0.6 * before


def test_after_a_dead_path_another_one_is_used_at_once() -> None:
    good = LinkSettings(rate=2 * MBPS, delay_s=0.05)
    line = Line(good)
    line.run(10)
    before = line.estimator.bitrate
    line.link = Link(LinkSettings(delay_s=0.05, loss=1.0))
    line.run(4)
    assert line.estimator.bitrate < before / 2
    line.link = Link(good)
    line.estimator = Estimator(line.now, int(0.75 * line.estimator.lasting), since=line.now)
    line.run(1)
    assert line.estimator.bitrate > 0.7 * before
    line.run(5)
    assert line.worst_delay(line.now - 4) < 0.3


def test_who_is_sent_nothing_need_not_answer() -> None:
    estimator = Estimator(0.0)
    before = estimator.bitrate
    for tick in range(100):
        assert estimator.handle_timeout(tick / 10, is_sending=False, wanted=2 * MBPS) is None
    assert estimator.bitrate == before


def test_an_application_that_sends_little_keeps_the_estimate_and_is_probed_when_it_wants_more() -> None:
    line = Line(LinkSettings(rate=3 * MBPS, delay_s=0.05), wanted=50_000)
    line.run(10)
    assert line.estimator.is_limited
    kept = line.estimator.bitrate
    assert kept >= 500_000
    line.wanted = 2 * MBPS
    line.run(6)
    assert line.estimator.bitrate > 1.5 * MBPS


@pytest.mark.parametrize("lie", ["all at once", "backwards", "never", "leaping", "far future"])
def test_feedback_that_lies_harms_only_the_liar(lie: str) -> None:
    """The estimate stays within what a peer may have; nothing raises."""
    wild = random.Random(3)
    line = Line(LinkSettings(rate=2 * MBPS, delay_s=0.05))
    line.distort = {
        "all at once": lambda p: (p[0], 5.0, p[2], p[3]),
        "backwards": lambda p: (p[0], 1000 - p[0], p[2], p[3]),
        "never": lambda p: (p[0], None, p[2], p[3]),
        "leaping": lambda p: (p[0], wild.uniform(-1e6, 1e6), p[2], p[3]),
        "far future": lambda p: (p[0], p[0] * 1e6, p[2], p[3]),
    }[lie]
    line.run(8)
    sent = line.link.carried * 1200 * 8 / 8
    assert MIN_BPS <= line.estimator.bitrate <= MAX_BPS
    assert line.estimator.bitrate < max(4 * sent, 2 * MBPS)


def test_a_feedback_message_without_news_changes_nothing() -> None:
    estimator = Estimator(0.0)
    estimator.receive([], 1.0)
    assert estimator.bitrate == 600_000
    assert estimator.acknowledged is None
