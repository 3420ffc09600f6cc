"""One peer's transport: ICE agent, DTLS, and what they mean for the plane. Sans-IO: the node moves the bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sfu.negotiation import Negotiated
from sfu.plane.plane import Address
from sfu.settings import Timeouts
from sfu.transport.dtls import DtlsTransport
from sfu.transport.ice import IceAgent

State = Literal["new", "connected", "vanished"]
Change = Literal["connected", "returned", "vanished", "failed", "closed", "expired"]
HELD_S = 8.0  # a live peer checks more often


@dataclass(slots=True)
class WebRtcTransport:
    """``number`` is its handle in the plane."""

    number: int
    room: str
    peer: str
    agent: IceAgent
    dtls: DtlsTransport
    plan: Negotiated
    session_id: int
    created_at: float
    state: State = "new"
    version: int = 1
    vanished_at: float = 0.0
    dtls_due_at: float | None = None
    has_begun: bool = False
    addresses: dict[Address, None] = field(default_factory=dict)  # that it sent good checks from, the latest last
    note: str = ""  # what our driver wants to find again when it comes anew

    def begins(self, now: float) -> bool:
        """Say hello once there is an address, where the peer waits for it; True when there is something to send."""
        if not self.plan.is_active or self.has_begun:
            return False
        self.has_begun = True
        self.dtls.start()
        self._arm(now)
        return True

    def receive_dtls(self, data: bytes, now: float) -> Change | None:
        """Take a DTLS datagram; tells when that was the end of the handshake, or of the connection."""
        before = self.dtls.state
        self.dtls.receive_datagram(data)
        self._arm(now)
        if before == "new" and self.dtls.state == "connected":
            self.state = "connected"
            return "connected"
        if before != self.dtls.state:
            return "closed" if self.dtls.state == "closed" else "failed"
        return None

    def handle_timeout(self, now: float, timeouts: Timeouts) -> Change | None:
        """DTLS retransmission, handshake deadline, consent, and the end of a vanished peer's grace."""
        if self.dtls_due_at is not None and now >= self.dtls_due_at:
            self.dtls.handle_timeout()
            self._arm(now)
        if self.dtls.state == "failed" or (self.state == "new" and now - self.created_at > timeouts.handshake_s):
            return "failed"
        last = self.agent.last_check_at
        silent = last is not None and now - last > timeouts.consent_s
        if self.state == "connected" and silent:
            self.state, self.vanished_at = "vanished", now
            return "vanished"
        if self.state == "vanished" and not silent:
            self.state = "connected"
            return "returned"
        if self.state == "vanished" and now - self.vanished_at > timeouts.vanished_s:
            return "expired"
        return None

    def lives_at(self, address: Address, now: float) -> bool:
        """It is sent to there, and its checks keep coming from there: nobody else can be there."""
        return (
            self.state == "connected" and self.agent.address == address and self.agent.vouches_for(address, now, HELD_S)
        )

    def _arm(self, now: float) -> None:
        timeout = self.dtls.next_timeout()
        self.dtls_due_at = now + timeout if timeout is not None else None
