"""What every endpoint gets: who calls, in which language, at what time, and the one transaction it may open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from scheduler.database import Database, ReadSession, WriteSession
from scheduler.permissions import Actor
from web.authentication import Identity, address_of, check_csrf, check_origin, identify, load
from web.errors import NotLoggedIn, PasswordChangeNeeded
from web.responses import language_of
from web.services import Services, services_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEFORE_PASSWORD_CHANGE = frozenset({"/api/session", "/api/password"})


class Body(BaseModel):
    """A request's JSON: nothing that was not asked for, no text beyond its length."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=20_000)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, for endpoints that need no session."""

    request: Request
    services: Services
    now: datetime
    language: str

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def address(self) -> str:
        return address_of(self.request)

    async def tell_room(self, meeting_id: str) -> None:
        """Those who are in the meeting's room learn that its plan or papers changed."""
        if self.services.hub is not None:
            await self.services.hub.plan_changed(meeting_id)

    def ask_again(self, *, person_id: str | None = None, site_id: str | None = None) -> None:
        """Whose sessions ended is out of every room too."""
        if self.services.hub is not None:
            self.services.hub.ask_again(person_id=person_id, site_id=site_id)


@dataclass(frozen=True, slots=True)
class SessionCall(Call):
    """One request of somebody who is logged in."""

    identity: Identity

    async def actor(self, session: ReadSession | WriteSession) -> Actor:
        """The caller with roles and posts of today."""
        return await load(session, self.identity, self.now)


async def anybody(request: Request) -> Call:
    """No session needed; a changing request must still come from our own pages."""
    services = services_of(request)
    if request.method not in SAFE:
        check_origin(request)
    return Call(request, services, services.now(), language_of(request))


async def somebody(request: Request) -> SessionCall:
    """A person or a site with a session; a changing request needs its CSRF token."""
    identity = await identify(request)
    if identity is None:
        raise NotLoggedIn
    request.state.language = identity.language
    if request.method not in SAFE:
        check_origin(request)
        check_csrf(request, identity)
    if identity.must_change_password and request.url.path not in BEFORE_PASSWORD_CHANGE:
        raise PasswordChangeNeeded
    services = services_of(request)
    return SessionCall(request, services, services.now(), identity.language, identity)


Anybody = Annotated[Call, Depends(anybody)]
Somebody = Annotated[SessionCall, Depends(somebody)]
Json = dict[str, Any]
