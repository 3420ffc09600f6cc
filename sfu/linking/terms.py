"""Terms of a link: what its two sides tell each other before the first packet, as JSON objects. Sans-IO.

The lower side offers, the upper answers. Each names the versions it speaks; the highest that both know holds. What is
not known is ignored, so that a newer side can say more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal

from sfu.errors import BadLink
from sfu.linking.lanes import LANES, Lane, Stream, Streams
from sfu.negotiation import FINGERPRINTS, CodecName

Json = dict[str, Any]
Kind = Literal["level", "share"]
VERSIONS = (1, 1)
MOST_ADDRESSES = 16
MOST_ROOMS = 8
"""On the way from the root, this one included."""
PLACE = re.compile(r"[\x21-\x7e]{1,128}")
ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
DIGEST = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31,63}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """How one side proves who it is."""

    ufrag: str
    pwd: str
    fingerprint: tuple[str, str]  # hash function, digest


@dataclass(frozen=True, slots=True)
class Offer:
    """Of the lower side; ``place`` is its room's name in paths."""

    kind: Kind
    place: str
    codec: CodecName
    credentials: Credentials
    streams: Streams
    versions: tuple[int, int] = VERSIONS

    def to_json(self) -> Json:
        return {"versions": list(self.versions), "kind": self.kind, "place": self.place, **_common(self)}


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the upper side; ``path``: places from the root to its room."""

    version: int
    path: tuple[str, ...]
    codec: CodecName
    credentials: Credentials
    streams: Streams
    addresses: tuple[tuple[str, int, str], ...]

    def to_json(self) -> Json:
        addresses = [list(address) for address in self.addresses]
        return {"version": self.version, "path": list(self.path), "addresses": addresses, **_common(self)}


def new_streams(new_ssrc: Callable[[], int]) -> Streams:
    """Our lanes with SSRCs of their own."""
    return {name: tuple(_new_stream(lane, new_ssrc) for _ in range(lane.layers)) for name, lane in LANES.items()}


def read_offer(data: object, kind: Kind, codec: CodecName, path: tuple[str, ...]) -> Offer:
    """The other side's offer to a room whose path is ``path``. Raises BadLink saying why it cannot be."""
    fields = _object(data)
    lowest, highest = _versions(fields.get("versions"))
    if lowest > VERSIONS[1] or highest < VERSIONS[0]:
        raise BadLink(f"version: {lowest} to {highest} are offered, {VERSIONS[0]} to {VERSIONS[1]} are spoken here")
    if fields.get("kind") != kind:
        raise BadLink(f"malformed: a link of kind {kind} is expected")
    place = _place(fields.get("place"))
    if place in path:
        raise BadLink(f"loop: {place} is above this room already")
    check_path((*path, place))
    _check_codec(fields, codec)
    return Offer(kind, place, codec, _credentials(fields), _streams(fields), (lowest, highest))


def read_answer(data: object, place: str, codec: CodecName) -> Answer:
    """The other side's answer to the room ``place``. Raises BadLink."""
    fields = _object(data)
    version = fields.get("version")
    if not isinstance(version, int) or not VERSIONS[0] <= version <= VERSIONS[1]:
        raise BadLink(f"version: {version!r:.20} is answered, {VERSIONS[0]} to {VERSIONS[1]} are spoken here")
    path = read_path(fields.get("path"))
    if place in path:
        raise BadLink(f"loop: {place} is above itself")
    check_path((*path, place))
    _check_codec(fields, codec)
    return Answer(version, path, codec, _credentials(fields), _streams(fields), _addresses(fields.get("addresses")))


def agreed(versions: tuple[int, int]) -> int:
    """The version that holds."""
    return min(versions[1], VERSIONS[1])


def read_path(data: object) -> tuple[str, ...]:
    """Places from the root. Raises BadLink."""
    if not isinstance(data, list) or not 1 <= len(data) <= MOST_ROOMS:
        raise BadLink("malformed: path")
    return tuple(_place(one) for one in data)


def check_path(path: tuple[str, ...]) -> None:
    """Raises BadLink when the last room of this path is too far from the first."""
    if len(path) > MOST_ROOMS:
        raise BadLink(f"too_far: {len(path)} rooms from the root, at most {MOST_ROOMS}")


