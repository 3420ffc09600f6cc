"""The naive room's process: one JSON line per client on a Unix socket, offer in, answer out."""

from __future__ import annotations

import asyncio
import json
import sys

from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


class Relay:
    """One publisher's track, passed on to whoever asks."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._track: MediaStreamTrack | None = None
        self._connections: set[RTCPeerConnection] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            told = json.loads(line)
            writer.write(json.dumps({"answer": await self._join(told["do"], told["offer"])}).encode() + b"\n")

    async def _join(self, kind: str, offer: str) -> str:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connections.add(connection)
        if kind == "publish":
            connection.on("track", self._keep)
        elif self._track is not None:
            connection.addTrack(self._relay.subscribe(self._track))
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)

    def _keep(self, track: MediaStreamTrack) -> None:
        self._track = track


async def main() -> None:
    server = await asyncio.start_unix_server(Relay().answer, sys.argv[1])
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
