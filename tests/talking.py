"""People who go on talking while what carries them is killed: what a server said it took must be in its log, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from websockets.exceptions import WebSocketException

from tests.returning import Returning

LINES = 12  # that each says


@asynccontextmanager
async def all_talk(people: Mapping[str, Returning], heard_by: Returning) -> AsyncIterator[dict[str, list[int]]]:
    """Yields once this one has heard three lines; at the end everybody has said all, and by name there are the numbers
    in their rooms' logs of the lines that were taken."""
    taken: dict[str, list[int]] = {name: [] for name in people}
    before = len(heard_by.facts)
    talking = [asyncio.create_task(_talk(one, taken[name])) for name, one in people.items()]
    try:
        await heard_by.until(lambda: len(heard_by.facts) >= before + 3, "people talk")
        yield taken
        await asyncio.gather(*talking)
    finally:
        for task in talking:
            task.cancel()


async def _talk(one: Returning, taken: list[int]) -> None:
    for number in range(LINES):
        try:
            said = await one.command("post_chat", text=f"câu {number}")
        except (WebSocketException, ConnectionError, TimeoutError):
            continue  # taken or not, nobody was told
        taken.append(int(said["seq"]))
