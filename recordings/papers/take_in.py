"""Receive an upload: written aside and hashed as it comes, judged by its content, kept only if it may be kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from recordings.errors import BadInput
from recordings.papers.render import Renderer
from recordings.papers.sniff import PDF, sniff
from recordings.papers.store import ObjectStore

LIMIT_BYTES = 50_000_000
TICK_WANTED = (
    "Phải xác nhận tài liệu không thuộc bí mật nhà nước. Hệ thống không tiếp nhận nội dung bí mật nhà nước. "
    "Chưa có dữ liệu nào được lưu."
)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A file in the store that no paper names yet."""

    sha256: str
    size_bytes: int
    media_type: str
    page_count: int | None  # of a PDF


async def take_in(
    store: ObjectStore,
    renderer: Renderer,
    chunks: AsyncIterator[bytes],
    *,
    not_secret: bool,
    limit_bytes: int = LIMIT_BYTES,
) -> TakenIn:
    """Keep an upload's bytes if "không thuộc bí mật nhà nước" is ticked and the content is of an accepted kind."""
    if not not_secret:
        raise BadInput(TICK_WANTED, {"not_secret": TICK_WANTED}, code="not_secret_required")
    incoming = await store.receive(chunks, limit_bytes)
    try:
        content = await store.get_incoming(incoming)
        media_type = sniff(content)
        page_count = await renderer.count_pages(content) if media_type == PDF else None
    except BaseException:
        await store.drop(incoming)
        raise
    await store.keep(incoming)
    return TakenIn(incoming.sha256, incoming.size_bytes, media_type, page_count)
