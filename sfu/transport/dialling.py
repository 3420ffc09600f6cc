"""The dialling side of a link: full ICE towards an ICE-lite node, controlling (RFC 8445). Sans-IO.

All its UDP addresses are tried at once, TCP beside them when none answers; the first that answers is kept as long as it
goes on answering. Return checks of the other side (RFC 8445 7.2) are answered. A check costs 100 bytes, so that whoever
names somebody else's address as his own makes little of us.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from aioice import stun

from sfu.plane.plane import Address
from sfu.transport.ice import IceAgent

CHECK_S = 0.2  # until one is answered
CONSENT_S = 2.0
SILENT_S = 5.0  # the chosen address does not answer: all are tried again
PRIORITY = 1853824767
PENDING = 64
RESPONSE = b"\x01\x01"  # a Binding success response, RFC 8489 5


@dataclass(slots=True)
class DiallingAgent(IceAgent):
    """``address`` is the one that answered; ``candidates`` change as TCP connections come and go."""

    remote_pwd: str = ""
    candidates: list[Address] = field(default_factory=list)
    answered_at: float = float("-inf")
    tie_breaker: int = field(default_factory=lambda: secrets.randbits(64))
    _due_at: float = 0.0
    _pending: OrderedDict[bytes, Address] = field(default_factory=OrderedDict)

    def checks_to_send(self, now: float) -> list[tuple[bytes, Address]]:
        """Checks that are due."""
        if now < self._due_at:
            return []
        is_chosen = self.address in self.candidates and now - self.answered_at < SILENT_S
        self._due_at = now + (CONSENT_S if is_chosen else CHECK_S)
        targets = [self.address] if is_chosen and self.address is not None else self.candidates
        return [(self._check(address), address) for address in targets]

    def next_check_at(self) -> float:
        return self._due_at

    def hurry(self) -> None:
        """There is another address to try."""
        self._due_at = 0.0

    def receive_answer(self, data: bytes, source: Address, now: float) -> bool:
        """True for a good answer to a check of ours, from where it was sent to."""
        if data[:2] != RESPONSE or self._pending.get(data[8:20]) != source:
            return False
        try:
            message = stun.parse_message(data)
        except Exception:  # the parser raises ValueError, struct.error and UnicodeDecodeError on junk
            return False
        if "MESSAGE-INTEGRITY" not in message.attributes:
            return False
        if not message.check_message_integrity(self.remote_pwd.encode()):
            return False
        del self._pending[data[8:20]]
        if self.address != source and self.address in self.candidates and now - self.answered_at < SILENT_S:
            return True  # another one answers already
        self.address, self.answered_at, self.last_check_at = source, now, now
        self._due_at = max(self._due_at, now + CONSENT_S)
        return True

    def receive_check(
        self, message: stun.Message, source: Address, reflexive: tuple[str, int], now: float
    ) -> bytes | None:
        """Answer a return check: is it really we who are there?"""
        if not self._is_authentic(message) or self._transactions.is_replay(message.transaction_id or b"", source):
            return None
        return self._success(message, reflexive) if source in self.candidates else None

    def vouches_for(self, source: Address, now: float, within_s: float = 30.0) -> bool:
        """It answers there; we go nowhere else because of what we receive."""
        return source == self.address and now - self.answered_at <= within_s

    def _check(self, address: Address) -> bytes:
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = PRIORITY
        request.attributes["ICE-CONTROLLING"] = self.tie_breaker
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.remote_pwd.encode())
        self._pending[request.transaction_id] = address
        while len(self._pending) > PENDING:
            self._pending.popitem(last=False)
        return bytes(request)
