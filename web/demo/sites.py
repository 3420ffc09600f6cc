"""Light peers for the sites of the demonstration: each enters by its link, says who is there, sends picture and sound.

``python -m web.demo.sites``: the sites as JSON on a line of standard input, ``GO`` on another when they may enter. How
many have their camera on and are in their rooms goes to standard output, line by line. The first few watch what is on
air; the others only send, so that hundreds fit on one machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import ssl
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from functools import cache

from recordings.name_plate import camera_sample, quiet_sample
from sfu.light_peer import LightPeer, Sample
from sfu.light_peer.offer import Wanted
from web.demo.conference import Guest
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

GO = b"enter\n"
AT_ONCE = 6  # that enter at the same time
LONGEST = 1024 * 1024
BACK_S = (1.0, 20.0)
SAY_S = 0.5
CONNECT_S = 40.0


@dataclass(frozen=True, slots=True)
class Invitation:
    """A guest, and how to reach its installation."""

    guest: Guest
    url: str
    authority: str  # a file, or nothing
    watches: bool


@dataclass(slots=True)
class Count:
    """What is told of all of them."""

    of: int
    cameras: int = 0  # that are on: a site's own machine, not ours, would encode
    here: int = 0
    failed: int = 0
    last_error: str = ""


def write(invitations: list[Invitation]) -> bytes:
    """For standard input."""
    return json.dumps([asdict(one) for one in invitations], ensure_ascii=False).encode() + b"\n"


def read(line: str) -> list[Invitation]:
    return [Invitation(**{**one, "guest": Guest(**one["guest"])}) for one in json.loads(line)]


@cache
def _trust(authority: str) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=authority) if authority else True


class Site:
    """One of them: comes, stays, and comes back when it is cut off."""

    def __init__(self, invitation: Invitation, count: Count, gate: asyncio.Semaphore, sound: Sample) -> None:
        self._invitation = invitation
        self._count = count
        self._gate = gate
        self._sound = sound
        self._picture = sound  # until its camera is on

    async def switch_on(self) -> None:
        self._picture = await asyncio.to_thread(camera_sample, self._invitation.guest.unit)
        self._count.cameras += 1

    async def stay(self) -> None:
        wait_s = BACK_S[0]
        while True:
            try:
                async with AsyncExitStack() as stack:
                    async with self._gate:
                        seat = await self._enter(stack)
                    wait_s = BACK_S[0]
                    self._count.here += 1
                    try:
                        await seat.ended()
                    finally:
                        self._count.here -= 1
            except Exception as error:  # whatever it was, a site tries again as a person would
                self._count.failed += 1
                self._count.last_error = f"{self._invitation.guest.unit}: {type(error).__name__}: {error}"[:300]
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(2 * wait_s, BACK_S[1])

    async def _enter(self, stack: AsyncExitStack) -> Seat:
        one, guest = self._invitation, self._invitation.guest
        verify = _trust(one.authority)
        visitor = await stack.enter_async_context(Visitor(one.url, verify))
        await visitor.enter_by_link(guest.link)
        context = verify if isinstance(verify, ssl.SSLContext) else None
        seat = await stack.enter_async_context(Seat(visitor, guest.room_id, take_over=True, verify=context))
        if not seat.welcome:
            raise ConnectionError(f"the room is closed: {seat.close_code}")
        await self._send(stack, seat)
        people = [{"name": f"Đại biểu {guest.unit}", "post": "Lãnh đạo UBND"}]
        await seat.command("report_head_count", head_count=random.randrange(1, 9), people=people)
        return seat

    async def _send(self, stack: AsyncExitStack, seat: Seat) -> None:
        one = self._invitation
        wanted = Wanted(audio_slots=3 if one.watches else 0, presentation_slots=0, video_slots=1 if one.watches else 0)
        peer = LightPeer(wanted)
        stack.push_async_callback(peer.close)
        await seat.tell("view", pinned=[], max_video=1 if one.watches else 0, paused=not one.watches)
        await peer.connect(seat.negotiate, CONNECT_S)
        peer.play("camera", self._picture)
        peer.play("microphone", self._sound, level=127)


async def _say(count: Count) -> None:
    said = ""
    while True:
        text = json.dumps(asdict(count), ensure_ascii=False)
        if text != said:
            print(text, flush=True)
            said = text
        await asyncio.sleep(SAY_S)


async def stay_all(told: asyncio.StreamReader) -> None:
    """Until told to end."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    invitations = read((await told.readline()).decode())
    count, gate, sound = Count(len(invitations)), asyncio.Semaphore(AT_ONCE), quiet_sample()
    sites = [Site(one, count, gate, sound) for one in invitations]
    tasks = [asyncio.create_task(one) for one in (_live(sites, told), _say(count))]
    await stopping.wait()
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


async def _live(sites: list[Site], told: asyncio.StreamReader) -> None:
    for site in sites:
        await site.switch_on()
    if await told.readline() == GO:
        await asyncio.gather(*(site.stay() for site in sites))


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def run() -> None:
    await stay_all(await _standard_input())


def main() -> None:
    asyncio.run(run())


if __name__ == "__main__":
    main()
