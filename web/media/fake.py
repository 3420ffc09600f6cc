"""FakeMedia: a media worker in memory, good enough to ship with tests of rooms: it keeps what it is told.

Nothing is encoded or sent. ``restart`` is a worker that died and came back; ``silence`` one that is away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from web.media.errors import MediaRefused, MediaUnavailable
from web.media.messages import (
    Joined,
    JoinedSlot,
    Json,
    LinkChanged,
    LinkKind,
    LinkSide,
    MediaEvent,
    MediaStats,
    PeerStats,
    Program,
    RecordAction,
    RecordingChanged,
    RoomState,
    WorkerDown,
    WorkerHello,
    WorkerUp,
)

AT = "2026-11-05T07:00:00.000Z"


@dataclass(slots=True)
class FakeRoom:
    peers: dict[str, str] = field(default_factory=dict)  # peer → label
    program: Program = field(default_factory=Program)
    audible: list[str] = field(default_factory=list)
    recording_id: str | None = None
    recording: str = "off"
    directory: str = ""
    parts: int = 0
    links: dict[str, str] = field(default_factory=dict)  # "side name" → state


class FakeMedia:
    """The interface of ``MediaClient``; ``asked`` holds every request in order."""

    def __init__(self, on_event: Callable[[MediaEvent], None] = lambda event: None, name: str = "media-1") -> None:
        self.on_event = on_event
        self.name = name
        self.draining = False
        self.most_peers = 1000
        self.refuses_links = ""  # why, when it does
        self.rooms: dict[str, FakeRoom] = {}
        self.views: dict[str, tuple[list[str], int, bool]] = {}
        self.notes: dict[str, str] = {}
        self.starts: dict[str, int | None] = {}  # peer → what its line was said to carry
        self.asked: list[tuple[str, ...]] = []
        self.is_up = True
        self._boots = 1
        self.hello: WorkerHello | None = self._hello()

    def _hello(self) -> WorkerHello:
        boot_id = f"{self.name} boot-{self._boots}"
        return WorkerHello(1, boot_id, (("127.0.0.1", 3478, "udp"),), "sha-256 00")

    # -- faults -----------------------------------------------------------------------------------------------------

    def silence(self) -> None:
        """The worker is away; its rooms are as they were if it comes back by ``return_``."""
        self.is_up = False
        self.on_event(WorkerDown())

    def return_(self) -> None:
        """The same worker again."""
        self.is_up = True
        assert self.hello is not None  # noqa: S101 - set in the constructor
        self.on_event(WorkerUp(self.hello, is_new=False))

    def restart(self) -> None:
        """Killed and started again: nothing is left of its rooms."""
        self.silence()
        self.rooms.clear()
        self.views.clear()
        self._boots += 1
        self.hello = self._hello()
        self.is_up = True
        self.on_event(WorkerUp(self.hello, is_new=True))

    def break_disk(self, room: str, at: str = AT) -> None:
        self._recording(room, "interrupted", at, "disk")

    def mend_disk(self, room: str, at: str = AT) -> None:
        self._recording(room, "on", at, None)

    def _recording(self, room: str, state: str, at: str, cause: str | None) -> None:
        has = self.rooms[room]
        has.recording = state
        self.on_event(RecordingChanged(room, str(has.recording_id), state, at, cause))

    # -- requests ---------------------------------------------------------------------------------------------------

    def _ask(self, *words: str) -> None:
        if not self.is_up:
            raise MediaUnavailable("no media worker is connected")
        self.asked.append(words)

    def _room(self, room: str) -> FakeRoom:
        if room not in self.rooms:
            raise MediaRefused("unknown_room", room)
        return self.rooms[room]

    async def state(self) -> dict[str, RoomState]:
        self._ask("state")
        return {
            name: RoomState(
                tuple(has.peers), _recording_of(has), _links_of(has), tuple(p for p in has.peers if p in self.notes)
            )
            for name, has in self.rooms.items()
        }

    async def open_room(self, room: str) -> None:
        self._ask("open_room", room)
        if self.draining and room not in self.rooms:
            raise MediaRefused("draining", room)
        self.rooms.setdefault(room, FakeRoom())

    async def close_room(self, room: str) -> None:
        self._ask("close_room", room)
        self._room(room)
        del self.rooms[room]

    async def join(
        self,
        room: str,
        peer: str,
        label: str,
        offer: str,
        may_send: list[str],
        start_bps: int | None = None,
        note: str | None = None,
    ) -> Joined:
        self.starts[peer] = start_bps
        if note:
            self.notes[peer] = note
        self._ask("join", room, peer, label, ",".join(may_send))
        if not offer.startswith("v=0"):
            raise MediaRefused("bad_offer", "no v= line")
        here = self._room(room).peers
        if peer not in here and sum(len(one.peers) for one in self.rooms.values()) >= self.most_peers:
            raise MediaRefused("full", f"this worker has {len(here)} peers, its limit")
        here[peer] = label
        return Joined("v=0\r\n", (JoinedSlot("0", "audio"), JoinedSlot("1", "video")))

    async def restart_ice(self, peer: str, offer: str, note: str | None = None) -> str:
        self._ask("restart_ice", peer)
        return "v=0\r\n"

    async def note(self, peer: str) -> str:
        self._ask("note", peer)
        return self.notes.get(peer, "")

    async def leave(self, peer: str) -> None:
        self._ask("leave", peer)
        for room in self.rooms.values():
            room.peers.pop(peer, None)

    async def set_program(self, room: str, program: Program, audible: list[str]) -> None:
        self._ask("set_program", room)
        has = self._room(room)
        has.program, has.audible = program, audible

    async def set_view(self, peer: str, pinned: list[str], max_video: int, paused: bool) -> None:
        self._ask("set_view", peer)
        self.views[peer] = (pinned, max_video, paused)

    async def tell_again(self, peer: str) -> None:
        self._ask("tell_again", peer)

    async def record(self, room: str, recording_id: str, action: RecordAction, directory: Path | str) -> str:
        self._ask("record", action, recording_id)
        has = self._room(room)
        has.recording_id, has.directory = recording_id, str(directory)
        has.parts += action == "start"
        has.recording = {"start": "on", "resume": "on", "pause": "paused", "stop": "off"}[action]
        self.on_event(RecordingChanged(room, recording_id, has.recording, AT, None))
        return AT

    async def open_link(self, room: str, link: str, kind: LinkKind) -> Json:
        self._ask("open_link", room, link, kind)
        self._link(room, link, "lower", "connecting")
        return {"place": f"{self.name}/{room}"}

    async def accept_link(
        self, room: str, link: str, kind: LinkKind, offer: Json, labels: list[str] | None = None
    ) -> Json:
        self._ask("accept_link", room, link, kind)
        if self.refuses_links:
            raise MediaRefused("bad_link", self.refuses_links)
        self._link(room, link, "upper", "connecting")
        return {"path": [f"{self.name}/{room}"], "of": offer["place"]}

    async def connect_link(self, link: str, answer: Json) -> None:
        """The link is up on our side at once; the other side says so by ``set_link``."""
        self._ask("connect_link", link)
        [room] = [name for name, has in self.rooms.items() if f"lower {link}" in has.links]
        self._link(room, link, "lower", "up")

    async def follow_link(self, link: str, follow: bool) -> None:
        self._ask("follow_link", link, str(follow))

    async def limit_link(self, link: str, labels: list[str]) -> None:
        self._ask("limit_link", link, " ".join(labels))

    async def close_link(self, link: str, side: LinkSide | None = None) -> None:
        self._ask("close_link", link)
        for name, has in self.rooms.items():
            for one in ("lower", "upper"):
                if side in (None, one) and f"{one} {link}" in has.links:
                    self._link(name, link, one, "closed")

    def _link(self, room: str, link: str, side: str, state: str, cause: str | None = None) -> None:
        links = self._room(room).links
        links[f"{side} {link}"] = state
        if state == "closed":
            del links[f"{side} {link}"]
        self.on_event(LinkChanged(room, link, side, state, cause, ()))

    def set_link(self, room: str, link: str, side: LinkSide, state: str, cause: str | None = None) -> None:
        """A link of this room changes by itself."""
        self._link(room, link, side, state, cause)

    async def start_capture(self, peer: str, path: Path, *, whole: bool, seconds: int, most_bytes: int) -> None:
        self._ask("start_capture", peer)

    async def stop_capture(self, peer: str) -> None:
        self._ask("stop_capture", peer)

    async def stats(self, room: str | None = None) -> MediaStats:
        self._ask("stats")
        rooms = [self.rooms[room]] if room else list(self.rooms.values())
        return MediaStats({"peers": 0}, {peer: PeerStats() for one in rooms for peer in one.peers})


def _recording_of(room: FakeRoom) -> dict[str, str] | None:
    if room.recording_id is None or room.recording == "off":
        return None
    return {"recording_id": room.recording_id, "directory": room.directory, "state": room.recording}


def _links_of(has: FakeRoom) -> tuple[Json, ...]:
    return tuple(
        {"side": key.partition(" ")[0], "link": key.partition(" ")[2], "state": state}
        for key, state in has.links.items()
    )
