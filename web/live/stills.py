"""Stills: small JPEGs of a speaker's camera, for those whose line carries sound but no picture.

The media worker says who is asked for them and who needs them; his page sends one every few seconds. Only the newest is
kept, and only while it is wanted. Those of sites in other rooms come by ``far_stills.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from web.live.connection import Connection, to_text

EVERY_S = 5
SOONEST_S = 2.0
WAITING_BYTES = 32 * 1024  # a reader with more than this in waiting gets the next one instead
STEP = "still"


@dataclass(frozen=True, slots=True)
class Still:
    """``jpeg``: base64; ``at``: when it was taken, monotonic seconds here."""

    jpeg: str
    at: float


@dataclass(slots=True)
class _Looking:
    """People at the site board wait for one picture; the last who goes says that none is wanted any more."""

    picture: asyncio.Future[str]
    people: int = 0


class Stills:
    """Of one room, by connection id; those of sites elsewhere by site id."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[str]] = {}  # by the workers whose viewers want them
        self._newest: dict[str, tuple[float, str]] = {}  # when, the message
        self._lent: dict[str, Still] = {}  # to other rooms
        self._looking: dict[str, _Looking] = {}

    async def look(self, connection: Connection) -> str:
        """One still of this site's camera, asked for now; several who look share it. The caller limits the time."""
        looking = self._looking.get(connection.id)
        if looking is None:
            looking = self._looking[connection.id] = _Looking(asyncio.get_running_loop().create_future())
            connection.outgoing.send({"type": "stills", "wanted": True, "every_s": EVERY_S})
        looking.people += 1
        try:
            return await asyncio.shield(looking.picture)
        finally:
            looking.people -= 1
            if not looking.people:
                del self._looking[connection.id]
                if not self._wanted.get(connection.id):
                    connection.outgoing.send({"type": "stills", "wanted": False, "every_s": EVERY_S})

    async def lend(self, connection: Connection, clock: Callable[[], float]) -> Still:
        """The same for other rooms, who get one of the last seconds if there is such."""
        lent = self._lent.get(connection.id)
        if lent is None or clock() - lent.at >= EVERY_S - 1:
            lent = self._lent[connection.id] = Still(await self.look(connection), clock())
        return lent

    def ask(self, connection: Connection, wanted: bool, worker: str = "") -> None:
        """Ask a speaker's page for stills, or for no more: of all workers that carry the room none wants any."""
        askers = self._wanted.setdefault(connection.id, set())
        before = bool(askers)
        askers.add(worker) if wanted else askers.discard(worker)
        if not askers:
            self.forget(connection.id)
        if wanted or before != bool(askers):
            connection.outgoing.send({"type": "stills", "wanted": bool(askers), "every_s": EVERY_S})

    def worker_lost(self, worker: str, connections: Mapping[str, Connection]) -> None:
        """Its viewers want nothing any more; they come in anew elsewhere."""
        for connection_id in [one for one, askers in self._wanted.items() if worker in askers]:
            if connection_id in connections:
                self.ask(connections[connection_id], False, worker)

    def forget(self, connection_id: str) -> None:
        self._wanted.pop(connection_id, None)
        self._newest.pop(connection_id, None)
        self._lent.pop(connection_id, None)

    def post(self, connection: Connection, jpeg: str, viewers: Iterable[Connection], now: float) -> bool:
        """Pass a still on to everybody on that step; False: nobody asked for it, or it is one too many."""
        looking = self._looking.get(connection.id)
        if looking is not None and not looking.picture.done():
            looking.picture.set_result(jpeg)
        before = self._newest.get(connection.id)
        if not self._wanted.get(connection.id) or (before is not None and now - before[0] < SOONEST_S):
            return False
        self._lent[connection.id] = Still(jpeg, now)
        self._show(
            connection.id, connection.participant.site_id, jpeg, (v for v in viewers if v is not connection), now
        )
        return True

    def show(self, site_id: str, jpeg: str, viewers: Iterable[Connection], now: float) -> None:
        """A still of a site elsewhere, for everybody on that step; until ``forget`` of its id."""
        self._show(site_id, site_id, jpeg, viewers, now)

    def _show(self, key: str, site_id: str | None, jpeg: str, viewers: Iterable[Connection], now: float) -> None:
        text = to_text({"type": "still", "site_id": site_id, "jpeg": jpeg})
        self._newest[key] = (now, text)
        for viewer in viewers:
            if viewer.line.step == STEP:
                self._give(viewer, text)

    def arrive(self, viewer: Connection) -> None:
        """Somebody has just come down to this step: what there is, at once."""
        for _, text in self._newest.values():
            self._give(viewer, text)

    def _give(self, viewer: Connection, text: str) -> None:
        if viewer.outgoing.waiting_bytes <= WAITING_BYTES:
            viewer.outgoing.send_text(text)
