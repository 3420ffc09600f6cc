"""The native plane behind the ``Plane`` contract: what cannot be is refused here, the rest is the engine's.

The tables that commands are checked against are kept twice: here, where only commands change them, and in the engine,
whose thread may be a few packets behind. So every error is told at once, and nothing ever waits for the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from ...rtp.rewriter import ALL_LAYERS
from ..budgets import Budgets
from ..errors import BadSettings
from ..pace import LEAST_BITRATE
from ..plane import (
    Address,
    ConsumerSettings,
    ConsumerStats,
    EncodingSettings,
    EncodingStats,
    ExtensionIds,
    PlaneEvent,
    PlaneStats,
    SrtpKeys,
)
from ..probing import MAX_CLUSTER, MAX_PROBE
from ..redundancy import MAX_LEVELS
from ..repeating import MAX_COPIES
from ..srtp import KEY_LENGTHS
from .engine import Engine

__all__ = ["NativePlane", "NativeSettings"]

PLAIN_COUNTERS = (
    "datagrams_in",
    "datagrams_out",
    "dropped_unauthenticated",
    "dropped_replay",
    "dropped_unknown_address",
)


@dataclass(frozen=True, slots=True)
class NativeSettings:
    """What the reference has not got; with the defaults both send the same bytes in the same order."""

    batching: bool = False  # packets read together go out viewer by viewer, so that the kernel takes them in groups
    pads: bool = False  # RTP padding makes near-equal sizes equal, for the same reason
    paces: bool = False  # what is over a consumer's rate goes out later instead of never
    tells_rtcp: bool = True  # somebody reads RtcpReceived
    tells_feedback: bool = True  # somebody reads FeedbackReceived; without it nobody's line is estimated
    ring_bytes: int = 256 * 1024 * 1024  # of all rings together; the oldest packets give way
    connection_bytes: int = 512 * 1024  # that may wait on one TCP connection before it is cut off
    budgets: Budgets = field(default_factory=Budgets)
    junk_per_second: float = 50.0  # STUN and DTLS of one strange host that are looked at (twice this), see loop.pxd


@dataclass(slots=True)
class _Transport:
    streams: dict[int, tuple[int, bool]] = field(default_factory=dict)  # SSRC → encoding, is it its RTX
    consumers: dict[int, int] = field(default_factory=dict)  # SSRC → consumer
    there: tuple[Address, bytes] | None = None  # its address, and the one of ours it wrote to


@dataclass(slots=True)
class _Encoding:
    settings: EncodingSettings
    rtx_ssrc: int | None = None


class NativePlane:
    """Keeps ``Plane``. Sans-IO, as the reference is; ``LoopPlane`` gives it sockets and a thread."""

    def __init__(self, random: Random | None = None, settings: NativeSettings | None = None) -> None:
        settings = settings or NativeSettings()
        self.settings = settings
        self._random = random or Random()
        self._engine = Engine(
            batching=settings.batching,
            pads=settings.pads,
            paces=settings.paces,
            tells_rtcp=settings.tells_rtcp,
            tells_feedback=settings.tells_feedback,
            ring_bytes=settings.ring_bytes,
            connection_bytes=settings.connection_bytes,
            budgets=settings.budgets,
        )
        self._transports: dict[int, _Transport] = {}
        self._owners: dict[Address, int] = {}  # who was last said to be there
        self._encodings: dict[int, _Encoding] = {}
        self._consumers: dict[int, ConsumerSettings] = {}

    # -- transports

    def add_transport(self, transport: int) -> None:
        if transport in self._transports:
            raise BadSettings(f"transport {transport} is there already")
        local_ssrc = self._random.getrandbits(32) or 1
        self._transports[transport] = _Transport()
        self._engine.add_transport(transport, local_ssrc, 1.0 * self._random.uniform(0.5, 1.0))

    def set_keys(self, transport: int, keys: SrtpKeys) -> None:
        self._transports[transport]
        length = KEY_LENGTHS.get(keys.profile)
        if length is None or len(keys.receive) != length or len(keys.send) != length:
            raise BadSettings(
                f"{keys.profile} takes keys of {length} bytes, not {len(keys.receive)} and {len(keys.send)}"
            )
        self._engine.set_keys(transport, keys.profile, keys.receive, keys.send)

    def set_address(self, transport: int, address: Address) -> None:
        found = self._transports[transport]
        there = (address, self._local(address))
        if found.there != there or self._owners.get(address) != transport:  # every check of a peer says it again
            self._engine.set_address(transport, *there)
            found.there = there
            self._owners[address] = transport

    def _local(self, address: Address) -> bytes:
        """The address of ours to send from; empty: any."""
        return b""

    def set_receive_extensions(self, transport: int, ids: ExtensionIds) -> None:
        self._transports[transport]
        self._engine.set_receive_extensions(transport, ids)

    def set_pace(self, transport: int, bitrate: int | None) -> None:
        self._transports[transport]
        if bitrate is not None and bitrate < LEAST_BITRATE:
            raise BadSettings(f"nothing can be sent at {bitrate} bit/s")
        self._engine.set_pace(transport, -1 if bitrate is None else bitrate)

    def probe(self, transport: int, cluster: int, bitrate: int, size: int) -> None:
        self._transports[transport]
        if not 1 <= cluster <= MAX_CLUSTER or bitrate < LEAST_BITRATE or not 1 <= size <= MAX_PROBE:
            raise BadSettings(f"no probe {cluster} of {size} bytes at {bitrate} bit/s")
        self._engine.probe(transport, cluster, bitrate, size)

    def remove_transport(self, transport: int) -> None:
        there = self._transports.pop(transport).there
        if there is not None and self._owners.get(there[0]) == transport:
            del self._owners[there[0]]
        for handle in [handle for handle, one in self._encodings.items() if one.settings.transport == transport]:
            self._remove_encoding(handle)
        for handle in [handle for handle, one in self._consumers.items() if one.transport == transport]:
            self.remove_consumer(handle)
        self._engine.remove_transport(transport)

    # -- inbound

    def add_encoding(self, encoding: int, settings: EncodingSettings) -> None:
        streams = self._transports[settings.transport].streams
        if encoding in self._encodings:
            raise BadSettings(f"encoding {encoding} is there already")
        for ssrc in (settings.ssrc, settings.rtx_ssrc):
            if ssrc in streams:
                raise BadSettings(f"SSRC {ssrc} of transport {settings.transport} is taken")
        self._engine.add_encoding(encoding, settings)
        self._encodings[encoding] = _Encoding(settings)
        streams[settings.ssrc] = (encoding, False)
        if settings.rtx_ssrc is not None:
            self.set_rtx_ssrc(encoding, settings.rtx_ssrc)
        self._engine.tell_of_repairers(encoding)

    def set_rtx_ssrc(self, encoding: int, rtx_ssrc: int) -> None:
        found = self._encodings[encoding]
        streams = self._transports[found.settings.transport].streams
        present = streams.get(rtx_ssrc)
        if present is not None:
            if present == (encoding, True):
                return
            raise BadSettings(f"SSRC {rtx_ssrc} of transport {found.settings.transport} is taken")
        if found.rtx_ssrc is not None:
            del streams[found.rtx_ssrc]
        found.rtx_ssrc = rtx_ssrc
        streams[rtx_ssrc] = (encoding, True)
        self._engine.set_rtx_ssrc(encoding, rtx_ssrc)

    def remove_encoding(self, encoding: int) -> None:
        found = self._encodings[encoding]
        streams = self._transports[found.settings.transport].streams
        del streams[found.settings.ssrc]
        if found.rtx_ssrc is not None:
            del streams[found.rtx_ssrc]
        self._remove_encoding(encoding)

    def _remove_encoding(self, encoding: int) -> None:
        del self._encodings[encoding]
        self._engine.remove_encoding(encoding)

    def pause_encoding(self, encoding: int, paused: bool) -> None:
        self._engine.pause_encoding(encoding, paused)

    def set_reported_loss(self, encoding: int, fraction: float | None) -> None:
        self._encodings[encoding]
        if fraction is not None and not 0 <= fraction <= 1:
            raise BadSettings(f"{fraction} is no loss")
        self._engine.set_reported_loss(encoding, min(255, int((fraction or 0) * 256)))

    # -- outbound

    def add_consumer(self, consumer: int, settings: ConsumerSettings) -> None:
        if consumer in self._consumers:
            raise BadSettings(f"consumer {consumer} is there already")
        transport = None if settings.transport == -1 else self._transports[settings.transport]
        if (transport is None) == (settings.sink is None):
            raise BadSettings(f"consumer {consumer} needs either a transport or a sink")
        if transport is not None and settings.ssrc in transport.consumers:
            raise BadSettings(f"SSRC {settings.ssrc} of transport {settings.transport} is taken")
        if len(settings.mid) > 32 or len(settings.cname.encode()) > 255:
            raise BadSettings(f"mid {settings.mid} or name {settings.cname} of consumer {consumer} is too long")
        bits = self._random.getrandbits
        rtx_index, first_index, first_timestamp = bits(15), bits(15) + 1, bits(32)
        self._engine.add_consumer(consumer, settings, rtx_index, first_index, first_timestamp)
        self._consumers[consumer] = settings
        if transport is not None:
            transport.consumers[settings.ssrc] = consumer

    def set_route(self, consumer: int, encoding: int | None) -> None:
        codec = self._consumers[consumer].codec
        if encoding is not None and self._encodings[encoding].settings.codec != codec:
            raise BadSettings(f"{self._encodings[encoding].settings.codec} cannot go out as {codec}")
        self._engine.set_route(consumer, encoding)

    def set_rate(self, consumer: int, bitrate: int | None) -> None:
        self._engine.set_rate(consumer, -1 if bitrate is None else max(0, bitrate))

    def set_temporal(self, consumer: int, highest: int | None) -> None:
        self._consumers[consumer]
        if highest is not None and not 0 <= highest <= ALL_LAYERS:
            raise BadSettings(f"there is no temporal layer {highest}")
        self._engine.set_temporal(consumer, ALL_LAYERS if highest is None else highest)

    def set_redundancy(self, consumer: int, levels: int) -> None:
        settings = self._consumers[consumer]
        if not 0 <= levels <= MAX_LEVELS:
            raise BadSettings(f"{levels} earlier packets are not sent again")
        if levels and (settings.codec != "opus" or settings.red_payload_type is None or settings.transport == -1):
            raise BadSettings(f"consumer {consumer} takes no RED")
        self._engine.set_redundancy(consumer, levels)

    def set_repair_copies(self, consumer: int, copies: int) -> None:
        self._consumers[consumer]
        if not 1 <= copies <= MAX_COPIES:
            raise BadSettings(f"no packet is sent again {copies} times at once")
        self._engine.set_repair_copies(consumer, copies)

    def remove_consumer(self, consumer: int) -> None:
        settings = self._consumers.pop(consumer)
        transport = self._transports.get(settings.transport)
        if transport is not None:
            del transport.consumers[settings.ssrc]
        self._engine.remove_consumer(consumer)
        if settings.sink is not None:
            self._engine.forget_sink(consumer)

    # -- control packets

    def send_rtcp(self, transport: int, data: bytes) -> None:
        self._engine.send_rtcp(transport, data)

    def send_raw(self, address: Address, data: bytes) -> None:
        self._engine.send_raw(address, data, self._local(address))

    # -- counters

    def encoding_stats(self, encoding: int) -> EncodingStats:
        return self._engine.encoding_stats(encoding, None)

    def consumer_stats(self, consumer: int) -> ConsumerStats:
        return self._engine.consumer_stats(consumer)

    def stats(self) -> PlaneStats:
        counters = self._engine.counters()
        plain = {name: counters.pop(name) for name in PLAIN_COUNTERS}
        return PlaneStats(**plain, extra={name: count for name, count in counters.items() if count})

    # -- driven by the shell

    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None:
        self._engine.receive(datagrams, now)

    def handle_timeout(self, now: float) -> None:
        self._engine.handle_timeout(now)

    def next_timeout(self) -> float | None:
        return self._engine.next_timeout()

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        return self._engine.packets()

    def events(self) -> list[PlaneEvent]:
        return self._engine.events()