def _common(side: Offer | Answer) -> Json:
    own = side.credentials
    return {
        "codec": side.codec,
        "ufrag": own.ufrag,
        "pwd": own.pwd,
        "fingerprint": " ".join(own.fingerprint),
        "streams": {name: [list(stream) for stream in lane] for name, lane in side.streams.items()},
    }


def _new_stream(lane: Lane, new_ssrc: Callable[[], int]) -> Stream:
    return new_ssrc(), None if lane.source == "microphone" else new_ssrc()


def _object(data: object) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadLink("malformed: not an object")
    return data


def _versions(data: object) -> tuple[int, int]:
    if not isinstance(data, list) or len(data) != 2 or not all(type(one) is int for one in data):
        raise BadLink("malformed: versions")
    return data[0], data[1]


def _place(data: object) -> str:
    if not isinstance(data, str) or not PLACE.fullmatch(data):
        raise BadLink("malformed: place")
    return data


def _check_codec(fields: Mapping[str, Any], codec: CodecName) -> None:
    if fields.get("codec") != codec:
        raise BadLink(f"codec: the other room has {fields.get('codec')!r:.20}, this one {codec}")


def _credentials(fields: Mapping[str, Any]) -> Credentials:
    ufrag, pwd, fingerprint = (fields.get(name) for name in ("ufrag", "pwd", "fingerprint"))
    if not isinstance(ufrag, str) or not ICE.fullmatch(ufrag):
        raise BadLink("malformed: ufrag")
    if not isinstance(pwd, str) or not ICE.fullmatch(pwd) or len(pwd) < 22:
        raise BadLink("malformed: pwd")
    algorithm, _, digest = fingerprint.partition(" ") if isinstance(fingerprint, str) else ("", "", "")
    if algorithm not in FINGERPRINTS or not DIGEST.fullmatch(digest):
        raise BadLink("malformed: fingerprint")
    return Credentials(ufrag, pwd, (algorithm, digest))


def _streams(fields: Mapping[str, Any]) -> Streams:
    """Exactly the lanes of version 1; more of a newer side are left out."""
    data = fields.get("streams")
    if not isinstance(data, dict):
        raise BadLink("malformed: streams")
    streams = {name: _lane_streams(lane, data.get(name)) for name, lane in LANES.items()}
    ssrcs = [ssrc for lane in streams.values() for stream in lane for ssrc in stream if ssrc is not None]
    if len(set(ssrcs)) != len(ssrcs):
        raise BadLink("malformed: an SSRC is used twice")
    return streams


def _lane_streams(lane: Lane, data: object) -> tuple[Stream, ...]:
    if not isinstance(data, list) or len(data) != lane.layers:
        raise BadLink(f"malformed: streams of lane {lane.name}")
    return tuple(_stream(lane, one) for one in data)


def _stream(lane: Lane, data: object) -> Stream:
    if not isinstance(data, list) or len(data) != 2:
        raise BadLink(f"malformed: streams of lane {lane.name}")
    ssrc, repair = data
    if lane.source == "microphone":
        return _ssrc(ssrc), None
    return _ssrc(ssrc), _ssrc(repair)


def _ssrc(data: object) -> int:
    if type(data) is not int or not 0 < data <= 0xFFFFFFFF:
        raise BadLink("malformed: SSRC")
    return data


def _addresses(data: object) -> tuple[tuple[str, int, str], ...]:
    if not isinstance(data, list) or not 1 <= len(data) <= MOST_ADDRESSES:
        raise BadLink("malformed: addresses")
    return tuple(_address(one) for one in data)


def _address(data: object) -> tuple[str, int, str]:
    """Where to dial: an IP address, for names are nobody's business at this point."""
    if not isinstance(data, list) or len(data) != 3:
        raise BadLink("malformed: address")
    host, port, protocol = data
    if type(port) is not int or not 0 < port < 65536 or protocol not in ("udp", "tcp"):
        raise BadLink("malformed: address")
    try:
        address = ip_address(host) if isinstance(host, str) else None
    except ValueError:
        address = None
    if address is None or address.is_multicast or address.is_unspecified:
        raise BadLink("malformed: address")
    return str(address), port, protocol
