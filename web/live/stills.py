"""Stills: small JPEGs of a speaker's camera, for those whose line carries sound but no picture.

The media worker says who is asked for them and who needs them; his page sends one every few seconds. Only the newest is
kept, and only while it is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from web.live.connection import Connection, to_text

EVERY_S = 5
SOONEST_S = 2.0
WAITING_BYTES = 32 * 1024  # a reader with more than this in waiting gets the next one instead
STEP = "still"


class Stills:
    """Of one room, by connection id."""

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._newest: dict[str, tuple[float, str]] = {}  # when, the message
        self._looking: dict[str, asyncio.Future[str]] = {}  # somebody at the site board waits for one picture

    async def look(self, connection: Connection) -> str:
        """One still of this site's camera, asked for now; several who look share it. The caller limits the time."""
        waiting = self._looking.get(connection.id)
        if waiting is None:
            waiting = self._looking[connection.id] = asyncio.get_running_loop().create_future()
            connection.outgoing.send({"type": "stills", "wanted": True, "every_s": EVERY_S})
        try:
            return await asyncio.shield(waiting)
        finally:
            if self._looking.get(connection.id) is waiting:
                del self._looking[connection.id]
                if connection.id not in self._wanted:
                    connection.outgoing.send({"type": "stills", "wanted": False, "every_s": EVERY_S})

    def ask(self, connection: Connection, wanted: bool) -> None:
        """Ask a speaker's page for stills, or for no more."""
        if wanted:
            self._wanted.add(connection.id)
        else:
            self.forget(connection.id)
        connection.outgoing.send({"type": "stills", "wanted": wanted, "every_s": EVERY_S})

    def forget(self, connection_id: str) -> None:
        self._wanted.discard(connection_id)
        self._newest.pop(connection_id, None)

    def post(self, connection: Connection, jpeg: str, viewers: Iterable[Connection], now: float) -> bool:
        """Pass a still on to everybody on that step; False: nobody asked for it, or it is one too many."""
        looking = self._looking.get(connection.id)
        if looking is not None and not looking.done():
            looking.set_result(jpeg)
        before = self._newest.get(connection.id)
        if connection.id not in self._wanted or (before is not None and now - before[0] < SOONEST_S):
            return False
        text = to_text({"type": "still", "site_id": connection.participant.site_id, "jpeg": jpeg})
        self._newest[connection.id] = (now, text)
        for viewer in viewers:
            if viewer.line.step == STEP and viewer is not connection:
                self._give(viewer, text)
        return True

    def arrive(self, viewer: Connection) -> None:
        """Somebody has just come down to this step: what there is, at once."""
        for _, text in self._newest.values():
            self._give(viewer, text)

    def _give(self, viewer: Connection, text: str) -> None:
        if viewer.outgoing.waiting_bytes <= WAITING_BYTES:
            viewer.outgoing.send_text(text)
