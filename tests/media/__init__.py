"""Pictures and sounds a test can tell apart: a number drawn in a picture, a tone per number, files and encoded samples
of them for fake cameras, microphones and light peers, and Chromium started with those.
"""
