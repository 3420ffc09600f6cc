"""``giaoban media`` without an installation: the same worker, with room for as many viewers as a run has."""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from sfu.settings import Limits, MediaSettings
from web.media.worker import serve_media

LIMITS = Limits(peers=4000, peers_per_room=4000, tcp_connections=4000)


def main() -> None:
    uvloop.run(serve_media(MediaSettings(limits=LIMITS), Path(sys.argv[1])))


if __name__ == "__main__":
    main()
