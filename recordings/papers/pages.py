"""Pages for the viewer: images drawn once per page and width and kept as derived files."""

from __future__ import annotations

from sqlalchemy import select

from recordings.errors import NotFound
from recordings.papers.render import Renderer, rounded
from recordings.papers.store import ObjectStore
from scheduler.database import ReadSession, WriteSession
from scheduler.meetings.paper import Paper


async def papers_of(session: ReadSession | WriteSession, meeting_id: str) -> list[Paper]:
    """The papers of a meeting that are not withdrawn, in order."""
    query = select(Paper).where(Paper.meeting_id == meeting_id, Paper.withdrawn_at.is_(None))
    return list(await session.scalars(query.order_by(Paper.position, Paper.id)))


async def page_image(store: ObjectStore, renderer: Renderer, paper: Paper, number: int, width: int = 960) -> bytes:
    """One page as PNG; pages run from 1."""
    if paper.pdf_sha256 is None or paper.page_count is None:
        raise NotFound("Tài liệu này chỉ tải về được, không xem từng trang.")
    if not 1 <= number <= paper.page_count:
        raise NotFound(f"Tài liệu có {paper.page_count} trang, không có trang {number}.")
    name = f"pages/{paper.pdf_sha256}/{number}-{rounded(width)}.png"
    image = await store.get_derived(name)
    if image is None:
        image = await renderer.draw_page(await store.get(paper.pdf_sha256), number, width)
        await store.put_derived(name, image)
    return image
