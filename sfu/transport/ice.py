"""ICE-lite (RFC 8445 2.5) for many peers behind one port: the table of ufrags, and each peer's agent. Sans-IO.

A check is answered only when its ufrag is ours and its MESSAGE-INTEGRITY is right; everything else gets silence.
The first good check gives a peer its address, USE-CANDIDATE moves it. Checks that keep coming are consent
(RFC 7675): without them for a while the peer counts as gone.
"""

from __future__ import annotations

import secrets
import string
import struct
from collections import OrderedDict
from dataclasses import dataclass, field

from aioice import stun

from sfu.plane.plane import Address
from sfu.transport.addresses import household
from sfu.transport.transactions import Transactions

ICE_CHARACTERS = string.ascii_letters + string.digits
REMEMBERED_ADDRESSES = 16
USERNAME = 6  # RFC 8489 18.3
PEERS_PER_SECOND = 4  # times what a stranger may send
STALE_S = 3.0  # a chosen address that was not nominated for so long gives way to any other nominated one


def new_credentials() -> tuple[str, str]:
    """A fresh ufrag and password (RFC 8445 5.3: at least 24 and 128 bits)."""
    return _random(8), _random(24)


def _random(length: int) -> str:
    return "".join(secrets.choice(ICE_CHARACTERS) for _ in range(length))


@dataclass(slots=True)
class _Path:
    """What we know of one address a peer has sent good checks from."""

    priority: int = 0
    checked_at: float = 0.0
    nominated_at: float = -1e9


@dataclass(slots=True)
class IceAgent:
    """One peer's ICE state."""

    ufrag: str
    pwd: str
    remote_ufrag: str
    address: Address | None = None
    last_check_at: float | None = None
    restarted: bool = False
    path_changed: bool = False  # by that restart; whoever acts on it takes it back
    _paths: OrderedDict[Address, _Path] = field(default_factory=OrderedDict)
    _transactions: Transactions = field(default_factory=Transactions)

    def restart(self, ufrag: str, pwd: str, remote_ufrag: str) -> None:
        """New credentials; the address stays until the first good check with them."""
        self.ufrag, self.pwd, self.remote_ufrag = ufrag, pwd, remote_ufrag
        self.restarted = True
        self._paths.clear()
        self._transactions = Transactions()

    def receive_check(
        self, message: stun.Message, source: Address, reflexive: tuple[str, int], now: float
    ) -> bytes | None:
        """Answer a check addressed to our ufrag, or None when it must be ignored."""
        known = self.address if self.address == source else source  # one object for all that is remembered
        if not self._is_authentic(message) or self._transactions.is_replay(message.transaction_id or b"", known):
            return None
        if "ICE-CONTROLLED" in message.attributes:
            return self._refusal(message, 487, "Role Conflict")
        path = self._paths.setdefault(source, _Path())
        path.priority = message.attributes.get("PRIORITY", 0)
        path.checked_at = now
        if "USE-CANDIDATE" in message.attributes:
            path.nominated_at = now
        self._forget_oldest_path()
        self._choose(source, path, now)
        self.last_check_at = now
        return self._success(message, reflexive)

    def vouches_for(self, source: Address, now: float, within_s: float = 30.0) -> bool:
        """A good check came from there lately, so media may be sent there."""
        path = self._paths.get(source)
        return path is not None and now - path.checked_at <= within_s

    def confirm(self, source: Address, now: float) -> None:
        """It has answered a check of ours from there: as good as one of its own, and it is there now."""
        current = self._paths.get(self.address) if self.address is not None else None
        self._paths[source] = _Path(current.priority if current else 0, checked_at=now)
        self._forget_oldest_path()
        self.address = source

    def move(self, address: Address) -> None:
        """Send to another address of this peer that ``vouches_for`` allows."""
        self.address = address

    def _is_authentic(self, message: stun.Message) -> bool:
        # Said here although the library says it too: a check without MESSAGE-INTEGRITY proves nothing.
        if "MESSAGE-INTEGRITY" not in message.attributes or "FINGERPRINT" not in message.attributes:
            return False
        if message.attributes.get("USERNAME", "") != f"{self.ufrag}:{self.remote_ufrag}":
            return False
        return message.check_message_integrity(self.pwd.encode())

    def _forget_oldest_path(self) -> None:
        while len(self._paths) > REMEMBERED_ADDRESSES:
            spare = [address for address in self._paths if address != self.address]
            oldest = min(spare, key=lambda address: self._paths[address].checked_at)
            del self._paths[oldest]

    def _choose(self, source: Address, path: _Path, now: float) -> None:
        if self.address is None or self.restarted:
            self.address, self.path_changed, self.restarted = source, self.restarted, False
            return
        if source == self.address:
            return
        current = self._paths.get(self.address, _Path())
        is_nominated = path.nominated_at == now
        current_is_stale = now - max(current.nominated_at, current.checked_at) > STALE_S
        if is_nominated and (path.priority >= current.priority or now - current.nominated_at > STALE_S):
            self.address = source
        elif current_is_stale and not is_nominated and now - current.checked_at > 2 * STALE_S:
            self.address = source  # the network rebound the peer's port: its checks now come from here only

    def _success(self, request: stun.Message, reflexive: tuple[str, int]) -> bytes:
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = reflexive
        response.add_message_integrity(self.pwd.encode())
        return bytes(response)

    def _refusal(self, request: stun.Message, code: int, reason: str) -> bytes:
        response = stun.Message(stun.Method.BINDING, stun.Class.ERROR, request.transaction_id)
        response.attributes["ERROR-CODE"] = (code, reason)
        response.add_message_integrity(self.pwd.encode())
        return bytes(response)


