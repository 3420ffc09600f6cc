"""A commune's site in the room without a browser: enters by its link, sends picture and tone, checks what comes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from sfu.light_peer import LightPeer, Sample
from sfu.light_peer.offer import Wanted
from tests.media.samples import audio_sample, video_sample
from web.visiting.seat import Seat
from web.visiting.visitor import Visitor

WAIT_S = 60.0


class SiteInRoom:
    """``number`` is the machine-readable number in its picture and tone; None: signalling only, no media.

    It ``knows`` the packets of these numbers' pictures and tones when it receives them.
    """

    def __init__(
        self,
        url: str,
        link: str,
        meeting_id: str,
        number: int | None = None,
        verify: ssl.SSLContext | bool = True,
        video_slots: int = 4,
        knows: Iterable[int] = (),
    ) -> None:
        self.url, self.link, self.meeting_id, self.number = url, link, meeting_id, number
        self._verify = verify
        self._wanted = Wanted(video_slots=video_slots)
        self._knows = tuple(knows)
        self._stack = AsyncExitStack()
        self.visitor: Visitor
        self.seat: Seat
        self.peer: LightPeer | None = None

    @property
    def site_id(self) -> str:
        site_id: str = self.visitor.session["site"]["id"]
        return site_id

    async def __aenter__(self) -> Self:
        self.visitor = await self._stack.enter_async_context(Visitor(self.url, self._verify))
        await self.visitor.enter_by_link(self.link)
        context = self._verify if isinstance(self._verify, ssl.SSLContext) else None
        self.seat = await self._stack.enter_async_context(Seat(self.visitor, self.meeting_id, verify=context))
        if self.number is not None:
            await self.send_media(await asyncio.to_thread(samples_of, self.number))
        return self

    async def send_media(self, samples: tuple[Sample, Sample]) -> None:
        """Join with a light peer that replays these (picture, tone)."""
        known = [sample for number in self._knows for sample in samples_of(number)]
        self.peer = LightPeer(self._wanted, known=known)
        self._stack.push_async_callback(self.peer.close)
        await self.peer.connect(self.seat.negotiate, 60)
        video, audio = samples
        self.peer.play("camera", video)
        self.peer.play("microphone", audio)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def receives(self, number: int) -> None:
        """Wait until this number's picture and tone come in, packet by packet as they were sent."""
        assert self.peer is not None
        peer, names = self.peer, {sample.name for sample in samples_of(number)}
        await peer.wait_for(lambda: names <= peer.sources("video") | peer.sources("audio"), WAIT_S)

    def has_received_cleanly(self) -> None:
        """Program, chair and floor came; in every slot each number once and in order, each new picture from its key."""
        assert self.peer is not None
        assert (self.peer.unexpected, self.peer.unopened) == (0, 0), self.number
        slots = self.peer.received.values()
        assert sum(slot.packets > 0 for slot in slots) >= 3, self.number
        for slot in slots:
            wrong = (slot.lost, slot.duplicates, slot.bad_switches, slot.picture_gaps)
            assert wrong == (0, 0, 0, 0), (self.number, slot)

    async def report(self, people: list[dict[str, Any]]) -> None:
        """Say who is there."""
        await self.seat.command("report_head_count", head_count=len(people), people=people)


_SAMPLES: dict[int, tuple[Sample, Sample]] = {}


def samples_of(number: int) -> tuple[Sample, Sample]:
    """(picture, tone) of this number, of few packets, encoded once per process."""
    if number not in _SAMPLES:
        _SAMPLES[number] = (video_sample(number, fps=5), audio_sample(number, frame_ms=60))
    return _SAMPLES[number]
