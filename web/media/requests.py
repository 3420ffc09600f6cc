"""Requests of the web process to the worker: argument checks, the act, the answer or the error code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from sfu.errors import (
    BadLink,
    BadOffer,
    Draining,
    Full,
    HasUpper,
    NoCodec,
    NotAllowed,
    SfuError,
    UnknownLink,
    UnknownPeer,
    UnknownRoom,
)
from sfu.events import LinkSide
from sfu.linking.terms import Kind
from sfu.peer import View
from sfu.program import Program
from web.media.messages import VERSION, Json
from web.media.recorder import Recorder
from web.media.statistics import link_stats, peer_stats, worker_stats

if TYPE_CHECKING:
    from web.media.worker import Worker

log = structlog.get_logger()
CODES: dict[type[SfuError], str] = {
    UnknownRoom: "unknown_room",
    UnknownPeer: "unknown_peer",
    BadOffer: "bad_offer",
    NoCodec: "no_codec",
    NotAllowed: "not_allowed",
    BadLink: "bad_link",
    HasUpper: "has_upper",
    UnknownLink: "unknown_link",
    Full: "full",
    Draining: "draining",
}
MOST_CAPTURE_S, MOST_CAPTURE_BYTES = 3600, 100_000_000
MOST_START_BPS = 10**12
MOST_NOTE = 128 * 1024
MODES = ("discussion", "one_speaker", "chair_only")


class BadRequest(Exception):
    """An argument is missing or of the wrong kind."""


async def answer(worker: Worker, message: Json) -> Json:
    """Do what ``message`` asks, all but the end of a recording at once; every failure becomes an error answer."""
    number = message.get("id")
    try:
        act = REQUESTS.get(_text(message, "do"))
        if act is None:
            raise BadRequest(f"no request is called {message['do']}")
        done = act(worker, message)
        return {"id": number, "ok": (await done if isinstance(done, Awaitable) else done) or {}}
    except BadRequest as error:
        return _error(number, "bad_request", str(error))
    except SfuError as error:
        return _error(number, CODES.get(type(error), "failed"), str(error))
    except Exception:
        log.exception("request failed", do=message.get("do"))
        return _error(number, "failed", "the media worker failed at this; its log says why")


def _error(number: Any, code: str, text: str) -> Json:
    return {"id": number, "error": {"code": code, "message": text}}


def _text(message: Json, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} must be text")
    return value


def _texts(message: Json, name: str) -> list[str]:
    value = message.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadRequest(f"{name} must be a list of texts")
    return value


def _hello(worker: Worker, message: Json) -> Json:
    node = worker.node
    if message.get("version") != VERSION:
        raise BadRequest(f"version {message.get('version')} is not spoken here, {VERSION} is")
    addresses = [list(address) for address in node.listener.addresses]
    return {
        "version": VERSION,
        "boot_id": worker.boot_id,
        "addresses": addresses,
        "fingerprint": node.fingerprint,
    }


def _state(worker: Worker, message: Json) -> Json:
    rooms = {}
    for name, room in worker.node.rooms.items():
        recorder = worker.recorders.get(name)
        recording = (
            {
                "recording_id": recorder.recording_id,
                "directory": str(recorder.directory),
                "state": recorder.state,
            }
            if recorder
            else None
        )
        peers = [peer.name for peer in room.peers.values() if peer.role == "viewer" and not peer.is_virtual]
        of_room = [link for room_name, link in worker.node.legs.links() if room_name == name]
        links = [{"link": link.name, "side": link.side, "state": link.state} for link in of_room]
        noted = [peer for peer in peers if worker.node.note_of(peer)]
        rooms[name] = {"peers": peers, "noted": noted, "recording": recording, "links": links}
    return {"rooms": rooms}


def _open_room(worker: Worker, message: Json) -> None:
    worker.node.open_room(_text(message, "room"))


async def _close_room(worker: Worker, message: Json) -> None:
    room = _text(message, "room")
    worker.node.room(room)
    recorder = worker.recorders.pop(room, None)
    stopping = asyncio.ensure_future(recorder.stop()) if recorder is not None else None
    worker.node.close_room(room)
    if stopping is not None:
        await stopping


def _join(worker: Worker, message: Json) -> Json:
    room, peer, label = (_text(message, name) for name in ("room", "peer", "label"))
    start = None if message.get("start_bps") is None else _number(message, "start_bps", MOST_START_BPS)
    offer, may_send, note = _text(message, "offer"), _texts(message, "may_send"), _note(message) or ""
    sdp, slots = worker.node.join(room, peer, label, offer, may_send, start, note)
    return {"answer": sdp, "slots": [{"mid": mid, "kind": kind} for mid, kind in slots]}


def _restart_ice(worker: Worker, message: Json) -> Json:
    peer, offer = _text(message, "peer"), _text(message, "offer")
    return {"answer": worker.node.restart_ice(peer, offer, _note(message))}


def _note_of(worker: Worker, message: Json) -> Json:
    return {"note": worker.node.note_of(_text(message, "peer"))}


def _note(message: Json) -> str | None:
    note = message.get("note")
    if note is not None and (not isinstance(note, str) or len(note) > MOST_NOTE):
        raise BadRequest(f"note must be text of at most {MOST_NOTE} characters")
    return note


def _leave(worker: Worker, message: Json) -> None:
    worker.node.leave(_text(message, "peer"))


def _set_program(worker: Worker, message: Json) -> None:
    wanted = message.get("program")
    if not isinstance(wanted, dict):
        raise BadRequest("program must be an object")
    peers = {name: _optional(wanted, name) for name in ("floor", "chair", "presentation")}
    mode = wanted.get("mode", "discussion")
    if mode not in MODES:
        raise BadRequest(f"mode must be one of {', '.join(MODES)}")
    worker.node.set_program(_text(message, "room"), Program(**peers, mode=mode), _texts(message, "audible"))


def _optional(wanted: Json, name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"program.{name} must be a peer or null")
    return value


def _set_view(worker: Worker, message: Json) -> None:
    count = message.get("max_video")
    if not isinstance(count, int) or count < 0:
        raise BadRequest("max_video must be a number")
    view = View(tuple(_texts(message, "pinned")), count, bool(message.get("paused")))
    worker.node.set_view(_text(message, "peer"), view)


def _tell_again(worker: Worker, message: Json) -> None:
    worker.node.tell_again(_text(message, "peer"))


def _record(worker: Worker, message: Json) -> Json | Awaitable[Json]:
    room, recording_id, action = (_text(message, name) for name in ("room", "recording_id", "action"))
    recorder, now = worker.recorders.get(room), time.monotonic()
    worker.node.room(room)
    if action == "start":
        if recorder is not None and recorder.recording_id != recording_id:
            raise NotAllowed(f"room {room} is already being recorded")
        if recorder is None:
            directory = Path(_text(message, "directory"))
            recorder = Recorder(worker.node, room, recording_id, directory, worker.boot_id, worker.recording_changed)
            worker.recorders[room] = recorder
            return {"at": recorder.start(now)}
        return {"at": recorder.resume(now)}
    if recorder is None or recorder.recording_id != recording_id:
        raise NotAllowed(f"room {room} has no recording {recording_id}")
    if action == "stop":
        del worker.recorders[room]
        return _stop(recorder)
    if action not in ("pause", "resume"):
        raise BadRequest("action must be start, pause, resume or stop")
    return {"at": recorder.pause(now) if action == "pause" else recorder.resume(now)}


async def _stop(recorder: Recorder) -> Json:
    return {"at": await recorder.stop()}


def _request_keyframe(worker: Worker, message: Json) -> None:
    worker.node.request_keyframe(_text(message, "room"), _text(message, "peer"))


def _stats(worker: Worker, message: Json) -> Json:
    node, now = worker.node, time.monotonic()
    rooms = [node.room(message["room"])] if message.get("room") else list(node.rooms.values())
    peers = {
        peer.name: peer_stats(node.plane, peer, worker.rates, now)
        for room in rooms
        for peer in room.peers.values()
        if peer.role == "viewer" and not peer.is_virtual
    }
    names = {room.name for room in rooms}
    links = [link_stats(node.plane, room, link) for room, link in node.legs.links() if room in names]
    return {"worker": worker_stats(node), "peers": peers, "links": links}


def _open_link(worker: Worker, message: Json) -> Json:
    return {"offer": worker.node.legs.open(_text(message, "room"), _link(message), _kind(message))}


def _accept_link(worker: Worker, message: Json) -> Json:
    labels = _texts(message, "labels") if message.get("labels") is not None else None
    room, link, kind = _text(message, "room"), _link(message), _kind(message)
    return {"answer": worker.node.legs.accept(room, link, kind, message.get("offer"), labels)}


def _connect_link(worker: Worker, message: Json) -> None:
    worker.node.legs.connect(_link(message), message.get("answer"))


def _follow_link(worker: Worker, message: Json) -> None:
    worker.node.legs.follow(_link(message), bool(message.get("follow")))


def _limit_link(worker: Worker, message: Json) -> None:
    worker.node.legs.limit(_link(message), _texts(message, "labels"))


def _close_link(worker: Worker, message: Json) -> None:
    sides: tuple[LinkSide, ...] = ("lower", "upper")
    wanted = message.get("side")
    if wanted is not None and wanted not in sides:
        raise BadRequest("side must be lower or upper")
    for side in sides:
        if wanted in (None, side):
            worker.node.legs.close(_link(message), side)


def _link(message: Json) -> str:
    return _text(message, "link")


def _kind(message: Json) -> Kind:
    kind = message.get("kind")
    if kind == "level":
        return "level"
    if kind == "share":
        return "share"
    raise BadRequest("kind must be level or share")


def _start_capture(worker: Worker, message: Json) -> None:
    seconds, most = (_number(message, "seconds", MOST_CAPTURE_S), _number(message, "bytes", MOST_CAPTURE_BYTES))
    peer, path = _text(message, "peer"), Path(_text(message, "path"))
    worker.node.start_capture(peer, path, whole=bool(message.get("whole")), seconds=seconds, most_bytes=most)


def _stop_capture(worker: Worker, message: Json) -> None:
    worker.node.stop_capture(_text(message, "peer"))


def _number(message: Json, name: str, most: int) -> int:
    value = message.get(name)
    if not isinstance(value, int) or not 1 <= value <= most:
        raise BadRequest(f"{name} must be a number up to {most}")
    return value


def _drain(worker: Worker, message: Json) -> None:
    worker.drain()


REQUESTS: dict[str, Callable[[Worker, Json], Json | Awaitable[Json | None] | None]] = {
    "hello": _hello,
    "state": _state,
    "open_room": _open_room,
    "close_room": _close_room,
    "join": _join,
    "restart_ice": _restart_ice,
    "note": _note_of,
    "leave": _leave,
    "set_program": _set_program,
    "set_view": _set_view,
    "tell_again": _tell_again,
    "record": _record,
    "request_keyframe": _request_keyframe,
    "stats": _stats,
    "open_link": _open_link,
    "accept_link": _accept_link,
    "connect_link": _connect_link,
    "follow_link": _follow_link,
    "limit_link": _limit_link,
    "close_link": _close_link,
    "start_capture": _start_capture,
    "stop_capture": _stop_capture,
    "drain": _drain,
}
