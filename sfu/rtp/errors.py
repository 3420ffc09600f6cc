"""The one error of ``sfu.rtp``: somebody else's bytes are wrong.

MalformedPacket      the peer's mistake; every parser of this package raises this and nothing else
"""

from __future__ import annotations

__all__ = ["MalformedPacket"]


class MalformedPacket(ValueError):
    """Bytes from the network that are no valid packet of the kind they claim to be."""
