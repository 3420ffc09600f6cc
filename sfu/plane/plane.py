"""The Plane: what the control plane may ask of the packet plane, and what the plane reports. See CONTRACT.md.

Handles are small integers chosen by the control plane. Commands take effect in the order given, before the next
packet is read. Nothing here blocks; nothing here is called from two threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

Kind = Literal["audio", "video"]
CodecName = Literal["opus", "vp8", "h264"]
Address = tuple[str, int]  # UDP; a TCP peer is ("tcp:<connection number>", 0)
SrtpProfile = Literal["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"]


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master keys with their salts appended (RFC 5764 4.2), as both sides of one transport use them."""

    profile: SrtpProfile
    receive: bytes  # key + salt the peer sends with
    send: bytes  # key + salt we send with


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """RFC 8285 ids as negotiated on one m-line; 0 = not negotiated."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    audio_level: int = 0
    abs_send_time: int = 0
    transport_cc: int = 0


@dataclass(frozen=True, slots=True)
class EncodingSettings:
    """An inbound stream: one encoding (simulcast layer) of one producer."""

    transport: int
    kind: Kind
    ssrc: int
    rtx_ssrc: int | None
    payload_type: int
    rtx_payload_type: int | None
    codec: CodecName
    clock_rate: int
    extensions: ExtensionIds
    nack: bool = True
    producer: int | None = None  # encodings with the same number are layers of one picture; None: stands alone
    red_payload_type: int | None = None  # Opus in RED (RFC 2198): unpacked on arrival


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """An outbound stream with fixed SSRCs: a slot of one peer, or a sink when ``sink`` is given."""

    transport: int  # -1 for a sink
    kind: Kind
    ssrc: int
    rtx_ssrc: int | None
    payload_type: int
    rtx_payload_type: int | None
    codec: CodecName
    clock_rate: int
    extensions: ExtensionIds
    mid: str = ""  # sent as an extension only when extensions.mid is set
    cname: str = "giaoban"
    sink: Callable[[SinkPacket], None] | None = None
    red_payload_type: int | None = None  # under which ``set_redundancy`` sends; of the same SSRC


@dataclass(frozen=True, slots=True)
class SinkPacket:
    """A rewritten, unencrypted RTP packet for a sink (the recorder's tap), and when it arrived."""

    consumer: int
    encoding: int  # that it came from; the route may already be another
    rtp: bytes
    arrival_ns: int  # CLOCK_REALTIME of the packet that caused it
    ntp: int | None = None  # sender's wall clock of this RTP timestamp (64-bit NTP) once an SR was seen


# -- events: what the plane reports ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnknownStream:
    """An SSRC nobody told us of, on an authenticated transport; ``rid``/``repaired_rid`` say which layer it is.

    Told at once when something new is learned of it, else at most every 100 ms until it is known. ``payload_type`` with
    ``repaired_rid`` (or a RTX payload type) is a repair stream: it goes to ``set_rtx_ssrc``, never to ``add_encoding``.
    """

    transport: int
    ssrc: int
    payload_type: int
    mid: str | None
    rid: str | None
    repaired_rid: str | None


@dataclass(frozen=True, slots=True)
class RtcpReceived:
    """A decrypted compound RTCP packet, for ``sfu.rtp.rtcp``. NACK, PLI, FIR, SR and RR are already acted on."""

    transport: int
    data: bytes
    arrival_ns: int


class PacketResult(NamedTuple):
    """What became of one packet that we sent with a transport-wide number."""

    sent_at: float  # s, the plane's clock, to the microsecond
    arrived_at: float | None  # s, the receiver's clock, to 250 µs; None: reported lost
    size: int  # bytes of the datagram, RTP header and SRTP tag included
    cluster: int  # 0: media; else the probe it belongs to


@dataclass(frozen=True, slots=True)
class FeedbackReceived:
    """A viewer's transport-cc feedback, matched with what was sent, in the order sent; at most 512 packets an event.

    Each packet is told at most once as lost and at most once as arrived (perhaps both, in this order).
    """

    transport: int
    packets: tuple[PacketResult, ...]
    at: float  # when the feedback came, the plane's clock


@dataclass(frozen=True, slots=True)
class KeyframeNeeded:
    """Somebody waits for a keyframe of this encoding; at most one per 500 ms, merged per producer by the room."""

    encoding: int


@dataclass(frozen=True, slots=True)
class RouteTaken:
    """The consumer now carries this encoding: its keyframe (or first audio packet) has been forwarded."""

    consumer: int
    encoding: int


@dataclass(frozen=True, slots=True)
class AudioLevels:
    """Loudness of audio encodings since the last report: encoding → −dBov, 0 (loudest) … 127 (RFC 6464)."""

    levels: dict[int, int]


@dataclass(frozen=True, slots=True)
class AddressMoved:
    """An authenticated, newest packet of this transport came from another address."""

    transport: int
    address: Address


PlaneEvent = UnknownStream | RtcpReceived | FeedbackReceived | KeyframeNeeded | RouteTaken | AudioLevels | AddressMoved


@dataclass(slots=True)
class EncodingStats:
    """Counters of an inbound stream; read, never pushed."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0  # after repair by RTX
    repaired: int = 0
    nacks_sent: int = 0
    keyframes: int = 0
    bitrate: int = 0  # over the last second
    jitter_ms: float = 0.0
    last_packet_at: float = 0.0
    temporal_bitrates: tuple[int, int, int, int] = (0, 0, 0, 0)  # VP8 payload of each temporal layer, as ``bitrate``


@dataclass(slots=True)
class ConsumerStats:
    """Counters of an outbound stream."""

    packets: int = 0
    bytes: int = 0
    retransmitted: int = 0
    retransmission_missed: int = 0
    encoding: int | None = None
    fraction_lost: float = 0.0
    rtt_ms: float | None = None


@dataclass(slots=True)
class PlaneStats:
    """Counters of the whole plane."""

    datagrams_in: int = 0
    datagrams_out: int = 0
    dropped_unauthenticated: int = 0
    dropped_replay: int = 0
    dropped_unknown_address: int = 0
    extra: dict[str, int] = field(default_factory=dict)


class Plane(Protocol):
    """Commands. Errors: ``KeyError`` for an unknown handle, ``ValueError`` for settings that cannot be."""

    # transports
    def add_transport(self, transport: int) -> None: ...
    def set_keys(self, transport: int, keys: SrtpKeys) -> None: ...
    def set_address(self, transport: int, address: Address) -> None: ...
    def set_receive_extensions(self, transport: int, ids: ExtensionIds) -> None:
        """The ids this peer sends with (one set for the whole bundle); needed before any encoding is known."""

    def set_pace(self, transport: int, bitrate: int | None) -> None:
        """All video of the transport, live, repeated or from the ring, leaves at no more than this; None: at once."""

    def probe(self, transport: int, cluster: int, bitrate: int, size: int) -> None:
        """Send ``size`` bytes more than the media at ``bitrate``, told of as ``cluster`` (1 … 255): the newest packets
        again as RTX, else padding. Nothing where no consumer has RTX and transport-cc. A new probe ends the last."""

    def remove_transport(self, transport: int) -> None: ...

    # inbound
    def add_encoding(self, encoding: int, settings: EncodingSettings) -> None: ...
    def set_rtx_ssrc(self, encoding: int, rtx_ssrc: int) -> None: ...
    def remove_encoding(self, encoding: int) -> None: ...
    def pause_encoding(self, encoding: int, paused: bool) -> None:
        """A paused encoding forwards nothing to anybody, whatever the routes say (the floor is server state)."""

    def set_reported_loss(self, encoding: int, fraction: float | None) -> None:
        """Tell the sender of no less loss than this (0 … 1): so that its Opus encoder helps listeners who lose more."""

    # outbound
    def add_consumer(self, consumer: int, settings: ConsumerSettings) -> None: ...
    def set_route(self, consumer: int, encoding: int | None) -> None:
        """Switch a consumer to an encoding: audio at its next packet, video at its next keyframe (the old encoding
        goes on until then if it is of the same producer); None stops it at once."""

    def set_rate(self, consumer: int, bitrate: int | None) -> None: ...
    def set_temporal(self, consumer: int, highest: int | None) -> None:
        """VP8 temporal layers above ``highest`` do not go out; None: all do. Other codecs: nothing happens."""

    def set_redundancy(self, consumer: int, levels: int) -> None:
        """With each Opus packet send so many earlier ones again (0, 1 or 2), as RED under ``red_payload_type``."""

    def set_repair_copies(self, consumer: int, copies: int) -> None:
        """Answer a NACK with so many RTX packets (1 or 2), for one may be lost as well."""

    def remove_consumer(self, consumer: int) -> None: ...

    # control packets
    def send_rtcp(self, transport: int, data: bytes) -> None: ...
    def send_raw(self, address: Address, data: bytes) -> None: ...

    # counters
    def encoding_stats(self, encoding: int) -> EncodingStats: ...
    def consumer_stats(self, consumer: int) -> ConsumerStats: ...
    def stats(self) -> PlaneStats: ...

    # driven by the shell (a native plane drives itself and wakes the shell by an eventfd)
    def receive(self, datagrams: Sequence[tuple[bytes, Address, int]], now: float) -> None:
        """Take a batch of SRTP/SRTCP datagrams: (bytes, source, arrival in ns of CLOCK_REALTIME)."""

    def handle_timeout(self, now: float) -> None: ...
    def next_timeout(self) -> float | None: ...
    def packets_to_send(self) -> list[tuple[bytes, Address]]: ...
    def events(self) -> list[PlaneEvent]: ...
