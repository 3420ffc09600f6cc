"""The web process: uvicorn around the app, with its own TLS when a certificate is set."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from scheduler.database import Database
from scheduler.proceedings.errors import LeaseHeld
from web.app import create_app
from web.heartbeat import beating
from web.only_server import wait_for_the_last, words
from web.run_folder import wait_until_prepared, write_pid
from web.services import utc_now
from web.settings import Settings
from web.supervisor import CANNOT_START
from web.tls import UnusableCertificate, read_certificate


def run(settings: Settings, heartbeat: int | None = None) -> int:
    """Serve until told to stop; the exit code is ``CANNOT_START`` when starting again would not help.

    ``heartbeat``: the pipe on which the supervisor listens.
    """
    wait_until_prepared(settings.run_folder)
    if settings.tls_certificate and settings.tls_key:
        try:
            read_certificate(settings.tls_certificate, settings.tls_key)
        except UnusableCertificate as error:
            print(f"Cannot speak TLS: {error}", file=sys.stderr)
            return CANNOT_START
    code = asyncio.run(_look(settings))
    if code:
        return code
    listening = _listen(settings)
    if listening is None:
        return CANNOT_START
    write_pid(settings.run_folder, "web")
    gc.disable()
    app = create_app(settings)
    gc.freeze()
    gc.enable()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips=list(settings.proxy_addresses),
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        ws="websockets-sansio",
        ws_max_size=256 * 1024,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve(server, listening, heartbeat))
    return 0 if server.started else CANNOT_START


async def _serve(server: uvicorn.Server, listening: socket.socket, heartbeat: int | None) -> None:
    async with beating(heartbeat):
        await server.serve(sockets=[listening])


async def _look(settings: Settings) -> int:
    """0 when the database answers and nobody else writes to it. One that is away is asked again by a later start."""
    database = Database(settings.database)
    try:
        await wait_for_the_last(database, utc_now)
    except LeaseHeld as held:
        print(words(held), file=sys.stderr)
        return CANNOT_START
    except (OSError, SQLAlchemyError) as error:
        print(f"Cannot reach the database: {error}", file=sys.stderr)
        return 1
    finally:
        await database.dispose()
    return 0


def _listen(settings: Settings) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        print(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}", file=sys.stderr)
        listening.close()
        return None
    listening.listen(2048)
    listening.set_inheritable(False)
    return listening
