"""Linked meetings: a tree of meetings, each a whole meeting with a room, chair, log and minutes of its own.

``tree`` and ``bandwidth`` are pure; ``rows`` walks the tables; ``plan_tree`` makes the tree of a meeting; ``follow``
carries what happens to a meeting's plan to those below it; ``view`` and ``candidates`` are what the plan page shows.
"""
