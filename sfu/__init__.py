"""The selective forwarding unit: packets, peers and rooms. It knows no meeting, no person, no database, no HTTP.

The path of a packet: ``transport/listener.py`` reads datagrams in batches → STUN goes to ``transport/ice.py``, DTLS to
``transport/dtls.py`` · SRTP goes to ``plane``: unprotect → route → per consumer rewrite → protect → batched send ·
SRTCP goes to ``rtp/rtcp.py`` → feedback → ``room.py`` chooses what each slot shows → ``plane.set_route``.
The control plane edits routes; it never carries a packet, and no codec runs here.
"""
