"""A statement: everything one room has to tell the other of a link just now, whole each time. Sans-IO.

JSON inside the DTLS connection. Bounds on everything: the other side may be of another installation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfu.errors import BadLink
from sfu.lateness import MOST_TOLD_MS
from sfu.linking.lanes import LANES, Lane
from sfu.linking.terms import read_path
from sfu.program import Mode, Program

MOST_AUDIBLE = 16
MOST_THUMBNAILS = 9
NAME = 128
MOST_KBPS = 100_000
MODES: tuple[Mode, ...] = ("discussion", "one_speaker", "chair_only")


@dataclass(frozen=True, slots=True)
class Shown:
    """What is in a lane: the peer's name at home, its label, how many layers it has, which of them come just now, by
    how much it is late there already, and what each layer takes, roughly (kbit/s; empty: not said)."""

    source: str
    label: str
    layers: int = 1
    active: tuple[int, ...] = ()
    late_ms: int = 0
    kbps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """``path``: of the room that says it. ``program`` and ``audible``: of an upper room, what is on air there and which
    of the lower rooms' microphones are open. ``thumbnails``: whose small pictures it asks for. ``lanes``: what it
    sends. ``layers``: by lane, which layers of what it receives somebody watches; absent: the two smallest.
    ``closing``: why the link ends."""

    path: tuple[str, ...] = ()
    follows: bool = True
    program: Program | None = None
    audible: tuple[str, ...] = ()
    thumbnails: tuple[str, ...] = ()
    lanes: Mapping[str, Shown] = field(default_factory=dict)
    layers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    closing: str | None = None

    def encode(self) -> bytes:
        """As it goes to the other side."""
        lanes = {
            name: [one.source, one.label, one.layers, list(one.active), one.late_ms, list(one.kbps)]
            for name, one in self.lanes.items()
        }
        data = {
            "path": list(self.path),
            "follows": self.follows,
            "program": _program_to_json(self.program),
            "audible": list(self.audible),
            "thumbnails": list(self.thumbnails),
            "lanes": lanes,
            "layers": {name: list(layers) for name, layers in self.layers.items()},
            "closing": self.closing,
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Statement:
    """Raises BadLink."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadLink("malformed: a statement is no JSON") from error
    if not isinstance(fields, dict):
        raise BadLink("malformed: a statement is no object")
    closing = fields.get("closing")
    return Statement(
        path=read_path(fields.get("path")),
        follows=fields.get("follows") is not False,
        program=_program(fields.get("program")),
        audible=_names(fields.get("audible", []), MOST_AUDIBLE),
        thumbnails=_names(fields.get("thumbnails", []), MOST_THUMBNAILS),
        lanes={lane.name: _shown(lane, one) for lane, one in _by_lane(fields.get("lanes", {}))},
        layers={lane.name: _layers(lane, one) for lane, one in _by_lane(fields.get("layers", {}))},
        closing=_name(closing)[:32] if closing is not None else None,
    )


def _program_to_json(program: Program | None) -> dict[str, Any] | None:
    if program is None:
        return None
    return {
        "floor": program.floor,
        "chair": program.chair,
        "presentation": program.presentation,
        "mode": program.mode,
    }


def _program(data: object) -> Program | None:
    if data is None:
        return None
    if not isinstance(data, dict) or data.get("mode") not in MODES:
        raise BadLink("malformed: program")
    floor, chair, presentation = (_optional(data.get(name)) for name in ("floor", "chair", "presentation"))
    return Program(floor, chair, presentation, data["mode"])


def _by_lane(data: object) -> list[tuple[Lane, object]]:
    """Lanes that we know; a newer side may have more."""
    if not isinstance(data, dict):
        raise BadLink("malformed: lanes")
    return [(LANES[name], one) for name, one in data.items() if name in LANES]


def _shown(lane: Lane, data: object) -> Shown:
    if not isinstance(data, list) or len(data) < 4:
        raise BadLink("malformed: lane")
    source, label, layers, active = data[:4]
    late_ms = data[4] if len(data) > 4 else 0  # older sides do not say these
    kbps = data[5] if len(data) > 5 else []
    if type(layers) is not int or not 1 <= layers <= lane.layers:
        raise BadLink("malformed: layers")
    if type(late_ms) is not int or not 0 <= late_ms <= MOST_TOLD_MS:
        raise BadLink("malformed: lateness")
    if not isinstance(kbps, list) or len(kbps) > layers or not all(_is_rate(one) for one in kbps):
        raise BadLink("malformed: bitrates")
    return Shown(_name(source), _name(label), layers, _layers(lane, active), late_ms, tuple(kbps))


def _is_rate(data: object) -> bool:
    return type(data) is int and 0 <= data <= MOST_KBPS


def _layers(lane: Lane, data: object) -> tuple[int, ...]:
    if not isinstance(data, list) or len(data) > lane.layers:
        raise BadLink("malformed: layers")
    if not all(type(one) is int and 0 <= one < lane.layers for one in data):
        raise BadLink("malformed: layers")
    return tuple(sorted(set(data)))


def _names(data: object, most: int) -> tuple[str, ...]:
    if not isinstance(data, list) or len(data) > most:
        raise BadLink("malformed: names")
    return tuple(_name(one) for one in data)


def _optional(data: object) -> str | None:
    return None if data is None else _name(data)


def _name(data: object) -> str:
    if not isinstance(data, str) or not 1 <= len(data) <= NAME or not data.isprintable():
        raise BadLink("malformed: name")
    return data
