"""Debian's Firefox without a window, driven by WebDriver BiDi (W3C): what Firefox speaks by itself, so no other driver.

Enough for a page that joins a room: it is opened, scripts run in it, and it may call one function of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

EXECUTABLE = "firefox-esr"
READY_S, ANSWER_S = 90.0, 90.0
FUNCTION = re.compile(r"\s*(async\s+)?(\w+|\([^()]*\))\s*=>")
PREFERENCES: dict[str, bool | int] = {
    "media.peerconnection.ice.loopback": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class FirefoxPage:
    """The one page of a Firefox; :meth:`evaluate` as Playwright's."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._called: Callable[[str], Awaitable[str]] | None = None
        self._calls: set[asyncio.Future[None]] = set()
        self._context = ""

    async def open(self, url: str) -> None:
        """Begin a session and go to that page."""
        await self._send("session.new", {"capabilities": {}})
        await self._send("session.subscribe", {"events": ["script.message"]})
        self._context = (await self._send("browsingContext.getTree", {}))["contexts"][0]["context"]
        await self._send("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    async def evaluate(self, script: str, argument: object = None) -> Any:
        """The value of an expression, or of a function called with ``argument``; both may be promises."""
        called = f"({script})(argument)" if FUNCTION.match(script) else f"({script})"
        function = f"async () => {{ const argument = {json.dumps(argument)}; return JSON.stringify(await {called}) }}"
        value = (await self._call(function)).get("value")
        return None if value is None else json.loads(value)

    async def expose_function(self, name: str, function: Callable[[str], Awaitable[str]]) -> None:
        """The page may call ``name(text)`` and gets what ``function`` returns. One a page."""
        self._called = function
        install = (
            f"(send) => {{ window.{name} = (text) => new Promise((...r) => {{ window.answers = r; send(text); }}) }}"
        )
        await self._call(install, [{"type": "channel", "value": {"channel": name}}])

    async def listen(self) -> None:
        """Take what comes until the browser is gone."""
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                message = json.loads(text)
                if message.get("method") == "script.message":
                    call = asyncio.ensure_future(self._serve(message["params"]["data"]["value"]))
                    self._calls.add(call)
                    call.add_done_callback(self._calls.discard)
                elif (waiting := self._waiting.pop(message.get("id"), None)) is not None:
                    waiting.set_result(message)

    async def _serve(self, text: str) -> None:
        assert self._called is not None
        try:
            await self.evaluate("(text) => answers[0](text)", await self._called(text))
        except Exception as error:  # the page is told as by any failing function, and the test by the page
            await self.evaluate("(text) => answers[1](new Error(text))", str(error))

    async def _call(self, function: str, arguments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        done = await self._send(
            "script.callFunction",
            {
                "functionDeclaration": function,
                "arguments": arguments or [],
                "awaitPromise": True,
                "target": {"context": self._context},
                "userActivation": True,
            },
        )
        if done["type"] != "success":
            raise AssertionError(done["exceptionDetails"]["text"])
        result: dict[str, Any] = done["result"]
        return result

    async def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        message = await asyncio.wait_for(waiting, ANSWER_S)
        if message["type"] == "error":
            raise AssertionError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result


def openh264() -> Path | None:
    """The folder of Cisco's OpenH264, with which a Firefox speaks H.264: no part of Debian's, each Firefox fetches it
    by itself. Named by Firefox's own ``MOZ_GMP_PATH``, else what a Firefox of this user has fetched."""
    if named := os.environ.get("MOZ_GMP_PATH"):
        return Path(named)
    return next(iter(sorted(Path.home().glob(".mozilla/firefox/*/gmp-gmpopenh264/*/"))), None)


@contextlib.asynccontextmanager
async def firefox(folder: Path, html: str, hertz: int, plugin: Path | None = None) -> AsyncIterator[FirefoxPage]:
    """One Firefox with a profile of its own, at a page that is ``html``; its fake microphone sounds so high.

    ``plugin``: the folder of a media plugin that it loads.
    """
    profile = folder / "firefox"
    profile.mkdir(parents=True)
    preferences = PREFERENCES | {"media.navigator.audio.fake_frequency": hertz}
    lines = (f'user_pref("{name}", {json.dumps(value)});\n' for name, value in preferences.items())
    (profile / "user.js").write_text("".join(lines))
    async with _served(html) as url, _running(profile, plugin) as address, connect(address, max_size=None) as socket:
        page = FirefoxPage(socket)
        listening = asyncio.ensure_future(page.listen())
        try:
            await page.open(url)
            yield page
        finally:
            listening.cancel()


@contextlib.asynccontextmanager
async def _running(profile: Path, plugin: Path | None) -> AsyncIterator[str]:
    """The address it listens at for a session."""
    process = await asyncio.create_subprocess_exec(
        EXECUTABLE,
        *("--headless", "--no-remote", "--new-instance", "--remote-debugging-port", "0", "--profile", str(profile)),
        env={"HOME": str(profile), "PATH": "/usr/bin:/bin", "MOZ_DISABLE_AUTO_SAFE_MODE": "1"}
        | ({"MOZ_GMP_PATH": str(plugin)} if plugin else {}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    try:
        async with asyncio.timeout(READY_S):
            while (found := re.search(rb"BiDi listening on (ws://\S+)", await process.stderr.readline())) is None:
                assert process.returncode is None, "Firefox has ended"
        draining = asyncio.ensure_future(process.stderr.read())
        yield f"{found[1].decode()}/session"
        draining.cancel()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def _served(html: str) -> AsyncIterator[str]:
    """The page at an address of this machine: pages without one may not connect."""
    body = html.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"
