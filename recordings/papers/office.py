"""Office files to PDF with LibreOffice, where it is installed; where it is not, such papers can only be downloaded.

Each conversion has its own profile folder (two at a time would otherwise block each other), with macros off and links
to the outside blocked, a deadline, and a process group that is killed.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from recordings.papers.child import run_child
from recordings.papers.sniff import EXTENSIONS, OFFICE

TIMEOUT_S = 120.0
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""  # noqa: E501 - LibreOffice's own file


class Office:
    """LibreOffice, one conversion at a time."""

    def __init__(self, program: str | None = None) -> None:
        self.program = program or shutil.which("soffice") or shutil.which("libreoffice")
        self._turn = asyncio.Semaphore(1)

    @property
    def is_installed(self) -> bool:
        return self.program is not None

    def can_convert(self, media_type: str) -> bool:
        return self.is_installed and media_type in OFFICE

    async def to_pdf(self, content: bytes, media_type: str) -> bytes | None:
        """The file as PDF, or None if it could not be made."""
        if not self.can_convert(media_type):
            return None
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="giaoban-office-") as folder:
                return await self._convert(Path(folder), content, EXTENSIONS[media_type])

    async def _convert(self, folder: Path, content: bytes, extension: str) -> bytes | None:
        source, profile = folder / f"paper{extension}", folder / "profile"
        await asyncio.to_thread(_prepare, source, profile, content)
        await run_child(
            [str(self.program), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore",
             "--nolockcheck", "--nodefault", "--convert-to", "pdf", "--outdir", str(folder), str(source)],
            timeout_s=TIMEOUT_S,
            environment={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"},
            folder=folder,
        )  # fmt: skip
        return await asyncio.to_thread(_read, folder / "paper.pdf")


def _prepare(source: Path, profile: Path, content: bytes) -> None:
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    source.write_bytes(content)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
