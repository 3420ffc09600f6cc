"""One thin adapter per server: start it in the arena, let clients join its room."""

from __future__ import annotations

from bench.fanout.servers.janus import Janus
from bench.fanout.servers.limit import Limit
from bench.fanout.servers.livekit import LiveKit
from bench.fanout.servers.mediarelay import MediaRelay
from bench.fanout.servers.ours import Ours
from bench.fanout.servers.server import Server

SERVERS: dict[str, type[Server]] = {one.name: one for one in (Ours, Janus, LiveKit, MediaRelay, Limit)}
