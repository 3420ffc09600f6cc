"""A light peer: a client of ours without codecs, over real ICE, DTLS and SRTP. It replays pre-encoded frames, and
checks what it receives. Tests, ``giaoban doctor`` and the bench use it; signalling is handed in as a callable.

``peer.py`` is the client; ``offer.py`` writes its offer as a browser would; ``sample.py`` are the frames it replays;
``packetizer.py`` makes RTP of them; ``receiver.py`` checks what comes; ``wire.py`` and ``checks.py`` are its sockets
and its ICE.
"""

from __future__ import annotations

from sfu.light_peer.peer import LightPeer
from sfu.light_peer.receiver import Received
from sfu.light_peer.sample import Frame, Sample, synthetic_audio, synthetic_video

__all__ = ["Frame", "LightPeer", "Received", "Sample", "synthetic_audio", "synthetic_video"]
