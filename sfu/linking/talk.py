"""Talk: keeps the other side's copy of our statement true over datagrams that get lost. Sans-IO.

A statement is cut into pieces and sent again until a beat says that it came. Only the latest counts. Beats come every
second, and at once after a statement; they carry what was received and, to measure the round trip, an echo.

Datagram: kind (1: piece, 2: beat, 3: keyframe). Then of a piece: number of the statement, its index, how many there
are, bytes; of a beat: the number of the latest statement received, our clock in ms, the other's latest, how long we
held that; of a keyframe: the number of the lane that one is wanted of. Big-endian.
"""

from __future__ import annotations

import math
import struct

from sfu.plane.budgets import Budget

PIECE_BYTES = 1024
MOST_PIECES = 16
PIECE, BEAT, KEYFRAME = 1, 2, 3
PIECE_HEAD = struct.Struct("!BIBB")
BEAT_BODY = struct.Struct("!BIIIH")
RESEND_S = (0.1, 1.0)
STATEMENTS, STATEMENTS_PER_SECOND = 20.0, 10.0  # each makes the room decide anew
MASK = 0xFFFFFFFF


class Talk:
    """``receive`` and ``say`` in, ``datagrams`` out; ``heard_at``: the last sign of life."""

    def __init__(self, beat_s: float) -> None:
        self.heard_at = -math.inf
        self.rtt_s: float | None = None
        self._beat_s = beat_s
        self._said = 0  # number of our latest statement
        self._body = b""
        self._acknowledged = 0
        self._send_at: float | None = None
        self._resend_s = RESEND_S[0]
        self._beat_at = -math.inf
        self._taken = 0  # number of the latest statement of theirs
        self._pieces: dict[int, bytes] = {}
        self._coming = (0, 0)  # number, pieces of the one that is coming in
        self._echo = (0, -math.inf)  # their clock, when we saw it
        self._statements = Budget()
        self._asking: set[int] = set()
        self._asked: set[int] = set()

    @property
    def is_told(self) -> bool:
        """The other side has our latest statement."""
        return self._acknowledged == self._said

    def say(self, body: bytes, now: float) -> None:
        """This holds from now on. Raises ValueError when it is too long to be said."""
        if body == self._body:
            return
        if len(body) > PIECE_BYTES * MOST_PIECES:
            raise ValueError(f"a statement of {len(body)} bytes")
        self._said, self._body = self._said + 1, body
        self._send_at, self._resend_s = now, RESEND_S[0]

    def receive(self, data: bytes, now: float) -> bytes | None:
        """Take one datagram; the statement that it completes. What is malformed is nothing."""
        kind = data[0] if data else 0
        if kind == PIECE and PIECE_HEAD.size < len(data) <= PIECE_HEAD.size + PIECE_BYTES:
            return self._receive_piece(data, now)
        if kind == BEAT and len(data) >= BEAT_BODY.size:
            self._receive_beat(data, now)
        elif kind == KEYFRAME and len(data) == 2:
            self.heard_at = now
            self._asked.add(data[1])
        return None

    def ask(self, lane: int) -> None:
        """A keyframe of this lane is wanted; asked once, for who waits asks again."""
        self._asking.add(lane)

    def asked(self) -> list[int]:
        """Lanes that the other side wants keyframes of, since the last call."""
        asked, self._asked = sorted(self._asked), set()
        return asked

    def datagrams(self, now: float) -> list[bytes]:
        """What is to go out now."""
        out = [bytes((KEYFRAME, lane)) for lane in sorted(self._asking)]
        self._asking.clear()
        if self._send_at is not None and now >= self._send_at:
            out += self._cut()
            self._resend_s = min(RESEND_S[1], max(2 * self._resend_s, 1.5 * (self.rtt_s or 0.0)))
            self._send_at = now + self._resend_s
        if now >= self._beat_at:
            out.append(self._beat(now))
            self._beat_at = now + self._beat_s
        return out

    def next_timeout(self) -> float:
        """When ``datagrams`` has something."""
        return min(self._beat_at, self._send_at if self._send_at is not None else math.inf)

    def _cut(self) -> list[bytes]:
        pieces = [self._body[at : at + PIECE_BYTES] for at in range(0, len(self._body), PIECE_BYTES)]
        number = self._said & MASK
        return [PIECE_HEAD.pack(PIECE, number, i, len(pieces)) + piece for i, piece in enumerate(pieces)]

    def _beat(self, now: float) -> bytes:
        clock, seen_at = self._echo
        held = 0xFFFF if now - seen_at >= 65 else int((now - seen_at) * 1000)
        return BEAT_BODY.pack(BEAT, self._taken, _milliseconds(now), clock, held)

    def _receive_beat(self, data: bytes, now: float) -> None:
        _, number, clock, echo, held = BEAT_BODY.unpack_from(data)
        self.heard_at = now
        self._echo = (clock, now)
        if held < 0xFFFF:
            rtt_ms = (_milliseconds(now) - echo - held) & MASK
            if rtt_ms < 60_000:
                self.rtt_s = rtt_ms / 1000
        if number == self._said & MASK:
            self._acknowledged, self._send_at = self._said, None

    def _receive_piece(self, data: bytes, now: float) -> bytes | None:
        _, number, index, count = PIECE_HEAD.unpack_from(data)
        if not 0 < count <= MOST_PIECES or index >= count:
            return None
        self.heard_at = now
        if number <= self._taken:
            self._beat_at = min(self._beat_at, now)  # our beat was lost
            return None
        if number < self._coming[0]:
            return None
        if (number, count) != self._coming:
            self._coming, self._pieces = (number, count), {}
        self._pieces[index] = data[PIECE_HEAD.size :]
        if len(self._pieces) < count or not self._statements.spend(1.0, STATEMENTS_PER_SECOND, STATEMENTS, now):
            return None  # over the budget: it is sent again
        body = b"".join(self._pieces[i] for i in range(count))
        self._taken, self._pieces = number, {}
        self._beat_at = now
        return body


def _milliseconds(now: float) -> int:
    return int(now * 1000) & MASK
