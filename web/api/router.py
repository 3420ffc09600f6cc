"""Every router of the API in one place, and how large a request to a path may be."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

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
    missed,
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
_UPLOADS = ("/papers", "/minutes/upload")

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
    missed,
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


@cache
def endpoints() -> tuple[BaseRoute, ...]:
    """``/api/…`` and those for operation, ready to be asked. Included one by one: a router in a router is built twice.

    A router is built when the first request looks through it, which takes 0.2 s of processor: here it is asked in vain,
    so that web processes are born with it.
    """
    whole = APIRouter()
    for module in (*_SECTIONS, socket, link_socket):
        whole.include_router(module.router, prefix="/api")
    whole.include_router(operations.router)
    for route in whole.routes:
        route.matches({"type": "http", "method": "GET", "path": "/", "headers": []})
    return tuple(whole.routes)


def include_endpoints(app: FastAPI) -> None:
    app.router.routes.extend(endpoints())


def limit_of(path: str, upload_limit: int) -> int:
    """Bytes that a request to this path may have: small everywhere but where files go."""
    return upload_limit + MULTIPART_EXTRA if path.startswith("/api/") and path.endswith(_UPLOADS) else JSON_LIMIT
