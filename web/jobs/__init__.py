"""Durable jobs: an outbox row becomes a DBOS workflow whose id is the row's id; each step runs at least once.

``job.py`` what a job is · ``kinds.py`` which there are · ``perform.py`` one step, with its progress and its error in
words · ``engine.py`` DBOS · ``relay.py`` from the outbox to the engine. Together with adapters that are idempotent on
the delivery key (the row's id), everything outside happens exactly once, whatever dies when.
"""
