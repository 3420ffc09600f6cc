"""RTCP, RFC 3550 6, RFC 4585, RFC 5104 and REMB: compound packets to dataclasses and back.

Kinds that nobody here acts on (APP, XR, unknown feedback) come out as ``OtherPacket`` with their bytes. transport-cc
feedback is carried as ``TransportFeedback`` with its raw body, which ``sfu.congestion.twcc`` reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import MalformedPacket

__all__ = [
    "Bye",
    "FullIntraRequest",
    "Nack",
    "OtherPacket",
    "PictureLoss",
    "ReceiverEstimate",
    "ReceiverReport",
    "ReportBlock",
    "RtcpPacket",
    "SenderReport",
    "SourceDescription",
    "TransportFeedback",
    "parse_compound",
    "serialize_compound",
]

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206
NACK_FORMAT, TRANSPORT_CC_FORMAT = 1, 15  # of 205
PLI_FORMAT, FIR_FORMAT, APPLICATION_FORMAT = 1, 4, 15  # of 206
CNAME_ITEM = 1
MAX_BLOCKS = 31

_HEADER = struct.Struct("!BBH")
_SENDER_INFO = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_TWO = struct.Struct("!II")
_ONE = struct.Struct("!I")
_PAIR = struct.Struct("!HH")
_FIR = struct.Struct("!IB3x")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one SSRC; times in units of 1/65536 s."""

    ssrc: int
    fraction_lost: int  # of 256
    packets_lost: int  # signed
    highest_sequence: int  # with the cycles in the upper 16 bits
    jitter: int
    last_sender_report: int = 0
    delay_since: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR: which wall clock belongs to which RTP timestamp, and how much was sent."""

    ssrc: int
    ntp: int  # 32.32 seconds since 1900
    rtp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """SDES: canonical names only; other items are passed over."""

    cnames: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Bye:
    """BYE."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK, RFC 4585 6.2.1."""

    sender_ssrc: int
    media_ssrc: int
    sequence_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """PLI, RFC 4585 6.3.1."""

    sender_ssrc: int
    media_ssrc: int


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """FIR, RFC 5104 4.3.1: (SSRC, command number) pairs."""

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ReceiverEstimate:
    """REMB, draft-alvestrand-rmcat-remb."""

    sender_ssrc: int
    bitrate: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """transport-cc feedback, format 15; ``body`` begins with the base sequence number."""

    sender_ssrc: int
    media_ssrc: int
    body: bytes


@dataclass(frozen=True, slots=True)
class OtherPacket:
    """Anything else, as it came: the count or format, the packet type, the bytes after the header."""

    count: int
    packet_type: int
    body: bytes


RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Bye
    | Nack
    | PictureLoss
    | FullIntraRequest
    | ReceiverEstimate
    | TransportFeedback
    | OtherPacket
)


