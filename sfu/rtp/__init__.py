"""The RTP family in readable Python: pure functions and small state machines over bytes and ``now``.

packet.py and header_extensions.py read and write RTP; rtcp.py reads and writes control packets; sequence.py counts past
wrap-arounds; rewriter.py keeps an outbound stream continuous over switches; nack.py, receive_statistics.py watch an
inbound one; payload/ knows just enough of each codec to find keyframes and picture ids. Nothing here encrypts or sends.
"""
