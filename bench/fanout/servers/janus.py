"""Janus as Debian ships it: the videoroom plugin, its own configuration, driven over its Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import subprocess
from pathlib import Path
from typing import Any

from bench.fanout.client import Client
from bench.fanout.load import Load
from bench.fanout.servers.server import CannotRun, Server, program

ROOM = 1234
KEEP_ALIVE_S = 25.0
ANSWER_S = 20.0
SETTLE_S = 0.5
STARTS = 20
MAX_MESSAGE = 1 << 18
CONFIGURATION = {
    "janus.jcfg": """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{library}/plugins"
    transports_folder = "{library}/transports"
    events_folder = "{library}/events"
    loggers_folder = "{library}/loggers"
    debug_level = 3
    event_loops = {cores}
}}
media: {{ dtls_mtu = 1200; min_nack_queue = 500 }}
nat: {{ ice_lite = true; ice_enforce_list = "{address}"; full_trickle = false }}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
""",
    "janus.transport.pfunix.jcfg": """
general: {{ enabled = true; json = "compact"; path = "{folder}/janus.sock"; type = "SOCK_SEQPACKET" }}
admin: {{ admin_enabled = false }}
""",
    "janus.plugin.videoroom.jcfg": """
general: {{ events = false }}
room-1234: {{
    publishers = 64; bitrate = 0; fir_freq = 0; videocodec = "vp8"; audiocodec = "opus"
    transport_wide_cc_ext = true; notify_joining = false; record = false
}}
""",
}


class Janus(Server):
    name = "janus"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._session = 0
        self._feeds: list[int] = []
        self._acknowledged: set[str] = set()  # requests whose acknowledgement is the whole answer

    async def open(self) -> None:
        executable = program("janus")
        self._configure(executable)
        for _ in range(STARTS):
            await self.start(executable, "-F", str(self.folder), "-o")
            if await self._connected():
                break
        else:
            raise CannotRun(f"janus opened no socket: {self.log()[-600:]}")
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]
        self._session = (await self._request("create"))["data"]["id"]

    async def _connected(self) -> bool:
        """Its Unix socket thread now and then ends at the very start (1.1.2 looks at a flag that is set later)."""
        path = self.folder / "janus.sock"
        while self.alive():
            await asyncio.sleep(SETTLE_S)
            with contextlib.suppress(OSError):
                self._socket.connect(str(path))
                return True
        path.unlink(missing_ok=True)
        return False

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._socket.close()
        await super().close()

    async def publish(self, load: Load, client: Client, number: int) -> None:
        handle = await self._attach()
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "display": f"p{number}"}
        event = await self._message(handle, body, {"type": "offer", "sdp": client.offer(with_ssrcs=True)})
        self._feeds.append(event["plugindata"]["data"]["id"])
        client.take_answer(event["jsep"]["sdp"])
        await self._trickle(handle, client)
        await load.join(client)

    async def watch(self, load: Load, client: Client, number: int) -> None:
        handle = await self._attach()
        streams = [{"feed": feed} for feed in self._feeds]
        body = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams}
        event = await self._message(handle, body)
        answer = client.answer(event["jsep"]["sdp"])
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        await self._trickle(handle, client)
        await load.join(client)

    def _configure(self, executable: str) -> None:
        said = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False)
        lines = (said.stdout + said.stderr).splitlines()
        self.version = lines[0].removeprefix("Janus version: ") if lines else "?"
        library = next(iter(Path("/usr/lib").glob("*/janus")), Path("/usr/lib/janus"))
        self.notes = {"srtp_library": _srtp_library(), "event_loops": str(os.cpu_count())}
        for name, text in CONFIGURATION.items():
            filled = text.format(
                folder=self.folder,
                library=library,
                cores=os.cpu_count(),
                address=self.arena.server,
                other_plugins=_others(library / "plugins", "videoroom"),
                other_transports=_others(library / "transports", "pfunix"),
            )
            (self.folder / name).write_text(filled)

    # -- its API ----------------------------------------------------------------------------------------------------

    async def _attach(self) -> int:
        return int((await self._request("attach", plugin="janus.plugin.videoroom"))["data"]["id"])

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        more: dict[str, Any] = {"jsep": jsep} if jsep else {}
        event = await self._request("message", handle_id=handle, body=body, **more)
        if "error" in event.get("plugindata", {}).get("data", {}):
            raise CannotRun(f"janus refused {body['request']}: {event['plugindata']['data']['error']}")
        return event

    async def _trickle(self, handle: int, client: Client) -> None:
        host, port = client.connection.address
        candidate = {"candidate": f"candidate:1 1 udp 2130706431 {host} {port} typ host", "sdpMLineIndex": 0}
        await self._request("trickle", handle_id=handle, candidate=candidate)
        await self._request("trickle", handle_id=handle, candidate={"completed": True})

    async def _request(self, kind: str, **more: Any) -> dict[str, Any]:
        transaction = secrets.token_hex(8)
        message: dict[str, Any] = {"janus": kind, "transaction": transaction, **more}
        if self._session:
            message["session_id"] = self._session
        if kind in ("trickle", "keepalive"):
            self._acknowledged.add(transaction)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future
        await asyncio.get_running_loop().sock_sendall(self._socket, json.dumps(message).encode())
        try:
            answer = await asyncio.wait_for(future, ANSWER_S)
        finally:
            self._waiting.pop(transaction, None)
            self._acknowledged.discard(transaction)
        if answer["janus"] == "error":
            raise CannotRun(f"janus refused {kind}: {answer['error']['reason']}")
        return answer

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(self._socket, MAX_MESSAGE):
            message = json.loads(data)
            if message["janus"] != "ack" or message.get("transaction") in self._acknowledged:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message.get("transaction", ""))
        if future is not None and not future.done():
            future.set_result(message)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            await self._request("keepalive")


def _others(folder: Path, wanted: str) -> str:
    return ",".join(sorted(file.name for file in folder.glob("*.so") if wanted not in file.name))


def _srtp_library() -> str:
    """Which libsrtp, and on which crypto library it stands."""
    found = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "libsrtp2-1"], capture_output=True, text=True, check=False
    ).stdout
    library = next(iter(Path("/usr/lib").glob("*/libsrtp2.so.1")), None)
    uses = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=False).stdout
    return f"libsrtp {found} on {'NSS' if 'libnss3' in uses else 'OpenSSL' if 'libcrypto' in uses else 'its own AES'}"
