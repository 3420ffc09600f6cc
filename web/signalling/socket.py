"""The socket of a room (PROTOCOL.md): who is it, hello, then messages both ways until either side ends it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from scheduler.errors import NotFound
from scheduler.permissions import Actor
from scheduler.proceedings.chain import instant
from scheduler.proceedings.errors import Refused
from web.authentication import Identity, check_origin, identify, load
from web.errors import ForeignOrigin
from web.live.connection import Close, Connection
from web.live.errors import Closing, LiveError, MeetingOver, NoEntry, Occupied
from web.live.presence import Hello
from web.live.room import Room
from web.services import Services, services_of
from web.signalling.incoming import (
    CommandMessage,
    Incoming,
    Malformed,
    Offer,
    Ping,
    Stats,
    Still,
    UnknownVersion,
    ViewMessage,
    read_hello,
    read_message,
)
from web.signalling.messages import refusal_text

log = structlog.get_logger()
router = APIRouter()

HELLO_S = 10.0
SILENT_S = 20.0
SEND_S = 10.0
CLEAN_CLOSES = (1000, 1001)
MALFORMED, NO_SESSION, NOT_INVITED, NO_MEETING, SILENT, OTHER_VERSION, TOO_MANY = (
    4400,
    4401,
    4403,
    4404,
    4408,
    4426,
    4429,
)
RESTARTING = 1012


class Ends(Exception):
    """The socket is to be closed with this code, after a last message perhaps."""

    def __init__(self, code: int, reason: str = "", last: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.last = last


@router.websocket("/rooms/{meeting_id}/socket")
async def room_socket(websocket: WebSocket, meeting_id: str) -> None:
    """One participant's socket."""
    try:
        check_origin(websocket, required=True)
    except ForeignOrigin:
        await websocket.close(NOT_INVITED)  # before it is accepted: an HTTP 403
        return
    await websocket.accept()
    try:
        room, connection = await _enter(websocket, meeting_id)
        await _Session(websocket, room, connection, services_of(websocket)).run()
    except Ends as end:
        await _close(websocket, end)
    except (WebSocketDisconnect, RuntimeError) as gone:
        log.debug("a socket went away", meeting_id=meeting_id, error=str(gone))


async def _close(websocket: WebSocket, end: Ends) -> None:
    if websocket.client_state is WebSocketState.DISCONNECTED:
        return
    with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(SEND_S):
            if end.last is not None:
                await websocket.send_json(end.last)
            await websocket.close(end.code, end.reason[:100])


async def _enter(websocket: WebSocket, meeting_id: str) -> tuple[Room, Connection]:
    services = services_of(websocket)
    if not services.settings.rooms_allowed:
        raise Ends(NOT_INVITED, "tls_needed")
    identity = await _identify(websocket)
    actor = await _actor(services, identity)
    hello = await _hello(websocket)
    if services.hub is None:
        raise Ends(RESTARTING, "no rooms here")
    try:
        entered: tuple[Room, Connection] = await services.hub.enter(meeting_id, actor, identity.language, hello)
    except Occupied as occupied:
        raise Ends(occupied.close_code, "occupied", {"type": "occupied"}) from occupied
    except NoEntry as refused:
        raise Ends(refused.close_code, refused.reason) from refused
    except MeetingOver as over:
        raise Ends(1000, "ended", {"type": "goodbye", "reason": "ended"}) from over
    except (LiveError, Refused, SQLAlchemyError, OSError) as error:
        log.warning("nobody can enter now", meeting_id=meeting_id, error=str(error))
        raise Ends(RESTARTING, "restarting", {"type": "goodbye", "reason": "restarting"}) from error
    return entered


async def _identify(websocket: WebSocket) -> Identity:
    try:
        identity = await identify(websocket)
    except (SQLAlchemyError, OSError) as error:
        raise Ends(RESTARTING, "restarting", {"type": "goodbye", "reason": "restarting"}) from error
    if identity is None or identity.must_change_password:
        raise Ends(NO_SESSION, "no session")
    return identity


async def _actor(services: Services, identity: Identity) -> Actor:
    try:
        async with services.database.reading() as session:
            return await load(session, identity, services.now())
    except NotFound as gone:
        raise Ends(NO_SESSION, "no session") from gone


