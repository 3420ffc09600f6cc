"""Doors for encoders and players that are not ours: WHIP (RFC 9725) into a room, WHEP out of it, by bearer ticket.

fragment   the SDP fragments of trickle ICE that a session is patched with (RFC 8840)
note       what the media worker keeps of a session, for the next process
problem    errors as encoders read them: RFC 9457 problem details, and CORS for pages of other origins
session    who is in by a door, and what ends that
The endpoints are ``web/api/foreign.py``; tickets are ``scheduler/meetings/media_ticket.py``.
"""
