"""The limit: native code that does nothing but encrypt and send (native/limit.c). Its keys are told, not negotiated."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE
from typing import Any

from bench.fanout.client import Client, Expected, Sending
from bench.fanout.keys import session_keys
from bench.fanout.load import Load
from bench.fanout.servers.ours import ROOT
from bench.fanout.servers.server import Server
from sfu.plane.plane import SrtpProfile

PROFILE: SrtpProfile = "AEAD_AES_128_GCM"
PUBLISHER_SSRC = 11
TRANSPORT_CC = 3


class Limit(Server):
    name = "limit"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._told: dict[str, Any] = {"group": self.scenario.batch, "viewers": []}
        self._address = (self.arena.server, 0)

    async def open(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.arena.command(sys.executable, "-m", "bench.fanout.servers.limit_process"),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self._address = (self.arena.server, int(await self.process.stdout.readline()))
        self.version = "native, AES-128-GCM, UDP GSO"

    async def publish(self, load: Load, client: Client, number: int) -> None:
        key = secrets.token_bytes(28)
        self._told["publisher"] = {"ssrc": PUBLISHER_SSRC, "key": key.hex()}
        client.sending = [Sending(PUBLISHER_SSRC, 96, True, b"", 0)]
        self._adopt(load, client, key)

    async def watch(self, load: Load, client: Client, number: int) -> None:
        key, ssrc = secrets.token_bytes(28), 1000 + number
        host, port = client.connection.address
        self._told["viewers"].append({"host": host, "port": port, "ssrc": ssrc, "key": key.hex()})
        client.expected = [Expected(ssrc, 0, True)]
        self._adopt(load, client, key)

    async def ready(self, load: Load) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(json.dumps(self._told).encode() + b"\n")
        await self.process.stdin.drain()
        assert self.process.stdout is not None
        await self.process.stdout.readline()

    def _adopt(self, load: Load, client: Client, key: bytes) -> None:
        client.connection.socket.connect(self._address)
        keys = session_keys(PROFILE, key)
        load.adopt(client, keys, keys)