async def _hello(websocket: WebSocket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_S):
            said = read_hello(await _receive(websocket))
    except TimeoutError as silent:
        raise Ends(MALFORMED, "no hello") from silent
    except Malformed as malformed:
        raise Ends(MALFORMED, str(malformed)) from malformed
    except UnknownVersion as unknown:
        raise Ends(OTHER_VERSION, str(unknown)) from unknown
    return Hello(said.role, said.previous, said.take_over)


async def _receive(websocket: WebSocket) -> str:
    """The next text frame; binary ones are not of this protocol."""
    frame = await websocket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code") or 1006)
    text = frame.get("text")
    if not isinstance(text, str):
        raise Malformed("not a text frame")
    return text


class _Session:
    """After hello: one task reads, one writes; when either ends, both do."""

    def __init__(self, websocket: WebSocket, room: Room, connection: Connection, services: Services) -> None:
        self._websocket = websocket
        self._room = room
        self._connection = connection
        self._services = services
        self._left_cleanly = False

    async def run(self) -> None:
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            self._connection.outgoing.close(1000)
            await self._room.presence.leave(self._connection, cleanly=self._left_cleanly)
        for task, result in zip(tasks, results, strict=True):
            if task in done and isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result

    # -- writing ----------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            item = await self._connection.outgoing.next()
            if isinstance(item, Close):
                raise Ends(item.code, item.reason)
            try:
                async with asyncio.timeout(SEND_S):
                    await self._websocket.send_text(item)
            except TimeoutError as slow:
                raise Ends(SILENT, "too slow") from slow

    def _send(self, message: dict[str, Any]) -> None:
        self._connection.outgoing.send(message)

    # -- reading ----------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    text = await _receive(self._websocket)
                message = read_message(text)
            except TimeoutError as silent:
                raise Ends(SILENT, "silent") from silent
            except Malformed as malformed:
                raise Ends(MALFORMED, str(malformed)) from malformed
            except WebSocketDisconnect as gone:
                self._left_cleanly = gone.code in CLEAN_CLOSES
                raise
            if not self._connection.limit.take(self._room.has.monotonic()):
                raise Ends(TOO_MANY, "too many messages")
            await self._follow(message)

    async def _follow(self, message: Incoming) -> None:
        if isinstance(message, Ping):
            now = self._services.now()
            if message.t is not None:
                self._room.media.clock(self._connection, message.t, now)
            self._send({"type": "pong", "t": message.t, "now": instant(now)})
        elif isinstance(message, Stats):
            self._room.media.report(self._connection, message.loss, message.rtt_ms, message.frozen_ms)
        elif isinstance(message, Still):
            self._room.media.still(self._connection, message.jpeg)
        elif isinstance(message, ViewMessage):
            self._room.media.view(self._connection, message.pinned, message.max_video, message.paused)
        else:
            await self._answer(message)

    async def _answer(self, request: Offer | CommandMessage) -> None:
        """Carry a request out and reply; a refusal says why in the person's language."""
        act = str(request.name) if isinstance(request, CommandMessage) else "offer"
        try:
            await self._carry_out(request)
        except Refused as refused:
            self._refuse(request, act, refused)
        except Closing as closing:
            raise Ends(RESTARTING, "restarting", {"type": "goodbye", "reason": "restarting"}) from closing
        except Exception:
            log.exception("a request failed", act=act, meeting_id=self._room.meeting_id)
            self._refuse(request, act, Refused("busy"))

    def _refuse(self, request: Offer | CommandMessage, act: str, refused: Refused) -> None:
        message = refusal_text(refused, act, self._connection.language)
        error = {"code": refused.code, "message": message, "who": list(refused.who)}
        self._send({"type": "reply", "id": request.id, "error": error})

    async def _carry_out(self, request: Offer | CommandMessage) -> None:
        def accept(ok: dict[str, Any]) -> None:
            self._send({"type": "reply", "id": request.id, "ok": ok})

        room, connection = self._room, self._connection
        if isinstance(request, CommandMessage) and request.is_above:
            accept(await self._services.hub.chairing.desk.command(room, connection, request.name, request.args))
        elif isinstance(request, CommandMessage):
            await room.command(connection, request.name, request.args, lambda seq: accept({"seq": seq}))
        elif request.is_restart:
            accept(await room.media.restart_ice(connection, request.sdp))
        else:
            accept(await room.media.offer(connection, request.sdp))
