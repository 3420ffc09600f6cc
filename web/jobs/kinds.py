"""Which jobs there are, and their steps: each calls one function of scheduler or recordings, idempotent on its key."""

from __future__ import annotations

from recordings.capture.archive import archive
from recordings.capture.begin import ARCHIVE, PREPARE
from recordings.capture.prepare import prepare
from recordings.documents.deliver import deliver
from recordings.documents.file_dossier import DELIVER_DOSSIER
from recordings.documents.folder import Folder
from recordings.minutes.ask import ASK_COMMENTS, deliver_ask
from recordings.papers.add import CONVERT_PAPER
from recordings.papers.convert import convert_paper
from recordings.papers.pages import page_image
from scheduler.linked.asking import ASK_BELOW
from scheduler.meetings import invitation
from scheduler.meetings.paper import Paper
from scheduler.meetings.remind import REMIND, deliver_reminder
from scheduler.proceedings.facts import Body, By
from web.errors import Unreachable
from web.jobs.job import Job, Kinds, Step
from web.live.missed_parts import FETCH_MISSED


async def _convert_paper(job: Job) -> None:
    services, paper_id = job.services, job.text("paper_id")
    await convert_paper(services.database, services.store, services.renderer, services.office, paper_id)
    async with services.database.reading() as session:
        paper = await session.get(Paper, paper_id)
    if paper is not None and services.hub is not None:
        await services.hub.plan_changed(paper.meeting_id)  # it can be shown now


async def _send_invitation(job: Job) -> None:
    await invitation.deliver(job.services.database, job.services.post, job.id, job.services.now())


async def _remind(job: Job) -> None:
    await deliver_reminder(job.services.database, job.services.post, job.id, job.services.now())


async def _ask_comments(job: Job) -> None:
    await deliver_ask(job.services.database, job.services.post, job.id, job.services.now())


async def _prepare_recording(job: Job) -> None:
    services = job.services
    recording_id, meeting_id = job.text("recording_id"), job.text("meeting_id")
    await prepare(services.database, services.captures, recording_id, job.report, meeting_id=meeting_id)


async def _archive_recording(job: Job) -> None:
    services, recording_id, meeting_id = job.services, job.text("recording_id"), job.text("meeting_id")

    async def draw(paper_id: str, page: int, width: int) -> bytes:
        async with services.database.reading() as session:
            paper = await session.get_one(Paper, paper_id)
        return await page_image(services.store, services.renderer, paper, page, width)

    async def append(body: Body) -> None:
        if services.hub is None:
            raise Unreachable
        await services.hub.append(meeting_id, [body], By())

    await archive(services.database, services.captures, recording_id, draw, append, job.report)


async def _deliver_dossier(job: Job) -> None:
    services = job.services
    systems = {Folder.name: Folder(services.settings.dossiers_folder)}
    await deliver(services.database, services.store, systems, job.text("delivery_id"), services.now())


async def _ask_below(job: Job) -> None:
    if job.services.meetings is None:
        raise Unreachable
    await job.services.meetings.ask(job.payload)


async def _fetch_missed(job: Job) -> None:
    if job.services.missed is None:
        raise Unreachable
    await job.services.missed.fetch(job.payload)


KINDS: Kinds = {
    ASK_BELOW: (Step("ask", _ask_below),),
    "send_invitation": (Step("send", _send_invitation),),
    REMIND: (Step("send", _remind),),
    ASK_COMMENTS: (Step("send", _ask_comments),),
    CONVERT_PAPER: (Step("convert", _convert_paper, is_heavy=True),),
    PREPARE: (Step("prepare", _prepare_recording, is_heavy=True),),
    DELIVER_DOSSIER: (Step("deliver", _deliver_dossier),),
    FETCH_MISSED: (Step("fetch", _fetch_missed),),
    ARCHIVE: (Step("archive", _archive_recording, is_heavy=True),),
}
