"""The composition root: makes the app, and while it runs holds database, files, mail, rooms, media client and jobs.

request → access log → security headers → body limit → endpoint (web/api) → scheduler, recordings
socket  → web/signalling → web/live → scheduler.proceedings; web/media → the media workers
outbox  → web/jobs → adapters
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI

from scheduler.database import Database
from web import client_files, responses
from web.api.router import include_endpoints, limit_of
from web.body_limit import BodyLimit
from web.headers import SecurityHeaders
from web.logs import AccessLog, Measures, configure_logs
from web.passwords import Passwords
from web.services import Services, utc_now
from web.settings import Settings
from web.start import start


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    passwords: Passwords | None = None,
    clock: Callable[[], datetime] = utc_now,
    run_jobs: bool = True,
    connect_media: bool = True,
    client: Path = client_files.DIST,
    log: bool = True,
) -> FastAPI:
    """The app of one web process. A database that is handed in stays the giver's to close."""
    if log:
        configure_logs(settings.log_level)
    services = Services(
        settings=settings,
        database=database or Database(settings.database),
        clock=clock,
        passwords=passwords or Passwords(),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if database is None:
                stack.push_async_callback(services.database.dispose)
            await start(services, stack, run_jobs=run_jobs, connect_media=connect_media)
            yield

    app = FastAPI(title="Giao Ban", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.measures = Measures()
    responses.install(app)
    include_endpoints(app)
    client_files.install(app, client)
    app.add_middleware(BodyLimit, limit_of=lambda path: limit_of(path, settings.upload_limit))
    app.add_middleware(SecurityHeaders, has_tls=settings.has_tls)
    app.add_middleware(AccessLog, measures=app.state.measures)
    return app
