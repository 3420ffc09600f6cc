"""The link between installations: one WebSocket per pair, dialled by the lower side; facts and requests share it.

channel   requests and replies between neighbours, and who is reachable: what the rest of the product uses
memory    two channels joined inside one process: tests, and rooms of one installation
"""
