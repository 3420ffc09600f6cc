"""Congestion control without clocks or sockets. twcc.py: the arrival log and its feedback, both directions.

The estimator, the allocator and the pacer belong here too.
"""
