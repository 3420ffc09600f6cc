"""The plane in Cython on OpenSSL: the reference's rules at the speed of C, and a thread that carries packets.

plane.py is what the control plane talks to; engine.pyx hands commands and events over; each .pxd file is one idea in C:
srtp, rtp, vp8, h264, rtcp (bytes), rewriter, template, ring, nack, twcc, statistics, timers (one stream each), ingress,
delivery, consumer, repair, pacing, feedback, reports, commands (what is done), arena, connection, outbox, loop (I/O).
"""
