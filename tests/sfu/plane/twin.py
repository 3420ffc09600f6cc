"""Both planes at once: everything is done to both, and whatever they send, tell or count must be the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from random import Random
from typing import Any

from pylibsrtp import Policy

from sfu.plane.native.plane import NativePlane, NativeSettings
from sfu.plane.plane import Address, ConsumerSettings, Plane, PlaneEvent, SinkPacket, SrtpKeys
from sfu.plane.reference import ReferencePlane
from sfu.plane.srtp import FrameSession
from sfu.rtp.packet import RtpPacket, is_rtcp, parse_rtp

from .network import PROFILES

OVER_BUDGET = tuple(f"{what}_over_budget" for what in ("media", "control", "nacks", "repairs", "keyframes", "events"))
COUNTED = (
    "malformed",
    "backlogs_dropped",
    "refused_unopened",
    "unprotectable",
    "events_dropped",
    "sink_failed",
    *OVER_BUDGET,
)


class TwinPlane:
    """Looks like a plane; ``oracle`` is the reference, ``native`` the other."""

    settings = NativeSettings()

    def __init__(self, random: Random) -> None:
        seed = random.getrandbits(64)
        self.oracle = ReferencePlane(Random(seed))
        self.native = NativePlane(Random(seed), self.settings)
        self.encodings: set[int] = set()
        self.consumers: set[int] = set()
        self.taps: tuple[list[SinkPacket], list[SinkPacket]] = ([], [])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A command: done to both, refused by both or by none."""

        def command(*arguments: Any) -> None:
            outcomes = [_attempt(getattr(plane, name), arguments) for plane in (self.oracle, self.native)]
            assert outcomes[0] == outcomes[1], name
            if outcomes[0] is not None:
                raise outcomes[0][0](outcomes[0][1])
            self._note(name, arguments)

        return command

    def _note(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "add_encoding":
            self.encodings.add(arguments[0])
        elif name == "remove_encoding":
            self.encodings.discard(arguments[0])
        elif name == "remove_consumer":
            self.consumers.discard(arguments[0])

    def add_consumer(self, consumer: int, settings: ConsumerSettings) -> None:
        """A sink's packets are compared too."""
        outcomes = []
        planes: tuple[Plane, Plane] = (self.oracle, self.native)
        for plane, tap in zip(planes, self.taps, strict=True):
            each = settings if settings.sink is None else replace(settings, sink=tap.append)
            outcomes.append(_attempt(plane.add_consumer, (consumer, each)))
        assert outcomes[0] == outcomes[1]
        if outcomes[0] is not None:
            raise outcomes[0][0](outcomes[0][1])
        self.consumers.add(consumer)

    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None:
        self.oracle.receive(datagrams, now)
        self.native.receive(datagrams, now)

    def handle_timeout(self, now: float) -> None:
        self.oracle.handle_timeout(now)
        self.native.handle_timeout(now)

    def next_timeout(self) -> float | None:
        due = self.oracle.next_timeout()
        assert self.native.next_timeout() == due
        return due

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        expected, sent = self.oracle.packets_to_send(), self.native.packets_to_send()
        assert len(sent) == len(expected)
        for number, (one, other) in enumerate(zip(sent, expected, strict=True)):
            assert one == other, f"packet {number} of {len(sent)}"
        return sent

    def events(self) -> list[PlaneEvent]:
        expected = self.oracle.events()
        assert self.native.events() == expected
        return expected

    def compare_counters(self) -> None:
        """Every counter that both have."""
        for handle in list(self.encodings):
            assert asdict(self.native.encoding_stats(handle)) == asdict(self.oracle.encoding_stats(handle))
        for handle in list(self.consumers):
            assert asdict(self.native.consumer_stats(handle)) == asdict(self.oracle.consumer_stats(handle))
        one, other = asdict(self.native.stats()), asdict(self.oracle.stats())
        one["extra"] = {name: count for name, count in one["extra"].items() if name in COUNTED}
        assert one == other
        assert self._in_order(self.taps[1]) == self._in_order(self.taps[0])

    def _in_order(self, taken: list[SinkPacket]) -> list[SinkPacket]:
        """What the sinks got, in the order that is promised: here of all sinks together."""
        return taken


class BatchedTwin(TwinPlane):
    """The native plane as a worker runs it: packets of one encoding go out viewer by viewer, with padding.

    So the whole order is its own; what one viewer gets on one SSRC is compared, decrypted and without padding.
    """

    settings = NativeSettings(batching=True, pads=True)

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.addresses: dict[Address, int] = {}
        self.sessions: dict[
            int, tuple[FrameSession, FrameSession]
        ] = {}  # what opens the oracle's packets, and the other's
        self.padded = 0

    def _note(self, name: str, arguments: tuple[Any, ...]) -> None:
        super()._note(name, arguments)
        if name == "set_address":
            self.addresses[arguments[1]] = arguments[0]
        elif name == "set_keys":
            self.sessions[arguments[0]] = (_opener(arguments[1]), _opener(arguments[1]))

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        expected, sent = self.oracle.packets_to_send(), self.native.packets_to_send()
        assert self._by_viewer(sent, 1) == self._by_viewer(expected, 0)
        return expected

    def _in_order(self, taken: list[SinkPacket]) -> list[SinkPacket]:
        """Only of each sink for itself."""
        return sorted(taken, key=lambda packet: packet.consumer)

    def _by_viewer(self, packets: list[tuple[bytes, Address]], which: int) -> dict[tuple[Address, int], list[object]]:
        found: dict[tuple[Address, int], list[object]] = {}
        for data, address in packets:
            handle = self.addresses.get(address)
            if handle is None:
                found.setdefault((address, -1), []).append(data)
                continue
            session = self.sessions[handle][which]
            if is_rtcp(data):
                found.setdefault((address, -2), []).append(session.unprotect_rtcp(data))
                continue
            packet: RtpPacket = parse_rtp(session.unprotect(data))
            self.padded += packet.padding > 0
            assert packet.padding <= 8
            packet.padding = 0
            found.setdefault((address, packet.ssrc), []).append(packet)
        return found


def _opener(keys: SrtpKeys) -> FrameSession:
    policy = Policy(key=keys.send, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=PROFILES[keys.profile])
    policy.window_size = 1024
    return FrameSession(policy)


def _attempt(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[type[Exception], str] | None:
    try:
        function(*arguments)
    except (ValueError, KeyError) as error:
        return type(error), str(error)
    return None


_: type[Plane] = TwinPlane
