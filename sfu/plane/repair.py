"""Asking senders: for packets that are missing (NACK) and for keyframes somebody waits for."""

from __future__ import annotations

from ..rtp.rtcp import Nack, serialize_compound
from .encoding import Encoding
from .plane import KeyframeNeeded
from .state import State

__all__ = ["note_arrival", "want_keyframe"]

KEYFRAME_SECONDS = 0.5
QUIET_SECONDS = 1.0  # an encoding that sent nothing for so long is not asked again
DEFAULT_ROUND_TRIP = 0.1


def note_arrival(state: State, encoding: Encoding, index: int) -> None:
    """A packet of a consumed encoding came; ask for what is missing before it, now or later."""
    nack = encoding.nack
    if nack is None or encoding.ring is None:
        return
    now = state.clock.now
    if not nack.receive(index, now):
        want_keyframe(state, encoding)
    if nack:
        due = nack.next_timeout()
        if due is not None and due <= now:
            _request(state, encoding)
        elif due is not None and not encoding.nack_timer:
            encoding.nack_timer = True
            state.timers.at(due, lambda now: _handle_nack_timer(state, encoding))


def _handle_nack_timer(state: State, encoding: Encoding) -> None:
    encoding.nack_timer = False
    _request(state, encoding)


def _request(state: State, encoding: Encoding) -> None:
    nack, transport, now = encoding.nack, encoding.transport, state.clock.now
    if nack is None or encoding.removed:
        return
    given_up = nack.given_up
    wanted = nack.requests(now, transport.rtt or DEFAULT_ROUND_TRIP)
    if wanted:
        encoding.stats.nacks_sent += 1
        numbers = tuple(index & 0xFFFF for index in wanted)
        transport.send_rtcp(serialize_compound([Nack(transport.local_ssrc, encoding.settings.ssrc, numbers)]))
    if nack.given_up > given_up and not encoding.has_keyframe_after(nack.lost):
        want_keyframe(state, encoding)
    due = nack.next_timeout()
    if due is not None and not encoding.nack_timer:
        encoding.nack_timer = True
        state.timers.at(due, lambda now: _handle_nack_timer(state, encoding))


def want_keyframe(state: State, encoding: Encoding) -> None:
    """Ask at once if that was not done in the last half second, else then; repeated until a keyframe comes."""
    if encoding.settings.kind != "video" or encoding.paused:
        return
    now = state.clock.now
    encoding.wants_keyframe = True
    if now - encoding.keyframe_asked_at >= KEYFRAME_SECONDS:
        encoding.keyframe_asked_at = now
        state.tell(KeyframeNeeded(encoding.handle))
    if not encoding.keyframe_timer:
        encoding.keyframe_timer = True
        due = encoding.keyframe_asked_at + KEYFRAME_SECONDS
        state.timers.at(due, lambda now: _handle_keyframe_timer(state, encoding))


def _handle_keyframe_timer(state: State, encoding: Encoding) -> None:
    encoding.keyframe_timer = False
    if encoding.removed or not encoding.is_consumed or encoding.paused:
        encoding.wants_keyframe = False
    if not encoding.wants_keyframe:
        return
    now = state.clock.now
    if now - encoding.stats.last_packet_at < QUIET_SECONDS:
        want_keyframe(state, encoding)
    else:
        encoding.keyframe_timer = True
        state.timers.at(now + KEYFRAME_SECONDS, lambda now: _handle_keyframe_timer(state, encoding))
