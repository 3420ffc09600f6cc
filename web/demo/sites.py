"""Light peers for the sites of the demonstration: each enters by its link, says who is there, sends picture and sound.

``python -m web.demo.sites``: the sites as JSON on standard input, how many are in their rooms on standard output, line
by line. The first few watch what is on air; the others only send, so that hundreds fit on one machine.
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
from typing import Any

from recordings.name_plate import camera_sample, quiet_sample
from sfu.light_peer import LightPeer, Sample
from sfu.light_peer.offer import Wanted
from web.demo.conference import Guest
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

AT_ONCE = 6  # that enter at the same time
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
        peer.play("camera", await asyncio.to_thread(camera_sample, one.guest.unit))
        peer.play("microphone", self._sound, level=127)


async def _say(count: Count) -> None:
    said = ""
    while True:
        text = json.dumps(asdict(count), ensure_ascii=False)
        if text != said:
            print(text, flush=True)
            said = text
        await asyncio.sleep(SAY_S)


async def stay_all(invitations: list[Invitation]) -> None:
    """Until told to end."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    count, gate, sound = Count(len(invitations)), asyncio.Semaphore(AT_ONCE), quiet_sample()
    work: list[Any] = [Site(one, count, gate, sound).stay() for one in invitations]
    tasks = [asyncio.create_task(one) for one in [*work, _say(count)]]
    await stopping.wait()
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    asyncio.run(stay_all(read(sys.stdin.readline())))


if __name__ == "__main__":
    main()
