"""What a room knows of lines: with what a site's last connection ended, the next one begins. Sans-IO."""

from __future__ import annotations

from sfu.bandwidth import FIRST_LEAST_BPS, FIRST_MOST_BPS, Bandwidth
from sfu.peer import PeerSpec

KEPT_S = 600.0


class KnownLines:
    """By label; of sites, which send, not of who only looks on: under their label anybody may come from anywhere."""

    def __init__(self) -> None:
        self._ended: dict[str, tuple[float, int]] = {}  # label → when, bit/s

    def begin(self, spec: PeerSpec, now: float) -> Bandwidth:
        """For a peer that joins."""
        if spec.first_bps is None:
            return Bandwidth()
        at, before = self._ended.get(spec.label, (0.0, 0)) if spec.sends else (0.0, 0)
        if not before or now - at > KEPT_S:
            return Bandwidth(spec.first_bps, now)
        return Bandwidth(min(max(before, FIRST_LEAST_BPS), FIRST_MOST_BPS), now)

    def end(self, spec: PeerSpec, bandwidth: Bandwidth, now: float) -> None:
        """Of one that leaves."""
        if spec.sends and spec.first_bps is not None and (lasting := bandwidth.lasting) is not None:
            self._ended[spec.label] = (now, lasting)
