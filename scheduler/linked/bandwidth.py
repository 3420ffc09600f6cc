"""What a linked meeting needs on each line, as planned: the program down, the floor and thumbnails up. Pure.

One copy of each program source crosses a link between installations, however many sites are below it; a site on the
line of a server costs that server a copy of its own. Figures are those of the browser client's encodings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Strain = Literal["fits", "tight", "over", "unknown"]

SPEECH_KBPS = 64  # Opus with redundancy
SPEAKERS = 3  # voices heard at once
CAMERA_KBPS = (150, 500, 1600)  # the camera's versions, small to large
SLIDES_KBPS = 2500
HEADERS = 1.08  # RTP, SRTP and UDP on top of what the encoder makes, and what is sent again
THUMBNAILS = 9  # at most, up a link, when the upper room asks
TIGHT = 0.8  # of a line: what else runs on it needs room too


@dataclass(frozen=True, slots=True)
class Line:
    """What a place's line carries; None: nobody has said."""

    down_kbps: int | None = None
    up_kbps: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What is planned on a line, as the place at its lower end sees it."""

    down_kbps: int
    up_kbps: int

    def __add__(self, other: Need) -> Need:
        return Need(self.down_kbps + other.down_kbps, self.up_kbps + other.up_kbps)


PROGRAM = Need(round((CAMERA_KBPS[2] + CAMERA_KBPS[1] + SLIDES_KBPS + SPEAKERS * SPEECH_KBPS) * HEADERS), 0)
"""Everything on air in full: whoever speaks large, the chair beside him, the slides, three voices."""
LEAST = Need(round((CAMERA_KBPS[0] + SPEECH_KBPS) * HEADERS), round((CAMERA_KBPS[0] + SPEECH_KBPS) * HEADERS))
"""Below this a site hears and speaks, but sees little."""
ON_AIR = round((sum(CAMERA_KBPS) + SPEECH_KBPS) * HEADERS)
SITE = Need(PROGRAM.down_kbps, ON_AIR)
LINK = Need(PROGRAM.down_kbps, ON_AIR + round(THUMBNAILS * CAMERA_KBPS[0] * HEADERS))
"""Between installations: one program down; up, the one who has the floor and at most nine thumbnails."""


def strain(need: Need, line: Line) -> Strain:
    """Whether the line carries what is planned; the worse direction counts, and an unknown one says so."""
    told = [(need.down_kbps, line.down_kbps), (need.up_kbps, line.up_kbps)]
    found = {_strain(wanted, there) for wanted, there in told}
    return next(worst for worst in ("over", "tight", "unknown", "fits") if worst in found)


def _strain(wanted: int, there: int | None) -> Strain:
    if there is None:
        return "unknown"
    if wanted > there:
        return "over"
    return "tight" if wanted > TIGHT * there else "fits"


def at_server(sites: int, links: int) -> Need:
    """What a server sends (``down``) and takes in (``up``): a copy for each of its sites and for each link below.

    Not all sites are on air at once: two send in full (whoever speaks, and the chair), the others a small picture.
    """
    small = max(0, sites - 2)
    up = min(2, sites) * ON_AIR + round(small * CAMERA_KBPS[0] * HEADERS) + links * LINK.up_kbps
    return Need((sites + links) * PROGRAM.down_kbps, up)


def worst(strains: Iterable[Strain]) -> Strain:
    """The worst of several; nothing at all fits."""
    found = set(strains)
    return next((one for one in ("over", "tight", "unknown") if one in found), "fits")
