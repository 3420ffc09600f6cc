"""A worker in a process of its own, to be killed: ``python -m tests.web.media.worker_child SOCKET``."""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from sfu.settings import MediaSettings
from web.media.worker import serve_media

if __name__ == "__main__":
    uvloop.run(serve_media(MediaSettings(host_addresses=("127.0.0.1",)), Path(sys.argv[1])))
