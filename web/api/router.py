"""Every router of the API in one place, and how large a request to a path may be."""

from __future__ import annotations

from fastapi import FastAPI

from web.api import (
    administration,
    archive,
    board,
    calendar,
    captures,
    comments,
    dossier,
    foreign,
    letters,
    minutes,
    nodes,
    operations,
    organization,
    papers,
    persons,
    plan,
    proceedings,
    readiness,
    recording,
    room,
    session,
    site_links,
    statistics,
    tickets,
    tree,
)
from web.body_limit import JSON_LIMIT
from web.link import socket as link_socket
from web.signalling import socket

MULTIPART_EXTRA = 64 * 1024  # the form around the file
_UPLOADS = ("/papers", "/minutes/upload", "/me/certificate")

_SECTIONS = (
    session,
    site_links,
    plan,
    tree,
    board,
    readiness,
    calendar,
    papers,
    room,
    proceedings,
    recording,
    letters,
    minutes,
    comments,
    dossier,
    archive,
    organization,
    persons,
    administration,
    nodes,
    tickets,
    foreign,
    statistics,
    captures,
)


def include_endpoints(app: FastAPI) -> None:
    """All endpoints: ``/api/…`` and those for operation. Included one by one: a router in a router is built twice."""
    for module in (*_SECTIONS, socket, link_socket):
        app.include_router(module.router, prefix="/api")
    app.include_router(operations.router)


def limit_of(path: str, upload_limit: int) -> int:
    """Bytes that a request to this path may have: small everywhere but where files go."""
    return upload_limit + MULTIPART_EXTRA if path.startswith("/api/") and path.endswith(_UPLOADS) else JSON_LIMIT
