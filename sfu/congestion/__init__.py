"""Congestion control without clocks or sockets.

twcc.py: the arrival log and its feedback, both directions. estimator.py: what a viewer's link carries, put together
from arrival_groups.py and trendline.py (delay), backlog.py (a queue that stands), loss.py, acknowledged.py (what
arrives), alr.py (whether we fill the link at all), rate_control.py (up and down) and prober.py (how much more there
may be). In the manner of Google Congestion Control (draft-ietf-rmcat-gcc-02). allocator.py: what the slots of a viewer
get of it. ladder.py: what he is told.
"""
