"""Replication of proceedings between installations: who sends what, and what is believed. No socket, clock or task.

frames     the messages of the link's socket, strictly read (web/link/PROTOCOL.md)
session    one link as a state machine: hello, proof, heartbeat, requests, replies, an orderly end
sending    which log goes next, and how much may be on the way
receiving  what a batch must be to be believed
store      the database's side: reading batches, keeping foreign logs and their seals
"""
