"""The steps of a meeting of huyện Quản Bạ as people take them, over the API: shared by long stories and the bench."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from recordings.minutes.clock import local
from tests.installation import Installation
from tests.media.paper import PAGE, paper
from web.visiting.visitor import Visitor

TITLE = "Giao ban huyện Quản Bạ với các xã, thị trấn"
ITEMS = (
    ("Tình hình phát triển kinh tế – xã hội tháng 10", 20),
    ("Công tác phòng chống rét cho người và gia súc", 25),
    ("Kết luận, giao nhiệm vụ", 15),
)
JOB_S = 300.0


@dataclass(frozen=True, slots=True)
class Planned:
    """A meeting whose invitations went out, with the link of every site."""

    meeting: dict[str, Any]
    links: dict[str, str]  # site id → link
    host_site_id: str

    @property
    def id(self) -> str:
        meeting_id: str = self.meeting["id"]
        return meeting_id

    @property
    def sites(self) -> list[dict[str, Any]]:
        """The communes' sites, in protocol order."""
        return [site for site in self.meeting["sites"] if site["site_id"] != self.host_site_id]

    @property
    def items(self) -> list[str]:
        return [item["id"] for item in self.meeting["items"]]


async def log_in(installation: Installation, login: str, verify: Any = True) -> Visitor:
    return await Visitor(installation.url, verify).login(login, installation.password)


async def plan_and_send(secretary: Visitor, *, starts_in: timedelta = timedelta(minutes=10)) -> Planned:
    """The secretary plans the district's giao ban with its 13 communes and sends the invitations."""
    unit_id = next(role["unit_id"] for role in secretary.session["roles"] if role["role"] == "secretary")
    below = (await secretary.get(f"/api/units/{unit_id}/sites", depth=1))["items"]
    starts_at = datetime.now(UTC) + starts_in
    draft = await secretary.post(
        "/api/meetings",
        {
            "title": TITLE,
            "kind": "giao_ban",
            "host_unit_id": unit_id,
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
            "site_ids": [site["id"] for site in below if site["unit_id"] != unit_id],
            "items": [{"title": title, "minutes": minutes} for title, minutes in ITEMS],
        },
    )
    await secretary.upload(
        f"/api/meetings/{draft['id']}/papers", "bao-cao.pdf", a_pdf(3), title="Báo cáo tháng 10", not_secret="true"
    )
    await secretary.post(f"/api/meetings/{draft['id']}/send")
    meeting = await secretary.get(f"/api/meetings/{draft['id']}")
    links = {site["site_id"]: site["link"] for site in meeting["sites"]}
    return Planned(meeting, links, meeting["chair_site_id"])


async def write_and_issue(planned: Planned, secretary: Visitor, chair: Visitor, clerk: Visitor) -> None:
    """The minutes of a meeting that was held: drawn, written, signed by both, numbered, issued."""
    path = f"/api/meetings/{planned.id}/minutes"
    draft = await secretary.post(path)
    sections = [
        {"item_id": section["item_id"], "opinions": "Các xã nhất trí.", "conclusion": section.get("conclusion", "")}
        for section in draft["sections"]
    ]
    kept = {name: draft[name] for name in ("revision", "opening", "closing", "recipients")}
    await secretary.put(path, {"sections": sections, **kept})
    await secretary.post(f"{path}/submit")
    for role, signer in (("secretary", secretary), ("chair", chair)):
        await signer.post("/api/me/certificate/test", {"pin": "24682468"})
        await signer.post(f"{path}/sign", {"role": role, "pin": "24682468"})
    await clerk.put(
        f"{path}/number", {"number": "07", "notation": "BB-UBND", "date": f"{local(datetime.now(UTC)):%Y-%m-%d}"}
    )
    issued = await clerk.post(f"{path}/issue")
    assert issued["status"] == "issued"
    assert all(signature["valid"] and signature["test_certificate"] for signature in issued["signatures"])


def a_pdf(pages: int) -> bytes:
    """A small PDF with this many A4 pages, each with its own number (``PAGE`` + 1, …)."""
    return paper(range(PAGE + 1, PAGE + pages + 1))


def mails(installation: Installation) -> list[EmailMessage]:
    """What lies in the mail folder."""
    found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in eml(installation)]
    return [message for message in found if isinstance(message, EmailMessage)]


def eml(installation: Installation) -> list[Path]:
    return sorted((installation.data / "mail").rglob("*.eml"))


async def until(
    look: Callable[[], Any], good: Callable[[Any], bool], what: str, seconds: float = JOB_S, every: float = 0.2
) -> Any:
    """Ask again and again until the answer is good; fails with the last answer."""
    seen: Any = None
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while loop.time() < deadline:
        seen = look()
        if asyncio.iscoroutine(seen):
            seen = await seen
        if good(seen):
            return seen
        await asyncio.sleep(every)
    raise AssertionError(f"{what}: still {seen!r} after {seconds} s")
