"""SRTCP from the network, and what the plane sends by the clock: transport-cc feedback and reports."""

from __future__ import annotations

from ..congestion.twcc import parse_feedback
from ..rtp.errors import MalformedPacket
from ..rtp.rtcp import (
    FullIntraRequest,
    Nack,
    PictureLoss,
    ReceiverReport,
    SenderReport,
    TransportFeedback,
    parse_compound,
    serialize_compound,
)
from . import reports
from .budgets import KEYFRAMES, KEYFRAMES_PER_SECOND
from .errors import ProtectionError, Replayed
from .pacing import answer
from .plane import FeedbackReceived, RtcpReceived
from .repair import want_keyframe
from .state import State
from .transport import Transport

__all__ = ["note_transport_cc", "receive_rtcp", "schedule_reports"]

FEEDBACK_SECONDS = 0.075
REPORT_SECONDS = 1.0
MAX_RESULTS = 512  # packets in an event


def receive_rtcp(state: State, transport: Transport, data: bytes, arrival_ns: int) -> None:
    """Open a compound packet, act on what is the plane's, hand it up."""
    most = state.budgets.control_packets
    if transport.srtp is None:
        state.count("refused_unopened")
        return
    try:
        plain = transport.srtp.unprotect_rtcp(data)
        if not transport.controls.spend(1.0, most, most, state.clock.now):
            state.count("control_over_budget")
            return
        packets = parse_compound(plain)
    except Replayed:
        state.stats.dropped_replay += 1
        return
    except ProtectionError:
        state.stats.dropped_unauthenticated += 1
        return
    except MalformedPacket:
        state.count("malformed")
        return
    now = state.clock.now
    for packet in packets:
        match packet:
            case SenderReport():
                reports.receive_sender_report(transport, packet, now, arrival_ns)
                reports.receive_blocks(transport, packet.blocks, arrival_ns)
            case ReceiverReport():
                reports.receive_blocks(transport, packet.blocks, arrival_ns)
            case Nack():
                _answer(state, transport, packet)
            case PictureLoss():
                _refresh(state, transport, packet.media_ssrc)
            case FullIntraRequest():
                for ssrc, _ in packet.requests:
                    _refresh(state, transport, ssrc)
            case TransportFeedback():
                _match(state, transport, packet.body)
    state.tell(RtcpReceived(transport.handle, plain, arrival_ns))


def _answer(state: State, transport: Transport, nack: Nack) -> None:
    consumer = transport.consumers.get(nack.media_ssrc)
    if consumer is None:
        return
    most, now = state.budgets.nacked_packets, state.clock.now
    for number in nack.sequence_numbers:
        if not transport.nacks.spend(1.0, most, most, now):
            state.count("nacks_over_budget")
            consumer.stats.retransmission_missed += 1
        elif not answer(state, consumer, number):
            consumer.stats.retransmission_missed += 1


def _match(state: State, transport: Transport, body: bytes) -> None:
    try:
        results = transport.sent.match(parse_feedback(body))
    except MalformedPacket:
        state.count("malformed")
        return
    for start in range(0, len(results), MAX_RESULTS):
        part = tuple(results[start : start + MAX_RESULTS])
        state.tell(FeedbackReceived(transport.handle, part, state.clock.now))


def _refresh(state: State, transport: Transport, ssrc: int) -> None:
    consumer = transport.consumers.get(ssrc)
    if consumer is None or consumer.carried is None:
        return
    if not consumer.keyframes.spend(1.0, KEYFRAMES_PER_SECOND, KEYFRAMES, state.clock.now):
        state.count("keyframes_over_budget")
    else:
        want_keyframe(state, consumer.carried)


def note_transport_cc(state: State, transport: Transport, number: int, arrival_ns: int) -> None:
    """A packet with a transport-wide number came; feedback follows within 75 ms."""
    transport.arrivals.receive(number, arrival_ns)
    if not transport.feedback_due:
        transport.feedback_due = True
        state.timers.at(state.clock.now + FEEDBACK_SECONDS, lambda now: _send_feedback(transport))


def _send_feedback(transport: Transport) -> None:
    transport.feedback_due = False
    if transport.closed:
        return
    for body in transport.arrivals.feedback():
        packet = TransportFeedback(transport.local_ssrc, transport.media_ssrc, body)
        transport.send_rtcp(serialize_compound([packet]))


def schedule_reports(state: State, transport: Transport, seconds: float = REPORT_SECONDS) -> None:
    """Reports every second until the transport is gone."""
    state.timers.at(state.clock.now + seconds, lambda now: _send_reports(state, transport))


def _send_reports(state: State, transport: Transport) -> None:
    if transport.closed:
        return
    wall_ns = state.clock.wall_ns
    if wall_ns is not None:
        for compound in reports.compounds(transport, state.clock.now, wall_ns):
            transport.send_rtcp(compound)
    schedule_reports(state, transport)
