"""A real mail server for whole installations: on a port of its own, up and down as a test wants."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.installation import free_port


@dataclass
class MailServer:
    """``accepted`` holds Message-ID and subject of every letter, in order."""

    port: int = field(default_factory=free_port)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", self.port
        )

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.accepted.append((str(message["Message-ID"]), str(message["Subject"])))
        return "250 OK"

    def letters_about(self, title: str) -> list[str]:
        """Their Message-IDs."""
        return [number for number, subject in self.accepted if title in subject]
