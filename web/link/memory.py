"""Two channels joined inside one process, with a delay if wanted: what tests and benches use instead of a socket."""

from __future__ import annotations

import asyncio
import json

from web.link.channel import Json, LinkChannel, Neighbour
from web.link.errors import RefusedThere, RequestRefused, WentDown


class MemoryLine:
    """One direction; everything passes through JSON, as on a socket."""

    def __init__(self, asker: str, neighbour: Neighbour, there: LinkChannel, delay_s: float) -> None:
        self._asker = asker
        self._neighbour = neighbour
        self._there = there
        self._delay_s = delay_s
        self._waiting: set[asyncio.Future[Json]] = set()

    @property
    def neighbour(self) -> Neighbour:
        return self._neighbour

    async def request(self, kind: str, body: Json, timeout_s: float) -> Json:
        work = asyncio.ensure_future(self._ask(kind, json.loads(json.dumps(body))))
        self._waiting.add(work)
        try:
            return await work
        except asyncio.CancelledError:
            if work.cancelled() and asyncio.current_task() and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise WentDown(self._neighbour.id) from None
            raise
        finally:
            self._waiting.discard(work)
            work.cancel()

    async def _ask(self, kind: str, body: Json) -> Json:
        await asyncio.sleep(self._delay_s)
        try:
            answer = await self._there.answer(self._asker, kind, body)
        except RequestRefused as refused:
            answer = {"refused": [refused.code, refused.detail]}
        else:
            answer = {"ok": answer}
        await asyncio.sleep(self._delay_s)
        if "refused" in answer:
            raise RefusedThere(self._neighbour.id, *answer["refused"])
        reply: Json = json.loads(json.dumps(answer["ok"]))
        return reply

    def end(self) -> None:
        for work in self._waiting:
            work.cancel()


class MemoryLink:
    """The link of a lower and an upper node; it is up once made."""

    def __init__(self, lower: tuple[str, LinkChannel], upper: tuple[str, LinkChannel], *, delay_s: float = 0.0) -> None:
        self._lower, self._upper = lower[1], upper[1]
        self._to_upper = MemoryLine(lower[0], Neighbour(upper[0], "upper"), upper[1], delay_s)
        self._to_lower = MemoryLine(upper[0], Neighbour(lower[0], "lower"), lower[1], delay_s)
        self.restore()

    def cut(self) -> None:
        self._to_upper.end()
        self._to_lower.end()
        self._lower.detach(self._to_upper, "cut")
        self._upper.detach(self._to_lower, "cut")

    def restore(self) -> None:
        self._lower.attach(self._to_upper)
        self._upper.attach(self._to_lower)
