"""The site board of rooms that another installation holds, as it tells it: read and bounded, page by page. Pure.

Rows have the shape of our own board's; what is not understood is refused whole, for a board with holes looks right.
Each telling has a mark; who names the mark of what he has is told only the rows that are others now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduler.linked.messages import LONGEST_ID, LONGEST_NAME, MOST_SITES, NotUnderstood, is_plain
from scheduler.meetings.meeting import Stage

Json = dict[str, Any]
PAGE = 60  # rows in one answer
MOST_ROOMS = 1000
MOST_PROBLEMS = 12
LONGEST_MARK = 64
_TEXTS: Mapping[str, int] = {
    "site_id": LONGEST_ID, "room_id": LONGEST_ID, "unit_title": LONGEST_NAME, "site_name": LONGEST_NAME, "level": 32,
    "role": 16, "phone": 50, "reply": 32, "reply_reason": 500, "delivery": 32, "state": 16, "step": 16,
}  # fmt: skip
_FLAGS = ("audio", "video", "on_air", "asks")
_CHECK_NUMBERS = ("down_kbps", "up_kbps", "rtt_ms", "loss", "clock_ms")
_CHECK_FLAGS = ("microphone", "camera", "is_ready")


@dataclass(frozen=True, slots=True)
class Seen:
    """A whole board, as it went over the wire."""

    rooms: tuple[Json, ...] = ()
    rows: tuple[Json, ...] = ()
    mark: str = ""


def seen(rooms: Sequence[Json], rows: Sequence[Json]) -> Seen:
    """As it goes over the wire: instants as text."""
    text = json.dumps([rooms, rows[:MOST_SITES]], default=lambda at: at.isoformat())
    plain = json.loads(text)
    return Seen(tuple(plain[0]), tuple(plain[1]), hashlib.sha256(text.encode()).hexdigest()[:32])


def changed(before: Seen, now: Seen) -> tuple[Json, ...] | None:
    """The rows that are others; None where other sites, or in another order, stand on the board."""
    if [row["site_id"] for row in before.rows] != [row["site_id"] for row in now.rows]:
        return None
    return tuple(new for old, new in zip(before.rows, now.rows, strict=True) if old != new)


def page_of(rooms: Sequence[Json], rows: Sequence[Json], after: int) -> Json:
    """What is told: the rooms with the first page, rows from this one on."""
    told = list(rooms)[:MOST_ROOMS] if after == 0 else []
    return {"rooms": told, "rows": list(rows[after : after + PAGE]), "more": after + PAGE < min(len(rows), MOST_SITES)}


def read_pages(pages: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    """Rooms and rows; :class:`NotUnderstood` for anything else."""
    rooms = [_room(one) for one in _list(pages[0], "rooms", MOST_ROOMS)] if pages else []
    rows = [_row(one) for page in pages for one in _list(page, "rows", PAGE)]
    known = {room["id"] for room in rooms}
    if len(rows) > MOST_SITES or len(known) != len(rooms) or any(row["room_id"] not in known for row in rows):
        raise NotUnderstood("rows")
    return rooms, rows


def follow_pages(pages: Sequence[Json], before: Seen) -> Seen:
    """The board after these pages: a whole one, or what changed since the one before."""
    rooms, rows = read_pages(pages)
    mark, since = (_text({name: pages[0].get(name, "")}, name, LONGEST_MARK) for name in ("mark", "base"))
    if not since:
        return Seen(tuple(rooms), tuple(rows), mark)
    others = {row["site_id"]: row for row in rows}
    if since != before.mark or not others.keys() <= {row["site_id"] for row in before.rows}:
        raise NotUnderstood("base")
    return Seen(tuple(rooms), tuple(others.get(row["site_id"], row) for row in before.rows), mark)


def _room(value: object) -> Json:
    room = _mapping(value, "rooms")
    parent = room.get("parent_id")
    stage = room.get("stage")
    if stage not in Stage.__args__:  # type: ignore[attr-defined]
        raise NotUnderstood("stage")
    return {
        "id": _text(room, "id", LONGEST_ID),
        "parent_id": None if parent is None else _text(room, "parent_id", LONGEST_ID),
        "stage": stage,
        "unit_title": _text(room, "unit_title", LONGEST_NAME),
    }


def _row(value: object) -> Json:
    row = _mapping(value, "rows")
    problems = _list(row, "problems", MOST_PROBLEMS)
    heads, check = row.get("head_count"), row.get("check")
    return {
        **{name: _text(row, name, longest) for name, longest in _TEXTS.items()},
        **{name: row.get(name) is True for name in _FLAGS},
        "problems": [_text({"problems": one}, "problems", 40) for one in problems],
        "tested_at": _instant(row, "tested_at"),
        "loss": _number(row, "loss"),
        "rtt_ms": _number(row, "rtt_ms"),
        "clock_s": _number(row, "clock_s") if "clock_s" in row else 0,  # older ones do not say
        "head_count": None if heads is None else int(_number(row, "head_count")),
        "check": None if check is None else _check(_mapping(check, "check")),
    }


def _check(check: Mapping[str, Any]) -> Json:
    return {
        "at": _instant(check, "at"),
        **{name: check.get(name) is True for name in _CHECK_FLAGS},
        **{name: _number(check, name) for name in _CHECK_NUMBERS},
    }


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotUnderstood(name)
    return value


def _list(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise NotUnderstood(name)
    return value


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest or not is_plain(value):
        raise NotUnderstood(name)
    return value


def _instant(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else _text(body, name, 40)


def _number(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not -1e9 < value < 1e9:
        raise NotUnderstood(name)
    return value
