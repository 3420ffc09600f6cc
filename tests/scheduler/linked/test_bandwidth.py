"""Planned bandwidth: one copy over a link however many sites are below, and a line that does not carry it says so."""

from __future__ import annotations

from scheduler.linked.bandwidth import LINK, PROGRAM, SITE, Line, at_server, strain, worst


def test_the_program_is_what_the_browser_sends() -> None:
    assert PROGRAM.down_kbps == round((1600 + 500 + 2500 + 3 * 64) * 1.08) == 5175
    assert SITE.up_kbps == round((150 + 500 + 1600 + 64) * 1.08)


def test_a_line_fits_is_tight_or_too_thin() -> None:
    assert strain(SITE, Line(20_000, 20_000)) == "fits"
    assert strain(SITE, Line(6_000, 20_000)) == "tight"
    assert strain(SITE, Line(4_000, 20_000)) == "over"
    assert strain(SITE, Line(20_000, 2_000)) == "over"
    assert strain(SITE, Line(20_000, None)) == "unknown"
    assert strain(SITE, Line(4_000, None)) == "over"


def test_a_server_pays_for_each_site_and_once_for_a_link() -> None:
    assert at_server(208, 0).down_kbps == 208 * PROGRAM.down_kbps
    assert at_server(10, 1).down_kbps == 11 * PROGRAM.down_kbps
    assert at_server(0, 1).up_kbps == LINK.up_kbps
    assert at_server(1, 0).up_kbps < at_server(2, 0).up_kbps < at_server(3, 0).up_kbps


def test_the_worst_of_several() -> None:
    assert worst([]) == "fits"
    assert worst(["fits", "unknown"]) == "unknown"
    assert worst(["tight", "unknown", "over"]) == "over"
