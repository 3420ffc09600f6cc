"""A plane that only remembers what it was told: for tests of decisions, where no packet flows."""

from __future__ import annotations

from collections.abc import Sequence

from sfu.plane.plane import (
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


class FakePlane:
    """Commands become attributes."""

    def __init__(self) -> None:
        self.encodings: dict[int, EncodingSettings] = {}
        self.consumers: dict[int, ConsumerSettings] = {}
        self.routes: dict[int, int | None] = {}
        self.paused: dict[int, bool] = {}
        self.rtcp: list[tuple[int, bytes]] = []
        self.packets: dict[int, int] = {}
        self.bitrates: dict[int, int] = {}  # of encodings, as measured
        self.temporal: dict[int, int | None] = {}
        self.paces: dict[int, int | None] = {}
        self.probes: list[tuple[int, int, int, int]] = []
        self.redundancy: dict[int, int] = {}
        self.repair_copies: dict[int, int] = {}
        self.reported_loss: dict[int, float | None] = {}
        self.sent: dict[int, int] = {}  # packets, by consumer
        self.repaired: dict[int, int] = {}  # packets, by encoding
        self.rtt_ms: float | None = None  # of all consumers

    def add_transport(self, transport: int) -> None: ...
    def set_keys(self, transport: int, keys: SrtpKeys) -> None: ...
    def set_address(self, transport: int, address: Address) -> None: ...
    def set_receive_extensions(self, transport: int, ids: ExtensionIds) -> None: ...
    def set_pace(self, transport: int, bitrate: int | None) -> None:
        self.paces[transport] = bitrate

    def probe(self, transport: int, cluster: int, bitrate: int, size: int) -> None:
        self.probes.append((transport, cluster, bitrate, size))

    def remove_transport(self, transport: int) -> None: ...

    def add_encoding(self, encoding: int, settings: EncodingSettings) -> None:
        self.encodings[encoding] = settings

    def set_rtx_ssrc(self, encoding: int, rtx_ssrc: int) -> None:
        assert encoding in self.encodings

    def remove_encoding(self, encoding: int) -> None:
        del self.encodings[encoding]

    def pause_encoding(self, encoding: int, paused: bool) -> None:
        self.paused[encoding] = paused

    def add_consumer(self, consumer: int, settings: ConsumerSettings) -> None:
        self.consumers[consumer] = settings
        self.routes[consumer] = None

    def set_route(self, consumer: int, encoding: int | None) -> None:
        assert encoding is None or encoding in self.encodings
        self.routes[consumer] = encoding

    def set_rate(self, consumer: int, bitrate: int | None) -> None: ...
    def set_temporal(self, consumer: int, highest: int | None) -> None:
        self.temporal[consumer] = highest

    def set_repair_copies(self, consumer: int, copies: int) -> None:
        self.repair_copies[consumer] = copies

    def set_redundancy(self, consumer: int, levels: int) -> None:
        self.redundancy[consumer] = levels

    def set_reported_loss(self, encoding: int, fraction: float | None) -> None:
        self.reported_loss[encoding] = fraction

    def remove_consumer(self, consumer: int) -> None:
        del self.consumers[consumer], self.routes[consumer]

    def send_rtcp(self, transport: int, data: bytes) -> None:
        self.rtcp.append((transport, data))

    def send_raw(self, address: Address, data: bytes) -> None: ...

    def encoding_stats(self, encoding: int) -> EncodingStats:
        packets, repaired = self.packets.get(encoding, 0), self.repaired.get(encoding, 0)
        return EncodingStats(packets=packets, repaired=repaired, bitrate=self.bitrates.get(encoding, 0))

    def consumer_stats(self, consumer: int) -> ConsumerStats:
        return ConsumerStats(packets=self.sent.get(consumer, 0), rtt_ms=self.rtt_ms)

    def stats(self) -> PlaneStats:
        return PlaneStats()

    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None: ...
    def handle_timeout(self, now: float) -> None: ...

    def next_timeout(self) -> float | None:
        return None

    def packets_to_send(self) -> list[tuple[bytes, Address]]:
        return []

    def events(self) -> list[PlaneEvent]:
        return []
