"""The demonstration taken for real: no longer said to be invented, with administrators who have other roles as well."""

from __future__ import annotations

from scheduler.database import new_id
from scheduler.organization.demonstration import demo_id
from scheduler.organization.installation import write_settings
from scheduler.organization.person import RoleAssignment
from tests.web.conftest import World
from tests.web.held import SITE


async def make_real(world: World, *administrators: str) -> None:
    """Their logins; the plain administrator stays one."""
    async with world.database.transaction() as session:
        await write_settings(session, {"demo": False})
        for login in administrators:
            person, root = demo_id(f"person:{login}"), demo_id("unit:trunguong")
            session.add(RoleAssignment(id=new_id(), person_id=person, unit_id=root, role="administrator"))


def with_letter(world: World, subject: str = "y") -> None:
    """An invitation to the meeting, in the mail folder; its text is "z"."""
    folder = world.services.settings.mail_folder
    folder.mkdir(exist_ok=True)
    about = f"X-Giaoban-Meeting: {world.meeting.id}\nX-Giaoban-Site: {SITE}\nX-Giaoban-Kind: request"
    head = f"To: x\nSubject: {subject}\nDate: Mon, 23 Nov 2026 08:00:00 +0700\n{about}"
    (folder / "letter.eml").write_text(f"{head}\n\nz")
