"""Job: make the PDF by which an office file is shown page by page. Doing it twice gives the same paper."""

from __future__ import annotations

from recordings.errors import WrongType
from recordings.papers.office import Office
from recordings.papers.render import Renderer
from recordings.papers.store import ObjectStore
from scheduler.database import Database
from scheduler.meetings.paper import Paper


async def convert_paper(
    database: Database, store: ObjectStore, renderer: Renderer, office: Office, paper_id: str
) -> bool:
    """True when the paper can be shown now; False leaves it to be downloaded only."""
    async with database.reading() as session:
        paper = await session.get(Paper, paper_id)
    if paper is None or paper.withdrawn_at is not None or not office.can_convert(paper.media_type):
        return False
    if paper.pdf_sha256 is not None:
        return True
    pdf = await office.to_pdf(await store.get(paper.sha256), paper.media_type)
    if pdf is None:
        return False
    try:
        page_count = await renderer.count_pages(pdf)
    except WrongType:
        return False
    sha256 = await store.put(pdf)
    async with database.transaction() as writing:
        paper = await writing.get_one(Paper, paper_id)
        paper.pdf_sha256, paper.page_count = sha256, page_count
    return True
