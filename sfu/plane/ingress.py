"""SRTP from the network: whose it is, whether it is authentic and new, and which encoding it belongs to."""

from __future__ import annotations

from ..rtp.errors import MalformedPacket
from ..rtp.header_extensions import text
from ..rtp.packet import RtpPacket, parse_rtp, peek_sequence, peek_ssrc
from ..rtp.sequence import difference_16
from .budgets import STRANGE_EVENTS, STRANGE_EVENTS_PER_SECOND
from .delivery import deliver
from .encoding import Encoding
from .errors import ProtectionError, Replayed
from .feedback import note_transport_cc
from .media import MediaPacket
from .plane import Address, AddressMoved, AudioLevels, UnknownStream
from .repair import note_arrival
from .state import State
from .transport import MAX_SSRCS, Stranger, Transport

__all__ = ["receive_rtp", "receive_rtp_from_elsewhere", "tell_of_stranger"]

LEVEL_SECONDS = 0.1
STRANGER_SECONDS = 0.1
MAX_STRANGERS = 64


def receive_rtp(state: State, transport: Transport, data: bytes, arrival_ns: int) -> bool:
    """Open and act on a packet of this transport; False when it is not authentic, or was here before."""
    ssrc = peek_ssrc(data)
    if transport.srtp is None or (ssrc not in transport.ssrcs and len(transport.ssrcs) >= MAX_SSRCS):
        state.count("refused_unopened")
        return False
    try:
        plain = transport.srtp.unprotect(data)
    except Replayed:
        state.stats.dropped_replay += 1
        return False
    except ProtectionError:
        state.stats.dropped_unauthenticated += 1
        return False
    try:
        packet = parse_rtp(plain)
    except MalformedPacket:
        state.count("malformed")
        return True
    transport.ssrcs.add(ssrc)
    found = transport.streams.get(ssrc)
    if found is not None and not found[0].may_receive(len(data), state.budgets, state.clock.now):
        state.count("media_over_budget")
        return True
    number = packet.extensions.get(transport.receive_ids.transport_cc)
    if number is not None and len(number) == 2:
        transport.media_ssrc = ssrc
        note_transport_cc(state, transport, number[0] << 8 | number[1], arrival_ns)
    if found is None:
        _meet_stranger(state, transport, packet)
    elif found[1]:
        _receive_rtx(state, found[0], packet, arrival_ns)
    else:
        _receive_media(state, found[0], packet, len(data), arrival_ns)
    return True


def _receive_media(state: State, encoding: Encoding, packet: RtpPacket, size: int, arrival_ns: int) -> None:
    for media in encoding.receive(packet, size, state.clock.now, arrival_ns):
        if encoding.level is not None and not state.levels_due:
            state.levels_due = True
            state.timers.at(state.clock.now + LEVEL_SECONDS, lambda now: _tell_levels(state))
        _hand_on(state, encoding, media)


def _receive_rtx(state: State, encoding: Encoding, packet: RtpPacket, arrival_ns: int) -> None:
    for media in encoding.restore(packet, state.clock.now, arrival_ns):
        _hand_on(state, encoding, media)


def _hand_on(state: State, encoding: Encoding, media: MediaPacket) -> None:
    if encoding.ring is not None:
        deliver(state, encoding, media)
        note_arrival(state, encoding, media.index)


def _tell_levels(state: State) -> None:
    state.levels_due = False
    levels: dict[int, int] = {}
    for handle, encoding in state.encodings.items():
        if encoding.level is not None:
            levels[handle] = encoding.level
            encoding.level = None
    if levels:
        state.tell(AudioLevels(levels))


def _meet_stranger(state: State, transport: Transport, packet: RtpPacket) -> None:
    """Nobody told us of this SSRC: say so, at once when something new is learned, else now and then."""
    ssrc, ids, now = packet.ssrc, transport.receive_ids, state.clock.now
    stranger = transport.strangers.get(ssrc)
    if stranger is None:
        if len(transport.strangers) >= MAX_STRANGERS:
            del transport.strangers[next(iter(transport.strangers))]
        stranger = transport.strangers[ssrc] = Stranger(packet.payload_type)
    learned = False
    for name, identifier in (("mid", ids.mid), ("rid", ids.rid), ("repaired_rid", ids.repaired_rid)):
        value = text(packet.extensions.get(identifier)) if identifier else None
        if value is not None and value != getattr(stranger, name):
            setattr(stranger, name, value)
            learned = True
    if not learned and now - stranger.told_at < STRANGER_SECONDS:
        return
    if transport.strange_events.spend(1.0, STRANGE_EVENTS_PER_SECOND, STRANGE_EVENTS, now):
        stranger.payload_type = packet.payload_type
        tell_of_stranger(state, transport, ssrc)
    else:
        state.count("events_over_budget")


def tell_of_stranger(state: State, transport: Transport, ssrc: int) -> None:
    """Report an unknown SSRC with all that was learned of it so far."""
    stranger = transport.strangers[ssrc]
    stranger.told_at = state.clock.now
    state.tell(
        UnknownStream(transport.handle, ssrc, stranger.payload_type, stranger.mid, stranger.rid, stranger.repaired_rid)
    )


def receive_rtp_from_elsewhere(state: State, data: bytes, address: Address, arrival_ns: int) -> None:
    """From an address that nobody owns: perhaps a peer behind a NAT that moved it. Its packets must prove it."""
    for transport in state.by_ssrc.get(peek_ssrc(data), ()):
        encoding, is_rtx = transport.streams[peek_ssrc(data)]
        highest = encoding.statistics.highest
        newest = not is_rtx and highest is not None and difference_16(peek_sequence(data), highest & 0xFFFF) > 0
        if newest and receive_rtp(state, transport, data, arrival_ns):
            if transport.may_tell_move(address, state.clock.now):
                state.tell(AddressMoved(transport.handle, address))
            return
    state.stats.dropped_unknown_address += 1
