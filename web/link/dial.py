"""Dialling the installation above: a WebSocket over TLS, checked against public authorities and its own one."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import backoff
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI, WebSocketException

from scheduler.replication.frames import FRAME_BYTES
from web.link.connection import SocketClosed

PATH = "/api/link"
LONGEST_PAUSE_S = 60.0
OPEN_S = 8.0


class Unreachable(Exception):
    """Nobody there, or nobody who is who he should be."""


def pauses(first_s: float) -> Iterator[float]:
    """Seconds before each further try, each with jitter so that a hundred districts do not come at once."""
    for pause in backoff(first_s, first_s, LONGEST_PAUSE_S, 1.6):
        yield pause * random.uniform(0.5, 1.0)


class DialledSocket:
    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket

    async def send(self, text: str) -> None:
        try:
            await self._websocket.send(text)
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)[:100]) from closed

    async def receive(self) -> str:
        try:
            message = await self._websocket.recv()
        except ConnectionClosed as closed:
            raise SocketClosed(str(closed)[:100]) from closed
        if not isinstance(message, str):
            raise SocketClosed("a binary frame")
        return message

    async def close(self, code: int, reason: str) -> None:
        await self._websocket.close(code, reason[:100])


@asynccontextmanager
async def dial(url: str, authority_pem: str) -> AsyncIterator[DialledSocket]:
    """The socket to the node at this address; :class:`Unreachable` says why there is none."""
    address = "ws" + url.removeprefix("http") + PATH
    context = await asyncio.to_thread(_tls, authority_pem) if address.startswith("wss:") else None
    try:
        websocket = await connect(
            address,
            ssl=context,
            max_size=FRAME_BYTES + 1024,
            ping_interval=None,  # the protocol has a heartbeat of its own
            compression=None,
            open_timeout=OPEN_S,
            close_timeout=1.0,
            proxy=None,
            user_agent_header=None,
        )
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
    try:
        yield DialledSocket(websocket)
    finally:
        websocket.transport.abort() if websocket.transport else None
        with contextlib.suppress(ConnectionClosed, TimeoutError, OSError):
            await websocket.wait_closed()


def _tls(authority_pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority_pem:
        try:
            context.load_verify_locations(cadata=authority_pem)
        except ssl.SSLError as error:
            raise Unreachable(f"its authority's certificate cannot be read: {error}") from error
    return context
