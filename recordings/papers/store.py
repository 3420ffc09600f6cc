"""The object store: bytes under their SHA-256, in a folder now and in an S3-compatible store by another URL later.

An upload is written under ``incoming/`` while it is hashed and renamed when it is whole, so a reader never sees half a
file. What lies there is never changed; reading checks the hash again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from recordings.errors import Damaged, NotFound, OurFailure, RecordingsError, StorageFull, TooLarge
from scheduler.database import new_id

if TYPE_CHECKING:
    from obstore.store import ObjectStore as AnyStore

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Incoming:
    """An upload that is whole but not yet kept."""

    key: str
    sha256: str
    size_bytes: int


class ObjectStore:
    """Content-addressed bytes; one per process, handed in."""

    def __init__(self, store: AnyStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder  # of a local store: there we can force bytes to disk

    @classmethod
    def in_folder(cls, folder: Path) -> ObjectStore:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(folder, mkdir=True), folder)

    # Putting

    async def receive(self, chunks: AsyncIterator[bytes], limit_bytes: int) -> Incoming:
        """Write an upload aside while hashing it; refuse it as soon as it is over the limit."""
        key, digest, size = f"incoming/{new_id()}", hashlib.sha256(), 0

        async def hashed() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in chunks:
                size += len(chunk)
                if size > limit_bytes:
                    raise TooLarge(f"Tệp quá lớn: tối đa {limit_bytes // 2**20} MB. Chưa lưu gì.")
                digest.update(chunk)
                yield chunk

        try:
            await obstore.put_async(self._store, key, hashed(), use_multipart=True)
        except (BaseError, OSError) as error:
            raise _failure(error) from error
        return Incoming(key, digest.hexdigest(), size)

    async def keep(self, incoming: Incoming) -> str:
        """Give a whole upload its place; a second copy of the same bytes takes no room."""
        path = path_of(incoming.sha256)
        try:
            if await self.has(incoming.sha256):
                await self.drop(incoming)
            else:
                await obstore.rename_async(self._store, incoming.key, path)
                self._flush(path)
        except (BaseError, OSError) as error:
            raise _failure(error) from error
        return incoming.sha256

    async def drop(self, incoming: Incoming) -> None:
        await obstore.delete_async(self._store, incoming.key)

    async def put(self, content: bytes) -> str:
        """Keep bytes of our own making; returns their SHA-256."""

        async def once() -> AsyncIterator[bytes]:
            yield content

        return await self.keep(await self.receive(once(), len(content)))

    # Getting

    async def has(self, sha256: str) -> bool:
        try:
            await obstore.head_async(self._store, path_of(sha256))
        except FileNotFoundError:
            return False
        return True

    async def get(self, sha256: str) -> bytes:
        content = await self._read(path_of(sha256))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Damaged(f"Tệp trong kho đã bị thay đổi (mã kiểm tra {sha256[:12]}…). Báo cán bộ kỹ thuật.")
        return content

    async def get_incoming(self, incoming: Incoming) -> bytes:
        return await self._read(incoming.key)

    async def stream(self, sha256: str) -> AsyncIterator[bytes]:
        """The bytes in pieces, for a download."""
        try:
            result = await obstore.get_async(self._store, path_of(sha256))
        except FileNotFoundError as error:
            raise NotFound("Không tìm thấy tệp.") from error
        async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)

    # Derived files (page images): may be lost and made again

    async def get_derived(self, name: str) -> bytes | None:
        try:
            return await self._read(f"derived/{name}")
        except NotFound:
            return None

    async def put_derived(self, name: str, content: bytes) -> None:
        try:
            await obstore.put_async(self._store, f"derived/{name}", content)
        except (BaseError, OSError) as error:
            raise _failure(error) from error

    async def _read(self, path: str) -> bytes:
        try:
            return bytes(await (await obstore.get_async(self._store, path)).bytes_async())
        except FileNotFoundError as error:
            raise NotFound("Không tìm thấy tệp.") from error
        except (BaseError, OSError) as error:
            raise _failure(error) from error

    def _flush(self, path: str) -> None:
        if self._folder is None:
            return
        for name in (self._folder / path, (self._folder / path).parent):
            handle = os.open(name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def path_of(sha256: str) -> str:
    return f"sha256/{sha256[:2]}/{sha256}"


def _failure(error: Exception) -> RecordingsError:
    if (isinstance(error, OSError) and error.errno == 28) or "No space left" in str(error):
        return StorageFull(
            "Máy chủ hết chỗ lưu. Chưa lưu tệp này; các tệp đã lưu không bị ảnh hưởng. Báo cán bộ kỹ thuật."
        )
    return OurFailure("Kho tệp đang lỗi, chưa lưu hoặc đọc được. Báo cán bộ kỹ thuật.")
