"""Recordings: how a room becomes a file, and a file a signed, filed document.

``capture`` turns packets into a recording, ``papers`` keeps what was handed out, ``minutes`` drafts, renders, signs and
publishes the record of the meeting, ``documents`` files the dossier in the document system.
"""
