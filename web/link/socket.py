"""``/api/link``: where installations below call. No session and no cookie: they prove to own their node's key."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from web.link.connection import SocketClosed
from web.services import services_of

router = APIRouter()


class AcceptedSocket:
    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def send(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, OSError) as gone:
            raise SocketClosed(str(gone)[:100]) from gone

    async def receive(self) -> str:
        try:
            frame = await self._websocket.receive()
        except RuntimeError as gone:
            raise SocketClosed(str(gone)[:100]) from gone
        if frame["type"] == "websocket.disconnect":
            raise SocketClosed(f"code {frame.get('code')}")
        text = frame.get("text")
        if not isinstance(text, str):
            raise SocketClosed("a binary frame")
        return text

    async def close(self, code: int, reason: str) -> None:
        if self._websocket.client_state is WebSocketState.DISCONNECTED:
            return
        try:
            await self._websocket.close(code, reason[:100])
        except (WebSocketDisconnect, RuntimeError, OSError) as gone:
            raise SocketClosed(str(gone)[:100]) from gone


@router.websocket("/link")
async def link(websocket: WebSocket) -> None:
    """One installation below. A page in a browser always says its origin: it has no business here."""
    links = services_of(websocket).node_links
    if "origin" in websocket.headers or links is None:
        await websocket.close(4403)  # before it is accepted: an HTTP 403
        return
    await websocket.accept()
    await links.accept(AcceptedSocket(websocket))
