"""The scheduler: people, units, meetings, agendas, attendees and the proceedings. No media, no HTTP.

The life of a meeting, as the verbs in ``scheduler.meetings`` tell it: plan → invite → open for tests → convene →
(hold: everything is a fact in ``scheduler.proceedings``) → adjourn; ``recordings`` then minutes, signs and files it.
The table of allowed moves stands in ``scheduler/meetings/meeting.py``.
"""
