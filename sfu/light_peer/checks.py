"""The controlling side of ICE towards an ICE-lite server: checks until one is answered, then consent. Sans-IO."""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field

from aioice import stun

CHECK_S = 0.25
CONSENT_S = 2.5
PRIORITY = 1853824767


@dataclass(slots=True)
class Checks:
    """Our half of the credentials and theirs; ``answered_at``: the last good answer."""

    ufrag: str
    pwd: str
    remote_ufrag: str = ""
    remote_pwd: str = ""
    answered_at: float | None = None
    tie_breaker: int = field(default_factory=lambda: secrets.randbits(64))
    due_at: float = 0.0
    _pending: deque[bytes] = field(default_factory=lambda: deque(maxlen=16))

    def next_check(self, now: float) -> bytes | None:
        """A check if one is due."""
        if now < self.due_at:
            return None
        self.due_at = now + (CHECK_S if self.answered_at is None else CONSENT_S)
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = PRIORITY
        request.attributes["ICE-CONTROLLING"] = self.tie_breaker
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(self.remote_pwd.encode())
        self._pending.append(request.transaction_id)
        return bytes(request)

    def receive_answer(self, data: bytes, now: float) -> bool:
        """True when this is a good answer to a check of ours."""
        try:
            message = stun.parse_message(data)
        except Exception:  # junk raises more than ValueError
            return False
        if message.message_class != stun.Class.RESPONSE or message.transaction_id not in self._pending:
            return False
        if not message.check_message_integrity(self.remote_pwd.encode()):
            return False
        self.answered_at = now
        self.due_at = now + CONSENT_S
        return True

    def answer(self, data: bytes, reflexive: tuple[str, int]) -> bytes | None:
        """The answer to a check of the server's, when it is signed with our password."""
        try:
            message = stun.parse_message(data)
        except Exception:  # junk raises more than ValueError
            return None
        if message.message_class != stun.Class.REQUEST or "MESSAGE-INTEGRITY" not in message.attributes:
            return None
        if not message.check_message_integrity(self.pwd.encode()):
            return None
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = reflexive
        response.add_message_integrity(self.pwd.encode())
        return bytes(response)

    def restart(self, ufrag: str, pwd: str) -> None:
        """New credentials of ours; theirs come with the answer."""
        self.ufrag, self.pwd = ufrag, pwd
        self.answered_at, self.due_at = None, 0.0
        self._pending.clear()
