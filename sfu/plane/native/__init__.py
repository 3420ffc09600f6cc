"""The plane in Cython on OpenSSL: the reference's rules at the speed of C, and a thread that carries packets.

plane.py is what the control plane talks to; asking.pyx makes commands, telling.pyx events and figures, engine.pyx has
them done or leaves that to the loop; parsers.pyx and session.pyx are parts of it alone, for tests and fuzzing. Each
.pxd file is one idea in C: srtp, rtp, vp8, h264, rtcp (bytes), rewriter, template, ring, nack, twcc, statistics, timers
(one stream each), budget, ingress,
delivery, consumer, repair, pacing, feedback, reports, commands (what is done), arena, connection, outbox, loop (I/O).
"""
