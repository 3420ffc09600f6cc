"""A network of this test's own on this machine: only a loopback, and lines on it that are cut by dropping packets.

The thread that runs the test goes there and comes back; processes it starts live there. Nothing of it outlives the
test, whatever becomes of it. Needs root, iproute2 and nftables.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

NEW_NETWORK = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class OwnNetwork:
    """Lines are named; one is what goes to or from the given ports."""

    def __init__(self) -> None:
        _run("ip", "link", "set", "lo", "up")

    def cut(self, line: str, *what: str) -> None:
        """Drop silently what fits one of these (in the words of nftables), in both directions."""
        _run("nft", "add", "table", "inet", line)
        _run("nft", "add", "chain", "inet", line, "in", "{ type filter hook input priority 0 ; }")
        for rule in what:
            _run("nft", "add", "rule", "inet", line, "in", *rule.split(), "drop")

    def join(self, line: str) -> None:
        _run("nft", "delete", "table", "inet", line)


@contextmanager
def own_network() -> Iterator[OwnNetwork]:
    """In words when the machine does not allow it."""
    if os.geteuid() != 0:
        raise PermissionError("a network of its own needs root")
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.unshare(NEW_NETWORK))
        yield OwnNetwork()
    finally:
        _check(_libc.setns(before, NEW_NETWORK))
        os.close(before)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
