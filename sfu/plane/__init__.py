"""The packet plane: Python decides, the plane carries. plane.py is its interface, CONTRACT.md what each word means.

reference.py is the readable plane. A packet's way: ingress.py → encoding.py (ring.py) → delivery.py → consumer.py →
transport.py; beside it feedback.py and reports.py (RTCP), repair.py (NACK, keyframes), srtp.py, timers.py, state.py.
"""
