"""What a page may send, read strictly from text frames: anything else is malformed."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

MAX_FRAME = 64 * 1024
MAX_OFFER_FRAME = 256 * 1024  # an offer of a viewer with many pictures
OFFERS = ("offer", "restart_ice")
MAX_STILL = 16 * 1024
MAX_PINNED = 400
MOST_TIME = 2**53  # milliseconds
VERSION = 1


class Malformed(Exception):
    """Not a message of the protocol; the socket closes with 4400."""


class UnknownVersion(Exception):
    """A page of another version; the socket closes with 4426."""


@dataclass(frozen=True, slots=True)
class HelloMessage:
    role: str | None
    previous: str | None
    take_over: bool


@dataclass(frozen=True, slots=True)
class Offer:
    id: int
    sdp: str
    is_restart: bool


@dataclass(frozen=True, slots=True)
class CommandMessage:
    id: int
    name: Any
    args: Any
    is_above: bool = False  # for the room above, whose chair the sender has


@dataclass(frozen=True, slots=True)
class ViewMessage:
    pinned: tuple[str, ...]
    max_video: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Stats:
    loss: float
    rtt_ms: int
    frozen_ms: int = 0  # since the last report


@dataclass(frozen=True, slots=True)
class Ping:
    t: float | None


@dataclass(frozen=True, slots=True)
class Still:
    """A small JPEG, in base64."""

    jpeg: str


Incoming = Offer | CommandMessage | ViewMessage | Stats | Ping | Still


def read_object(text: str) -> dict[str, Any]:
    """The object of a frame, with its ``type``."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_OFFER_FRAME:
        raise Malformed("larger than 256 KiB")
    try:
        message = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Malformed("not an object with a type")
    if size > MAX_FRAME and message["type"] not in OFFERS:
        raise Malformed("larger than 64 KiB")
    return message


def _no_constant(name: str) -> None:
    raise ValueError(name)


def read_hello(text: str) -> HelloMessage:
    """The first message; everything it may hold is optional but the version."""
    message = read_object(text)
    if message["type"] != "hello":
        raise Malformed("hello comes first")
    if message.get("version") != VERSION or isinstance(message["version"], bool):
        raise UnknownVersion(str(message.get("version"))[:20])
    role = message.get("role")
    if role not in (None, "chair", "secretary", "site", "hall"):
        raise Malformed("role")
    take_over = message.get("take_over", False)
    if not isinstance(take_over, bool):
        raise Malformed("take_over")
    return HelloMessage(role, _short_text(message, "previous"), take_over)


def _short_text(message: dict[str, Any], name: str) -> str | None:
    value = message.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > 200):
        raise Malformed(name)
    return value


def read_message(text: str) -> Incoming:
    """Any message after hello."""
    message = read_object(text)
    kind = message["type"]
    if kind in OFFERS:
        sdp = message.get("sdp")
        if not isinstance(sdp, str):
            raise Malformed("sdp")
        return Offer(_number(message), sdp, kind == "restart_ice")
    if kind in ("command", "command_above"):
        return CommandMessage(_number(message), message.get("name"), message.get("args", {}), kind == "command_above")
    if kind == "view":
        return _view(message)
    if kind == "stats":
        loss, rtt_ms = _measure(message, "loss", 1.0), _measure(message, "rtt_ms", 60_000.0)
        return Stats(loss, int(rtt_ms), int(_measure(message, "frozen_ms", 60_000.0)))
    if kind == "ping":
        return _ping(message)
    if kind == "still":
        return _still(message)
    raise Malformed(f"type {kind[:40]!r}")


def _number(message: dict[str, Any]) -> int:
    number = message.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) > 2**53:
        raise Malformed("id")
    return number


def _view(message: dict[str, Any]) -> ViewMessage:
    pinned, most, paused = message.get("pinned"), message.get("max_video"), message.get("paused", False)
    if not isinstance(pinned, list) or len(pinned) > MAX_PINNED or not all(isinstance(one, str) for one in pinned):
        raise Malformed("pinned")
    if not isinstance(most, int) or isinstance(most, bool) or not 0 <= most <= MAX_PINNED:
        raise Malformed("max_video")
    if not isinstance(paused, bool):
        raise Malformed("paused")
    return ViewMessage(tuple(pinned), most, paused)


def _measure(message: dict[str, Any], name: str, most: float) -> float:
    """A measured value; missing or unknown (null) is 0, beyond sense is cut."""
    value = message.get(name)
    if value is None:
        return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Malformed(name)
    return min(max(float(value), 0.0), most)


def _still(message: dict[str, Any]) -> Still:
    """Whole and small; what is inside the frame of a JPEG is the business of the browsers that show it."""
    text = message.get("jpeg")
    if not isinstance(text, str) or len(text) > MAX_STILL * 4 // 3 + 4:
        raise Malformed("jpeg")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("jpeg") from error
    if not (data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9")):
        raise Malformed("jpeg")
    return Still(text)


def _ping(message: dict[str, Any]) -> Ping:
    t = message.get("t")
    if t is not None and (not isinstance(t, int | float) or not abs(t) < MOST_TIME):
        raise Malformed("t")
    return Ping(t)
