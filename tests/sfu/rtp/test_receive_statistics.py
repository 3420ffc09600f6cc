from __future__ import annotations

from sfu.rtp.receive_statistics import ReceiveStatistics
from sfu.rtp.rtcp import ReportBlock


def test_report_before_anything_came() -> None:
    assert ReceiveStatistics(7, 90000).report(1.0) == ReportBlock(7, 0, 0, 0xFFFF0000, 0)


def test_loss_over_the_wrap_around() -> None:
    statistics = ReceiveStatistics(7, 90000)
    for sequence in (65534, 65535, 1, 2, 0, 5):  # 3 and 4 are lost
        statistics.receive(sequence, 0, 0.0)
    block = statistics.report(0.0)
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (256 * 2 // 8, 2, 0x10005)
    statistics.receive(3, 0, 0.0)
    statistics.receive(6, 0, 0.0)
    block = statistics.report(0.0)
    assert (block.fraction_lost, block.packets_lost) == (0, 1)  # late ones make up for lost ones


def test_an_older_packet_than_the_first_is_expected_too() -> None:
    statistics = ReceiveStatistics(7, 90000)
    statistics.receive(10, 0, 0.0)
    statistics.receive(8, 0, 0.0)
    assert statistics.expected == 3


def test_jitter_of_rfc_3550() -> None:
    statistics = ReceiveStatistics(7, 8000)
    for number, delay in enumerate((0.0, 0.0, 0.010, 0.0)):
        statistics.receive(number, number * 160, number * 0.02 + delay)
    assert abs(statistics.jitter - (80 / 16 * 15 / 16 + 80 / 16)) < 1e-6
    assert abs(statistics.jitter_ms - statistics.jitter / 8) < 1e-6
    statistics.receive(4, 1 << 31, 0.08)  # a clock that was set is not jitter
    assert statistics.jitter < 10


def test_last_sender_report_and_its_age() -> None:
    statistics = ReceiveStatistics(7, 90000)
    statistics.receive(1, 0, 0.0)
    statistics.receive_sender_report(0x1111222233334444, 10.0)
    block = statistics.report(10.5)
    assert (block.last_sender_report, block.delay_since) == (0x22223333, 0x8000)
