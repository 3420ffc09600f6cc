"""Where the peers are: checks answered, each address' owner, moves followed. Nothing goes to an unproven address.

The node owns the transports and the sockets; here is what joins one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfu.plane.plane import Address, AddressMoved, Plane
from sfu.transport.carried import CarriedListener
from sfu.transport.ice import IceAgent, IceTable, new_credentials
from sfu.transport.listener import Listener
from sfu.transport.return_check import ReturnChecks
from sfu.transport.webrtc import WebRtcTransport

MAX_ADDRESSES = 16  # of one peer


class Whereabouts:
    """Of all peers of a node. ``transports`` is the node's own table, by number."""

    def __init__(
        self,
        transports: Mapping[int, WebRtcTransport],
        listener: Listener | CarriedListener,
        plane: Plane,
        unauthenticated_per_second: int,
    ) -> None:
        self.ice = IceTable(unauthenticated_per_second)
        self.returns = ReturnChecks()
        self.by_address: dict[Address, int] = {}
        self._transports = transports
        self._listener = listener
        self._plane = plane

    # -- peers come and go ------------------------------------------------------------------------------------------

    def new_agent(self, remote_ufrag: str) -> IceAgent:
        """With credentials that no other peer here has; it gets no answer before ``add``."""
        ufrag, pwd = new_credentials()
        while ufrag in self.ice.agents:
            ufrag, pwd = new_credentials()
        return IceAgent(ufrag, pwd, remote_ufrag)

    def add(self, transport: WebRtcTransport) -> None:
        self.ice.add(transport.agent, transport.number)

    def restart(self, transport: WebRtcTransport) -> None:
        """New credentials for the same peer; the old ones are worth nothing from now on."""
        self.ice.remove(transport.agent)
        fresh = self.new_agent(transport.plan.remote_ufrag)
        transport.agent.restart(fresh.ufrag, fresh.pwd, fresh.remote_ufrag)
        self.ice.add(transport.agent, transport.number)

    def remove(self, transport: WebRtcTransport) -> None:
        """A peer is gone, and so are its addresses."""
        self.ice.remove(transport.agent)
        for address in transport.addresses:
            self._forget_address(transport, address)

    def connection_lost(self, address: Address) -> None:
        """A TCP connection has ended."""
        self.by_address.pop(address, None)

    # -- packets ----------------------------------------------------------------------------------------------------

    def owner_of(self, address: Address) -> WebRtcTransport | None:
        """Whose last good check came from there."""
        return self._transports.get(self.by_address.get(address, -1))

    def chosen_for(self, address: Address) -> Address:
        """A peer may send from any address its checks vouch for; the plane knows it by the chosen one only."""
        owner = self.owner_of(address)
        chosen = owner.agent.address if owner is not None else None
        return address if chosen is None else chosen

    def receive_stun(self, data: bytes, source: Address, now: float) -> WebRtcTransport | None:
        """Answer a check, or take the answer to one of ours; the peer whose check it was."""
        proved = self.returns.receive(data, source, now)
        if proved is not None and proved in self._transports:
            self._arrived(self._transports[proved], source, now)
            return None
        holder = self.owner_of(source)
        owner = holder.number if holder is not None and holder.lives_at(source, now) else None
        reflexive = self._listener.reflexive(source)
        answered = self.ice.receive(data, source, reflexive, now, known=holder is not None, owner=owner)
        if answered is None:
            return None
        number, response = answered
        transport = self._transports[number]
        self._is_at(transport, source)
        self._listener.send(response, source)
        if transport.agent.address is not None:
            self._plane.set_address(number, transport.agent.address)
        return transport

    def follow(self, event: AddressMoved, now: float) -> None:
        """Media comes from elsewhere; follow where a check has confirmed the address, else ask there."""
        transport = self._transports.get(event.transport)
        if transport is None:
            return
        if transport.agent.vouches_for(event.address, now):
            transport.agent.move(event.address)
            self._plane.set_address(event.transport, event.address)
        elif transport.state == "connected" and event.address not in self.by_address:
            plan = transport.plan
            username = f"{plan.remote_ufrag}:{transport.agent.ufrag}"
            question = self.returns.ask(event.transport, username, plan.remote_pwd, event.address, now)
            self._listener.send(question, event.address)

    def answered(self, transport: WebRtcTransport, source: Address) -> None:
        """The other side of a link that we dialled has answered from there."""
        self._is_at(transport, source)
        if transport.agent.address is not None:
            self._plane.set_address(transport.number, transport.agent.address)

    def _arrived(self, transport: WebRtcTransport, source: Address, now: float) -> None:
        """A peer has moved, and has proved it."""
        transport.agent.confirm(source, now)
        self._is_at(transport, source)
        self._plane.set_address(transport.number, source)

    def _is_at(self, transport: WebRtcTransport, source: Address) -> None:
        """A peer has as many addresses as the plane remembers; the oldest goes."""
        self._listener.prove(source)
        self.by_address[source] = transport.number
        if source in transport.addresses:
            return
        transport.addresses[source] = None
        self._listener.vouch(transport.number, source)
        if len(transport.addresses) > MAX_ADDRESSES:
            oldest = next(one for one in transport.addresses if one != transport.agent.address)
            del transport.addresses[oldest]
            self._forget_address(transport, oldest)

    def _forget_address(self, transport: WebRtcTransport, address: Address) -> None:
        if self.by_address.get(address) == transport.number:
            del self.by_address[address]
            self._listener.forget(address)
