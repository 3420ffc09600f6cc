"""Clients of the service without a browser, over HTTP and WebSocket as people's pages use it.

``visitor.py`` logs in and calls the API, ``seat.py`` sits in a room. The demonstration, the bench and tests use them.
"""