@dataclass(slots=True)
class UnauthenticatedLimit:
    """A token bucket per host for traffic that nobody vouches for, so that a flood costs little and gets nothing."""

    per_second: int
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def allows(self, host: str, now: float) -> bool:
        """One more junk packet of this host may be looked at."""
        tokens, at = self._buckets.pop(host, (float(self.per_second), now))
        tokens = min(float(self.per_second), tokens + (now - at) * self.per_second)
        allowed = tokens >= 1
        self._buckets[host] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > 4096:
            self._buckets.popitem(last=False)
        return allowed

    def forgive(self, host: str) -> None:
        """The last packet was authentic after all."""
        tokens, at = self._buckets.get(host, (0.0, 0.0))
        if at:
            self._buckets[host] = (min(float(self.per_second), tokens + 1), at)


@dataclass(slots=True)
class IceTable:
    """All agents by ufrag; an old ufrag of a restart is gone at once."""

    per_second: int = 50
    agents: dict[str, tuple[IceAgent, int]] = field(default_factory=dict)  # ufrag → agent, transport
    refused: int = 0
    limit: UnauthenticatedLimit = field(init=False)
    peers_limit: UnauthenticatedLimit = field(init=False)

    def __post_init__(self) -> None:
        self.limit = UnauthenticatedLimit(self.per_second)
        self.peers_limit = UnauthenticatedLimit(PEERS_PER_SECOND * self.per_second)

    def add(self, agent: IceAgent, transport: int) -> None:
        self.agents[agent.ufrag] = (agent, transport)

    def remove(self, agent: IceAgent) -> None:
        self.agents.pop(agent.ufrag, None)

    def receive(
        self,
        data: bytes,
        source: Address,
        reflexive: tuple[str, int],
        now: float,
        *,
        known: bool = False,
        owner: int | None = None,
    ) -> tuple[int, bytes] | None:
        """Handle one STUN datagram: (transport, response), or None for silence.

        ``known``: a peer has proved that it is there, so that strangers of its host cannot use up what it may send.
        ``owner``: the transport that lives there now, to whom alone checks from there belong.
        """
        limit, key = (self.peers_limit, str(source)) if known else (self.limit, household(reflexive[0]))
        entry = self._entry_of(data) if limit.allows(key, now) else None
        if entry is not None and owner in (None, entry[1]):
            agent, transport = entry
            message = _parse_check(data)
            response = agent.receive_check(message, source, reflexive, now) if message is not None else None
            if response is not None:
                limit.forgive(key)
                return transport, response
        self.refused += 1
        return None

    def _entry_of(self, data: bytes) -> tuple[IceAgent, int] | None:
        """Whom a check is for, at a fraction of what reading it costs: a stranger knows none of our ufrags."""
        name = username_of(data)
        return self.agents.get(name.partition(":")[0]) if name else None


def username_of(data: bytes) -> str:
    """The USERNAME of a STUN message; empty when there is none."""
    at = 20
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        if kind == USERNAME:
            return data[at + 4 : at + 4 + size].decode("ascii", "replace")
        at += 4 + size + (-size & 3)
    return ""


def _parse_check(data: bytes) -> stun.Message | None:
    try:
        message = stun.parse_message(data)
    except Exception:  # the parser raises ValueError, struct.error and UnicodeDecodeError on junk
        return None
    if message.message_method != stun.Method.BINDING or message.message_class != stun.Class.REQUEST:
        return None
    return message