# -- reading --------------------------------------------------------------------------------------------------------


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The packets of a compound (or reduced-size, RFC 5506) packet; raises MalformedPacket."""
    if not data:
        raise MalformedPacket("an RTCP packet of 0 bytes")
    packets: list[RtcpPacket] = []
    position, end = 0, len(data)
    while position < end:
        if position + 4 > end:
            raise MalformedPacket(f"{end - position} bytes after the last RTCP packet")
        first, packet_type, words = _HEADER.unpack_from(data, position)
        stop = position + 4 + 4 * words
        if first >> 6 != 2 or stop > end:
            raise MalformedPacket(f"RTCP version {first >> 6}, {words} words in {end - position} bytes")
        body = data[position + 4 : stop - _padding(data, position, stop) if first & 0x20 else stop]
        try:
            packets.append(_parse_one(first & 31, packet_type, body))
        except (struct.error, IndexError, UnicodeDecodeError):
            raise MalformedPacket(f"RTCP {packet_type}/{first & 31} of {len(body)} bytes is cut off") from None
        position = stop
    return packets


def _padding(data: bytes, start: int, stop: int) -> int:
    """RFC 3550 wants words, but Chromium pads its transport-cc feedback by single bytes."""
    padding = data[stop - 1]
    if padding == 0 or start + 4 + padding > stop:
        raise MalformedPacket(f"{padding} bytes of RTCP padding")
    return padding


def _parse_one(count: int, packet_type: int, body: bytes) -> RtcpPacket:
    if packet_type == SENDER_REPORT:
        ssrc, ntp, rtp, sent, octets = _SENDER_INFO.unpack_from(body)
        return SenderReport(ssrc, ntp, rtp, sent, octets, _parse_blocks(body, 24, count))
    if packet_type == RECEIVER_REPORT:
        return ReceiverReport(_ONE.unpack_from(body)[0], _parse_blocks(body, 4, count))
    if packet_type == SOURCE_DESCRIPTION:
        return _parse_source_description(body, count)
    if packet_type == GOODBYE:
        return Bye(struct.unpack_from(f"!{count}I", body))
    if packet_type == TRANSPORT_FEEDBACK and count in (NACK_FORMAT, TRANSPORT_CC_FORMAT):
        sender_ssrc, media_ssrc = _TWO.unpack_from(body)
        if count == NACK_FORMAT:
            return Nack(sender_ssrc, media_ssrc, _parse_nack(body))
        return TransportFeedback(sender_ssrc, media_ssrc, body[8:])
    if packet_type == PAYLOAD_FEEDBACK:
        return _parse_payload_feedback(count, body)
    return OtherPacket(count, packet_type, body)


def _parse_payload_feedback(count: int, body: bytes) -> RtcpPacket:
    sender_ssrc, media_ssrc = _TWO.unpack_from(body)
    if count == PLI_FORMAT:
        return PictureLoss(sender_ssrc, media_ssrc)
    if count == FIR_FORMAT:
        requests = tuple(_FIR.unpack_from(body, at) for at in range(8, len(body), 8))
        return FullIntraRequest(sender_ssrc, requests)
    if count == APPLICATION_FORMAT and body[8:12] == b"REMB":
        exponent, mantissa = body[13] >> 2, (body[13] & 3) << 16 | body[14] << 8 | body[15]
        return ReceiverEstimate(sender_ssrc, mantissa << exponent, struct.unpack_from(f"!{body[12]}I", body, 16))
    return OtherPacket(count, PAYLOAD_FEEDBACK, body)


def _parse_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_parse_block(body, start + 24 * number) for number in range(count))


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, at)
    lost = loss & 0xFFFFFF
    return ReportBlock(
        ssrc, loss >> 24, lost - 0x1000000 if lost & 0x800000 else lost, highest, jitter, last_report, delay
    )


def _parse_source_description(body: bytes, chunks: int) -> SourceDescription:
    cnames: list[tuple[int, str]] = []
    position = 0
    for _ in range(chunks):
        ssrc: int = _ONE.unpack_from(body, position)[0]
        position += 4
        while body[position]:
            item, size = body[position], body[position + 1]
            value = body[position + 2 : position + 2 + size]
            if len(value) < size:
                raise MalformedPacket(f"an SDES item of {size} bytes is cut off")
            if item == CNAME_ITEM:
                cnames.append((ssrc, value.decode()))
            position += 2 + size
        position = (position & ~3) + 4
    return SourceDescription(tuple(cnames))


def _parse_nack(body: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    for at in range(8, len(body), 4):
        first, bits = _PAIR.unpack_from(body, at)
        numbers.append(first)
        while bits:
            lowest = bits & -bits
            numbers.append((first + lowest.bit_length()) & 0xFFFF)
            bits ^= lowest
    return tuple(numbers)


# -- writing --------------------------------------------------------------------------------------------------------


def serialize_compound(packets: Iterable[RtcpPacket]) -> bytes:
    """The bytes of the packets, one after the other."""
    return b"".join(map(_serialize, packets))


def _serialize(packet: RtcpPacket) -> bytes:
    match packet:
        case SenderReport():
            info = _SENDER_INFO.pack(packet.ssrc, packet.ntp, packet.rtp, packet.packets, packet.octets)
            return _frame(len(packet.blocks), SENDER_REPORT, info + _blocks(packet.blocks))
        case ReceiverReport():
            return _frame(len(packet.blocks), RECEIVER_REPORT, _ONE.pack(packet.ssrc) + _blocks(packet.blocks))
        case SourceDescription():
            return _frame(len(packet.cnames), SOURCE_DESCRIPTION, b"".join(_chunk(*name) for name in packet.cnames))
        case Bye():
            return _frame(len(packet.ssrcs), GOODBYE, struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs))
        case Nack():
            head = _TWO.pack(packet.sender_ssrc, packet.media_ssrc)
            return _frame(NACK_FORMAT, TRANSPORT_FEEDBACK, head + _nack(packet.sequence_numbers))
        case PictureLoss():
            return _frame(PLI_FORMAT, PAYLOAD_FEEDBACK, _TWO.pack(packet.sender_ssrc, packet.media_ssrc))
        case FullIntraRequest():
            requests = b"".join(_FIR.pack(*request) for request in packet.requests)
            return _frame(FIR_FORMAT, PAYLOAD_FEEDBACK, _TWO.pack(packet.sender_ssrc, 0) + requests)
        case ReceiverEstimate():
            return _frame(APPLICATION_FORMAT, PAYLOAD_FEEDBACK, _remb(packet))
        case TransportFeedback():
            head = _TWO.pack(packet.sender_ssrc, packet.media_ssrc)
            return _frame(TRANSPORT_CC_FORMAT, TRANSPORT_FEEDBACK, head + packet.body)
        case _:
            return _frame(packet.count, packet.packet_type, packet.body)


def _frame(count: int, packet_type: int, body: bytes) -> bytes:
    if count > MAX_BLOCKS:
        raise ValueError(f"{count} elements do not fit into one RTCP packet")
    if len(body) % 4:
        raise ValueError(f"an RTCP body of {len(body)} bytes is not made of words")
    return _HEADER.pack(0x80 | count, packet_type, len(body) // 4) + body


def _blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | block.packets_lost & 0xFFFFFF,
            block.highest_sequence,
            block.jitter,
            block.last_sender_report,
            block.delay_since,
        )
        for block in blocks
    )


def _chunk(ssrc: int, cname: str) -> bytes:
    value = cname.encode()
    chunk = _ONE.pack(ssrc) + bytes((CNAME_ITEM, len(value))) + value
    return chunk + bytes(4 - len(chunk) % 4)  # at least one zero ends the list


def _nack(sequence_numbers: tuple[int, ...]) -> bytes:
    """Pairs of a number and a bitmap of the 16 after it; numbers in the order of the stream."""
    pairs: list[list[int]] = []
    for number in sequence_numbers:
        distance = (number - pairs[-1][0]) & 0xFFFF if pairs else 0
        if 1 <= distance <= 16:
            pairs[-1][1] |= 1 << (distance - 1)
        elif not pairs or distance:
            pairs.append([number, 0])
    return b"".join(_PAIR.pack(*pair) for pair in pairs)


def _remb(packet: ReceiverEstimate) -> bytes:
    exponent = max(0, packet.bitrate.bit_length() - 18)
    mantissa = packet.bitrate >> exponent
    return (
        _TWO.pack(packet.sender_ssrc, 0)
        + b"REMB"
        + bytes((len(packet.ssrcs), exponent << 2 | mantissa >> 16, mantissa >> 8 & 0xFF, mantissa & 0xFF))
        + struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs)
    )
