"""Which jobs there are, and their steps: each calls one function of scheduler or recordings, idempotent on its key."""

from __future__ import annotations

from recordings.papers.convert import convert_paper
from scheduler.meetings import invitation
from web.jobs.job import Job, Kinds, Step


async def _convert_paper(job: Job) -> None:
    services = job.services
    await convert_paper(services.database, services.store, services.renderer, services.office, job.text("paper_id"))


async def _send_invitation(job: Job) -> None:
    await invitation.deliver(job.services.database, job.services.post, job.id, job.services.now())


KINDS: Kinds = {
    "send_invitation": (Step("send", _send_invitation),),
    "convert_paper": (Step("convert", _convert_paper, is_heavy=True),),
}
