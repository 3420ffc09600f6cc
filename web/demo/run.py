"""The whole way of ``giaoban demo province``, from nothing to people in the rooms, and back to nothing at Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from web.demo import leftovers, network, postgres
from web.demo.browsers import Browsers, check_there
from web.demo.conference import Conference, Guest, Planning, not_written_to, open_rooms
from web.demo.errors import DemoFailed, Ended, Occupied
from web.demo.installations import Installations
from web.demo.layout import lay_out
from web.demo.line import Impairment
from web.demo.processes import Processes
from web.demo.screen import Screen, Step, doors_of_communes
from web.demo.sites import GO, Invitation, write
from web.demo.usage import words
from web.run_folder import lock
from web.visiting.visitor import VisitFailed

WATCHING = 16  # light peers that watch what is on air; the others only send
SITES_S = 300.0
LETTERS_S = 120.0


@dataclass(frozen=True, slots=True)
class Options:
    folder: Path
    sites: int = 40
    relay: Impairment | None = None
    browsers: Path | None = None
    fresh: bool = False


async def run(options: Options, inherited: Mapping[str, str], console: Console) -> int:
    """Until told to stop; the exit code of the command."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    demo = Demo(options, inherited, Screen(console))
    working = asyncio.create_task(demo.run(stopping))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        console.print("\nĐang dừng …")
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        console.print("Đã dừng; mạng riêng đã gỡ, dữ liệu còn trong thư mục.")
    except (DemoFailed, VisitFailed, httpx.HTTPError, OSError) as error:
        console.print(f"[red]{escape(str(error) or type(error).__name__)}[/red]", soft_wrap=True, highlight=False)
        return 1
    finally:
        stopped.cancel()
    return 0


