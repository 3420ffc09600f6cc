"""Is the peer really there? A check of ours to the address that its media suddenly comes from (RFC 8445 7.2). Sans-IO.

A NAT that rebinds a port tells nobody: the peer's own check would come after seconds. Its packets are authentic, but a
copy sent ahead of them by somebody else would be too; only the peer can answer a check signed with its password, from
there. So nothing but one small question goes to an address before it is proved.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from aioice import stun

from sfu.plane.plane import Address

RESPONSE = b"\x01\x01"  # a Binding success response, RFC 8489 5
WAITS_S = 2.0
MOST = 256


@dataclass(frozen=True, slots=True)
class _Asked:
    transport: int
    address: Address
    password: bytes
    at: float


@dataclass(slots=True)
class ReturnChecks:
    """Questions that wait for their answers."""

    _pending: OrderedDict[bytes, _Asked] = field(default_factory=OrderedDict)

    def ask(self, transport: int, username: str, password: str, address: Address, now: float) -> bytes:
        """The check to send to ``address``; ``username`` is theirs:ours, the password theirs."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = username
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLED"] = transport
        request.add_message_integrity(password.encode())
        self._pending[request.transaction_id] = _Asked(transport, address, password.encode(), now)
        while len(self._pending) > MOST:
            self._pending.popitem(last=False)
        return bytes(request)

    def receive(self, data: bytes, source: Address, now: float) -> int | None:
        """The transport that has proved to be at ``source``; None for anything else."""
        asked = self._pending.get(data[8:20]) if data[:2] == RESPONSE else None
        if asked is None or asked.address != source or now - asked.at > WAITS_S:
            return None
        try:
            message = stun.parse_message(data)
        except Exception:  # the parser raises ValueError, struct.error and UnicodeDecodeError on junk
            return None
        if "MESSAGE-INTEGRITY" not in message.attributes or not message.check_message_integrity(asked.password):
            return None
        del self._pending[data[8:20]]
        return asked.transport
