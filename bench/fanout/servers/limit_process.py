"""The limit's process: says its port, reads who there is from standard input, forwards until it is ended."""

from __future__ import annotations

import json
import socket
import sys

from bench.fanout.build import engine
from bench.fanout.keys import session_keys

BUFFER_BYTES = 4 * 1024 * 1024
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33


def main() -> None:
    port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for option in (SO_SNDBUFFORCE, SO_RCVBUFFORCE):
        port.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    port.bind(("0.0.0.0", 0))  # noqa: S104  there is one interface in its namespace
    native = engine()
    print(port.getsockname()[1], flush=True)
    told = json.loads(sys.stdin.readline())
    viewers = [(v["host"], v["port"], v["ssrc"], _keys(v["key"])) for v in told["viewers"]]
    print("ready", flush=True)
    publisher = told["publisher"]
    native.serve_limit(port.fileno(), _keys(publisher["key"]), publisher["ssrc"], viewers, told["group"])


def _keys(text: str) -> tuple[int, bytes, bytes, bytes, bytes, bytes, bytes]:
    return session_keys("AEAD_AES_128_GCM", bytes.fromhex(text))


if __name__ == "__main__":
    main()
