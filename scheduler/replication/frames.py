"""The messages of a link's socket (``web/link/PROTOCOL.md``): JSON text frames, strictly read, bounded in every way."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from scheduler.nodes.edges import Edge
from scheduler.nodes.registry import Introduction
from scheduler.proceedings.encoding import from_plain, read_value, to_plain
from scheduler.proceedings.errors import Malformed
from scheduler.proceedings.facts import LogId
from scheduler.replication.errors import MalformedFrame

VERSIONS = (1, 1)  # oldest and newest this software speaks
FRAME_BYTES = 240 * 1024
BATCH_BYTES = 48 * 1024  # what is aimed at: a request never waits long behind one
BATCH_FACTS = 256
MOST_LISTED = 500  # logs, edges or nodes in one frame
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
_KIND = re.compile(r"[a-z]{1,20}\.[a-z_]{1,30}")


class Frame:
    """Base of all messages; the ``type`` on the wire is the class name in small letters."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Hello(Frame):
    """The first message of both sides."""

    versions: tuple[int, ...]  # oldest, newest
    node: str
    name: str
    epoch: int
    challenge: str  # 32 random bytes, hex
    at_ms: int  # the sender's clock, since 1970


@dataclass(frozen=True, slots=True)
class Proof(Frame):
    """The second: the node's signature under both hellos."""

    version: int
    signature: str


@dataclass(frozen=True, slots=True)
class Nodes(Frame):
    """Who is behind the sender."""

    nodes: tuple[Introduction, ...]


@dataclass(frozen=True, slots=True)
class Tree(Frame):
    """Which meetings on the sender's side stand under which."""

    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a log ends at the one who says it."""

    log: LogId
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Have(Frame):
    """What the sender holds of logs that are to come to it; ``last``: all has been said, let them come."""

    logs: tuple[Cursor, ...]
    last: bool = True


@dataclass(frozen=True, slots=True)
class Seal:
    """The origin's signature under its log up to this fact."""

    seq: int
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Batch(Frame):
    """Facts of one log that follow one another; the last is sealed."""

    log: LogId
    facts: tuple[Any, ...]  # JSON objects, read by ``receiving``
    seal: Seal


@dataclass(frozen=True, slots=True)
class Ack(Frame):
    """All up to this fact is durable here."""

    log: LogId
    seq: int


@dataclass(frozen=True, slots=True)
class Park(Frame):
    """This log cannot be taken for now: do not send more of it before the next ``have``."""

    log: LogId
    reason: str


@dataclass(frozen=True, slots=True)
class Beat(Frame):
    """I am here; ``echo`` is the last ``count`` heard, for the way there and back."""

    count: int
    echo: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Request(Frame):
    id: int
    kind: str
    body: Any


@dataclass(frozen=True, slots=True)
class Reply(Frame):
    """``body`` of a request carried out, or why it was refused."""

    id: int
    body: Any
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Close(Frame):
    """The sender is about to close the socket."""

    code: str
    detail: str = ""


FRAMES: dict[str, type[Frame]] = {cls.__name__.lower(): cls for cls in Frame.__subclasses__()}
_FREE = {(Batch, "facts"), (Request, "body"), (Reply, "body")}


def to_text(frame: Frame) -> str:
    message = {"type": type(frame).__name__.lower(), **to_plain(frame)}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def batch_text(log: LogId, facts: Sequence[str], seal: Seal) -> str:
    """A batch whose facts are JSON text already."""
    head = json.dumps({"type": "batch", "log": to_plain(log), "seal": to_plain(seal)}, separators=(",", ":"))
    return f'{head[:-1]},"facts":[{",".join(facts)}]}}'


def read_frame(text: str) -> Frame:
    """The message of a text frame; :class:`MalformedFrame` for anything else."""
    if len(text) > FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > FRAME_BYTES:
        raise MalformedFrame(f"a frame of {len(text)} characters")
    try:
        message = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedFrame("not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise MalformedFrame("not an object with a type")
    cls = FRAMES.get(message.pop("type"))
    if cls is None:
        raise MalformedFrame("a type that is not known")
    try:
        return _checked(_read(cls, message))
    except (Malformed, TypeError, RecursionError) as error:
        raise MalformedFrame(str(error)[:200]) from error


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _read(cls: type[Frame], message: dict[str, Any]) -> Frame:
    if cls is Hello or cls is Close:  # before a version is agreed upon; a newer one may say more
        message = {item.name: message[item.name] for item in fields(cls) if item.name in message}
    free = {name: message.pop(name) for kind, name in _FREE if kind is cls and name in message}
    if not free:
        return from_plain(cls, message, cls.__name__.lower())
    known = {item.name for item in fields(cls)}  # type: ignore[arg-type]
    if set(message) - known:
        raise Malformed(cls.__name__, "unknown field")
    if cls is Batch:
        log, seal = (from_plain(kind, message.get(name), name) for kind, name in ((LogId, "log"), (Seal, "seal")))
        facts = free["facts"]
        if not isinstance(facts, list) or not 0 < len(facts) <= BATCH_FACTS:
            raise Malformed("facts", "not a list of facts")
        return Batch(log, tuple(facts), seal)  # type: ignore[arg-type]
    if not isinstance(free["body"], dict):
        raise Malformed("body", "not an object")
    number = read_value(int, message.get("id"), "id")
    if cls is Request:
        return Request(number, _match(_KIND, read_value(str, message.get("kind"), "kind")), free["body"])
    code, detail = (read_value(str, message.get(name, ""), name) for name in ("code", "detail"))
    return Reply(number, free["body"], code[:60], detail[:500])


def _checked(frame: Frame) -> Frame:
    """What the types do not say: shapes of ids and hashes, and how many."""
    match frame:
        case Hello():
            _match(_ID, frame.node)
            _match(_HEX64, frame.challenge)
            if len(frame.versions) != 2 or len(frame.name) > 200 or frame.epoch < 1:
                raise Malformed("hello", "out of range")
        case Proof():
            _match(_HEX128, frame.signature)
        case Nodes():
            _few(frame.nodes)
            for node in frame.nodes:
                _match(_ID, node.id)
                _match(_ID, node.introduced_by)
                _match(_HEX64, node.public_key)
                _match(_HEX128, node.signature)
                if not 0 < len(node.name) <= 200:
                    raise Malformed("nodes", "name")
        case Tree():
            _few(frame.edges)
            for edge in frame.edges:
                for one in (edge.meeting_id, edge.node, edge.parent_meeting_id, edge.parent_node):
                    _match(_ID, one)
        case Have():
            _few(frame.logs)
            for cursor in frame.logs:
                _check_log(cursor.log)
                _match(_HEX64, cursor.hash)
                if cursor.seq < 0:
                    raise Malformed("have", "seq")
        case Batch():
            _check_log(frame.log)
            _match(_HEX64, frame.seal.hash)
            _match(_HEX128, frame.seal.signature)
        case Ack() | Park():
            _check_log(frame.log)
        case _:
            pass
    return frame


def _check_log(log: LogId) -> None:
    _match(_ID, log.origin)
    _match(_ID, log.meeting_id)
    if not 1 <= log.epoch < 2**31:
        raise Malformed("log", "epoch")


def _few(items: tuple[Any, ...]) -> None:
    if len(items) > MOST_LISTED:
        raise Malformed("list", f"more than {MOST_LISTED}")


def _match(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise Malformed("text", "not well-formed")
    return text
