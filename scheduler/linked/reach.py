"""What the installation above asks of one site in a room held for it (``board.message``, ``board.picture``,
``board.call``), or either of the other (``media.still``), and what it is answered: read and bounded. Pure.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.linked.messages import NotUnderstood, is_plain, read_id

Json = dict[str, Any]
LONGEST_TEXT = 500
MOST_HOPS = 8  # installations on the way down
MOST_STILL = 16 * 1024
MOST_AGE_S = 30.0


@dataclass(frozen=True, slots=True)
class Reach:
    """The room ``child`` stands below ``meeting``; the site sits in it, or below it."""

    meeting: str
    child: str
    site: str
    hops: int = 0  # installations it has come through
    text: str = ""

    def to_json(self) -> Json:
        body: Json = {"meeting": self.meeting, "child": self.child, "site": self.site, "hops": self.hops}
        return {**body, "text": self.text} if self.text else body


def read_reach(body: Json, *, with_text: bool = False) -> Reach:
    """From the installation above; :class:`NotUnderstood` for anything else."""
    hops, text = body.get("hops", 0), body.get("text") if with_text else ""
    if not isinstance(hops, int) or isinstance(hops, bool) or not 0 <= hops < MOST_HOPS:
        raise NotUnderstood("hops")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or not is_plain(text) or (with_text and not text.strip()):
        raise NotUnderstood("text")
    return Reach(read_id(body, "meeting"), read_id(body, "child"), read_id(body, "site"), hops, text)


def read_picture(reply: Mapping[str, Any]) -> bytes:
    """From the installation below: a JPEG, by its frame, and small."""
    text = reply.get("jpeg")
    if not isinstance(text, str) or len(text) > MOST_STILL * 4 // 3 + 4:
        raise NotUnderstood("jpeg")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NotUnderstood("jpeg") from error
    if not (data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9")):
        raise NotUnderstood("jpeg")
    return data


def read_still(reply: Mapping[str, Any]) -> tuple[str, float]:
    """A still as the other installation has it: base64 of a small JPEG, and how many seconds old it is."""
    read_picture(reply)
    age_ms = reply.get("age_ms")
    if not isinstance(age_ms, int) or isinstance(age_ms, bool) or not 0 <= age_ms <= MOST_AGE_S * 1000:
        raise NotUnderstood("age_ms")
    return str(reply["jpeg"]), age_ms / 1000


def read_request(reply: Mapping[str, Any], site_id: str) -> Json:
    """From the installation below: the request that it hands up, of the site that was called and no other."""
    request = reply.get("request")
    if not isinstance(request, dict) or request.get("site_id") != site_id:
        raise NotUnderstood("request")
    read_id(request, "request_id")
    return request