class Demo:
    def __init__(self, options: Options, inherited: Mapping[str, str], screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._layout = lay_out(options.folder, isolated=network.can_isolate())
        self._processes = Processes(self._layout.logs)
        self._installations = Installations(self._layout, self._processes, inherited)
        self._databases: dict[str, str] = {}  # place → what it is, for people
        self._pictures: list[Path] = []

    async def run(self, stopping: asyncio.Event) -> None:
        layout, screen = self._layout, self._screen
        if self._options.browsers is not None:
            check_there()
        layout.folder.mkdir(parents=True, exist_ok=True)
        held = lock(layout.folder / "lock")
        if held is None:
            raise Occupied(layout.folder)
        with held:
            async with AsyncExitStack() as stack:
                await self._clear()
                if not layout.isolated:
                    screen.warn("Không chạy bằng root: ba cài đặt dùng địa chỉ loopback, không có mạng riêng.")
                    if self._options.relay:
                        raise DemoFailed("--relay cần mạng riêng của từng cài đặt: chạy bằng root.")
                stack.push_async_callback(self._end)
                with screen.steps():
                    conference = await self._begin(stack)
                screen.places(layout, self._databases)
                screen.doors(layout, conference)
                if self._pictures:
                    screen.say(f"Ảnh chụp: {', '.join(str(path) for path in self._pictures)}")
                screen.say("\nCtrl-C để dừng tất cả.")
                await self._processes.one_ended()

    async def _clear(self) -> None:
        """What a killed run has left; with ``--fresh`` all data too."""
        layout = self._layout
        count = await leftovers.end_marked(layout.mark)
        network.take_away(layout.places)
        if count:
            self._screen.warn(f"Đã dọn {count} tiến trình còn lại của lần chạy trước.")
        if self._options.fresh:
            folders = [*(place.data for place in layout.places), layout.logs]
            folders.append(postgres.folder_for(layout, layout.province, as_root=layout.isolated))
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

    async def _end(self) -> None:
        await self._processes.stop()
        await leftovers.end_marked(self._layout.mark)
        network.take_away(self._layout.places)

    # -- the way ----------------------------------------------------------------------------------------------------

    async def _begin(self, stack: AsyncExitStack) -> Conference:
        screen, layout = self._screen, self._layout
        if layout.isolated:
            with screen.step("Mạng riêng của ba cấp") as step:
                await self._lay_networks(step)
        with screen.step("Cơ sở dữ liệu") as step:
            urls = await self._database(step)
        with screen.step("Ba cài đặt khởi động") as step:
            await self._installations.serve(urls, step.count)
        with screen.step("Ghép khóa, liên kết các cấp"):
            nodes = await self._installations.link()
        planning = Planning(layout, nodes, stack)
        with screen.step("Lập kế hoạch, gửi giấy mời") as step:
            conference = await planning.plan()
            step.note(f"{len(conference.rooms)} phòng họp, {len(conference.guests)} điểm cầu")
        with screen.step("Mở phòng họp, khai mạc"):
            seats = await open_rooms(planning, conference, stack)
        coming = self._coming(conference)
        if coming:
            sites = await self._sites(coming)
            with screen.step("Giấy mời đến các điểm cầu") as step:
                await self._letters(step, planning, conference, coming)
            with screen.step("Điểm cầu bật camera") as step:
                await self._until(sites, step, "cameras")
            with screen.step("Điểm cầu vào họp") as step:
                used = self._processes.cpu_seconds()
                await self._enter(sites, step)
            screen.say(f"CPU khi vào họp: {words(used, self._processes.cpu_seconds())}")
        if self._options.browsers is not None:
            with screen.step("Ba trình duyệt vào họp, xã phát biểu"):
                browsers = Browsers(layout, conference, self._options.browsers)
                await browsers.join(stack)
                self._pictures = await browsers.show(seats[::-1])
        return conference

    async def _lay_networks(self, step: Step) -> None:
        relay, district = self._options.relay, self._layout.district
        await self._installations.lay_networks({district.name: relay} if relay else {})
        if relay:
            step.note(f"đường tỉnh – huyện: {relay}")

    async def _database(self, step: Step) -> dict[str, str]:
        """SQLite, but for the province where PostgreSQL is there; URLs by place."""
        self._databases = {place.name: "SQLite" for place in self._layout.places}
        programs, province = postgres.programs(), self._layout.province
        if programs is None:
            self._screen.warn(postgres.MISSING)
            return {}
        folder = postgres.folder_for(self._layout, province, as_root=self._layout.isolated)
        server = postgres.Postgres(self._layout, province, programs, folder)
        await asyncio.to_thread(server.make)
        await server.start(self._processes, self._installations.environment(province))
        self._databases[province.name] = "PostgreSQL"
        step.note("tỉnh: PostgreSQL, trung ương và huyện: SQLite")
        return {province.name: server.url}

    def _coming(self, conference: Conference) -> list[Guest]:
        """Whose sites light peers sit at: not those of the doors that people are shown."""
        layout = self._layout
        kept = {guest.site_id for guest in doors_of_communes(layout, conference)}
        kept |= {g.site_id for p in (layout.central, layout.district) for g in conference.room_of(p).guests
                 if g.role == "chair"}  # fmt: skip
        return [guest for guest in conference.guests if guest.site_id not in kept][: self._options.sites]

    async def _sites(self, guests: Sequence[Guest]) -> Process:
        """Light peers that wait for the word."""
        layout = self._layout
        by_name = {place.name: place for place in layout.places}
        invitations = [
            Invitation(guest, (place := by_name[guest.place]).url, str(place.authority or ""), number < WATCHING)
            for number, guest in enumerate(guests)
        ]
        command = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "web.demo.sites"]
        process = await self._processes.start(
            "sites", command, self._installations.environment(layout.central), talks=True
        )
        await self._tell(process, write(invitations))
        return process

    async def _tell(self, process: Process, line: bytes) -> None:
        if process.stdin is None:
            raise DemoFailed("sites")
        process.stdin.write(line)
        await process.stdin.drain()

    async def _letters(self, step: Step, planning: Planning, conference: Conference, coming: Sequence[Guest]) -> None:
        """Nobody comes before he is invited: their letters go out first."""
        waiting = {room.id: {g.site_id for g in coming if g.room_id == room.id} for room in conference.rooms}
        try:
            async with asyncio.timeout(LETTERS_S):
                while any(waiting.values()):
                    for room in conference.rooms:
                        if waiting[room.id]:
                            waiting[room.id] &= await not_written_to(planning, room)
                    step.count(len(coming) - sum(map(len, waiting.values())), len(coming))
                    await asyncio.sleep(0.5)
        except TimeoutError:
            self._screen.warn("Còn giấy mời chưa gửi được; hệ thống tự gửi lại.")

    async def _enter(self, process: Process, step: Step) -> None:
        await self._tell(process, GO)
        try:
            async with asyncio.timeout(SITES_S):
                await self._until(process, step, "here")
        except TimeoutError:
            self._screen.warn("Còn điểm cầu chưa vào được; các điểm cầu này tự vào lại.")

    async def _until(self, process: Process, step: Step, what: str) -> None:
        """Says how many have their camera on, or are in their rooms, until all are."""
        told: dict[str, Any] = {what: 0, "of": 1}
        while process.stdout is not None and told[what] < told["of"]:
            line = await process.stdout.readline()
            if not line:
                raise Ended("sites", await process.wait(), self._layout.logs / "sites.log")
            told = json.loads(line)
            step.count(told[what], told["of"], str(told["last_error"]))
