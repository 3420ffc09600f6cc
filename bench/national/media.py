"""A media worker that carries nothing: it says what a real one says when somebody joins or the program changes."""

from __future__ import annotations

from collections.abc import Callable

from web.media.fake import FakeMedia
from web.media.messages import Joined, PeerConnected, ProducersChanged, Program, SlotsChanged, SlotShown


class VirtualMedia(FakeMedia):
    """``on_floor``: who is on air is another now."""

    def __init__(self, on_floor: Callable[[str], None]) -> None:
        super().__init__()
        self.most_peers = 100_000
        self._on_floor = on_floor
        self._floor: str | None = None

    def _ask(self, *words: str) -> None:
        """Nothing is written down: ten thousand sites ask much."""

    async def join(
        self,
        room: str,
        peer: str,
        label: str,
        offer: str,
        may_send: list[str],
        start_bps: int | None = None,
        note: str | None = None,
    ) -> Joined:
        joined = await super().join(room, peer, label, offer, may_send, start_bps, note)
        self.on_event(PeerConnected(room, peer))
        self.on_event(ProducersChanged(room, peer, bool(may_send), bool(may_send), False))
        return joined

    async def set_program(self, room: str, program: Program, audible: list[str]) -> None:
        await super().set_program(room, program, audible)
        if program.floor != self._floor:
            self._floor = program.floor
            if program.floor is not None:
                self._on_floor(program.floor)

    def show(self, site_id: str) -> None:
        """The picture of this site comes from above, on air: the slots of everybody here change."""
        slots = (SlotShown("1", site_id, site_id, "camera", paused=False),)
        for name, room in self.rooms.items():
            for peer in list(room.peers):
                self.on_event(SlotsChanged(name, peer, slots))
