"""Password hashes (argon2id), made and checked off the event loop, a few at a time: each takes 64 MiB for a moment."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Makes and checks hashes; an unknown login is checked against a hash of nothing, so that it takes as long."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._gate = asyncio.Semaphore(at_once)
        self._of_nobody: str | None = None

    async def make(self, password: str) -> str:
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; None or an empty hash (nobody) never does, after the same work."""
        if not password_hash:
            if self._of_nobody is None:
                self._of_nobody = await self.make("nobody has this password")
            await self._verify(self._of_nobody, password)
            return False
        return await self._verify(password_hash, password)

    async def _verify(self, password_hash: str, password: str) -> bool:
        async with self._gate:
            return await asyncio.to_thread(self._fits, password_hash, password)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
