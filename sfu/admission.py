"""What a worker takes on: limits on rooms and peers, and no new rooms while it drains."""

from __future__ import annotations

from sfu.errors import Draining, Full
from sfu.settings import Limits


class Admission:
    """Asked before anything is built; raises Full or Draining."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.draining = False
        self.is_busy = False  # rooms are better off with others
        self.is_overloaded = False

    def takes_rooms(self, rooms: int, peers: int) -> bool:
        """Whether a room would be taken in and have place for peers."""
        return not (self.draining or self.is_busy) and rooms < self._limits.rooms and peers < self._limits.peers

    def check_room(self, rooms: int) -> None:
        """One more room beside ``rooms``."""
        if self.draining:
            raise Draining("this worker takes no new rooms before its restart")
        if rooms >= self._limits.rooms:
            raise Full(f"this worker has {rooms} rooms, its limit")

    def check_join(self, peers_in_room: int, peers: int, *, is_known: bool = False) -> None:
        """One more peer beside those there; ``is_known``: it only comes again."""
        if self.is_overloaded and not is_known:
            raise Full("this worker has more to carry than it can")
        if peers >= self._limits.peers:
            raise Full(f"this worker has {peers} peers, its limit")
        if peers_in_room >= self._limits.peers_per_room:
            raise Full(f"this room has {peers_in_room} peers, its limit")
