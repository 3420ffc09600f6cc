"""Letters on paper: the Giấy mời, and the A4 pages of sites with their links as QR codes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recordings.minutes.invitation import SiteLink, invitation_letter, site_pages
from scheduler.meetings.access import find_meeting, require
from scheduler.organization.site import Site
from scheduler.permissions import may_hand_out_link
from web.api.call import Somebody
from web.api.minutes import document
from web.errors import NotFound

router = APIRouter(tags=["letters"])


@router.get("/meetings/{meeting_id}/giay-moi.pdf")
async def invitation(meeting_id: str, call: Somebody) -> Response:
    async with call.database.reading() as session:
        await find_meeting(session, await call.actor(session), meeting_id)
        content = await invitation_letter(session, meeting_id, call.now)
    return document(content, "application/pdf", "giay-moi.pdf")


@router.get("/meetings/{meeting_id}/invitation.pdf")
async def pages(meeting_id: str, call: Somebody, site: Annotated[str | None, Query(max_length=36)] = None) -> Response:
    """Of the site asked for, else of every site whose link the caller may hand out."""
    async with call.database.reading() as session:
        actor = await call.actor(session)
        _, access = await find_meeting(session, actor, meeting_id)
        invited = [site_id for site_id, _ in access.sites]
        handed = [site_id for site_id in invited if may_hand_out_link(actor, access, site_id)]
        if site is not None and site not in invited:
            raise NotFound
        require(bool(handed) and site in (None, *handed), "hand_out_link", "secretary", "chair", "technician")
        wanted = [await session.get_one(Site, site_id) for site_id in ([site] if site else handed)]
        links = [SiteLink(one.id, call.services.links.url_of(one, meeting_id)) for one in wanted]
        content = await site_pages(session, meeting_id, links, call.now)
    return document(content, "application/pdf", "huong-dan-vao-hop.pdf")
