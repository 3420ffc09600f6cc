"""``giaoban media`` without an installation: the same worker, with room for as many viewers as a run has."""

from __future__ import annotations

import gc
import math
import sys
from dataclasses import replace
from pathlib import Path

import uvloop

from sfu.plane.budgets import UNLIMITED
from sfu.plane.native.loop import WORKER, LoopPlane
from sfu.settings import Limits, MediaSettings, OverloadRule
from web.media.worker import serve_media

LIMITS = Limits(peers=4000, peers_per_room=4000, tcp_connections=4000)


def main() -> None:
    gc.freeze()  # as web.loading does
    estimates = "--estimates" in sys.argv
    settings = replace(WORKER, budgets=UNLIMITED, tells_feedback=estimates)
    plane = LoopPlane(settings=settings)  # without budgets: one camera sends for hundreds here
    media = MediaSettings(limits=LIMITS, overload=OverloadRule(busy=math.inf), estimates_lines=estimates)
    uvloop.run(serve_media(media, Path(sys.argv[1]), plane))


if __name__ == "__main__":
    main()
